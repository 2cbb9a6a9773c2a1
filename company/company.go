// Package company is what an owner says of the house in the browser: how it is called, what it speaks, and by which trunk it is reached.
// It is kept in the database, and holds where the configuration file says nothing (docs/operation.md).
//
// It is ground: pure; the standard library and prompts only.
package company

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"hotline/prompts"
)

// Profile is what was said. Its zero value is a house of which nothing was said yet.
type Profile struct {
	Name     string           // of the company, as it is read; at most NameMost characters
	Spoken   string           // the same as it is said, where that differs
	Language prompts.Language // that is spoken where neither the number dialled nor a contract says otherwise; empty: nothing was said
	Trunk    Trunk
	Version  int
}

// NameMost is how many characters a name may have.
const NameMost = 100

// SpokenName is the name as it is said.
func (h Profile) SpokenName() string { return cmp.Or(h.Spoken, h.Name) }

// Clone shares nothing with h.
func (h Profile) Clone() Profile {
	h.Trunk.Password, h.Trunk.Prefixes = slices.Clone(h.Trunk.Password), slices.Clone(h.Trunk.Prefixes)
	return h
}

// Trunk is the carrier by which the house is reached. Without a server there is none.
type Trunk struct {
	Server    string // host, or host:port, of the registrar and proxy
	Transport string // udp, tcp or tls
	Registers bool   // our address is kept registered there
	User      string
	Password  []byte   // sealed: it means nothing to a store
	Domain    string   // of the account; empty: the server's host
	Realm     string   // whose challenges are answered; empty: the domain
	Number    string   // that is shown by calls through it; empty: none
	Prefixes  []string // below which numbers are dialled, such as +39
}

// Set tells whether there is a trunk.
func (t Trunk) Set() bool { return t.Server != "" }

// Address is the server's as SIP writes it; empty without one.
func (t Trunk) Address() string {
	if !t.Set() {
		return ""
	}
	if t.Transport == "" || t.Transport == "udp" {
		return "sip:" + t.Server
	}
	return "sip:" + t.Server + ";transport=" + t.Transport
}

// Why a house is not kept.
var (
	ErrName      = errors.New("the name is empty, too long, or has a character that cannot be read")
	ErrLanguage  = errors.New("the line does not speak this language")
	ErrServer    = errors.New("the server is no host with or without a port")
	ErrTransport = errors.New("the transport is not udp, tcp or tls")
	ErrUser      = errors.New("a trunk that registers has no user, or one with a character that no account has")
	ErrDomain    = errors.New("the domain or realm has a character that none has")
	ErrNumber    = errors.New("the number is no telephone number")
	ErrPrefix    = errors.New("a prefix is not of digits, with or without a plus before them")
)

var (
	host    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)
	account = regexp.MustCompile(`^[^\s<>"@;,?:]{1,100}$`)
	number  = regexp.MustCompile(`^\+?[0-9]{2,20}$`)
	prefix  = regexp.MustCompile(`^\+?[0-9]{1,15}$`)
)

// Check finds what is wrong with a house; its error is one of this package.
func (h Profile) Check() error {
	for _, name := range []string{h.Name, h.Spoken} {
		if utf8.RuneCountInString(name) > NameMost || strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }) || strings.TrimSpace(name) != name {
			return ErrName
		}
	}
	if h.Language != "" && !slices.Contains(prompts.Languages(), h.Language) {
		return ErrLanguage
	}
	return h.Trunk.check()
}

func (t Trunk) check() error {
	switch {
	case !t.Set():
		return nil
	case !isServer(t.Server):
		return ErrServer
	case !slices.Contains([]string{"udp", "tcp", "tls"}, t.Transport):
		return ErrTransport
	case t.Registers && t.User == "", t.User != "" && !account.MatchString(t.User):
		return ErrUser
	case t.Domain != "" && !host.MatchString(t.Domain), t.Realm != "" && (len(t.Realm) > NameMost || strings.ContainsAny(t.Realm, "\"\\\r\n")):
		return ErrDomain
	case t.Number != "" && !number.MatchString(t.Number):
		return ErrNumber
	case slices.ContainsFunc(t.Prefixes, func(p string) bool { return !prefix.MatchString(p) }):
		return ErrPrefix
	}
	return nil
}

// isServer tells whether a text is a host, or a host with a port; an address of IPv6 stands in brackets.
func isServer(text string) bool {
	name, port := text, ""
	if h, p, err := net.SplitHostPort(text); err == nil {
		name, port = h, p
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if a, err := netip.ParseAddr(name); err == nil {
		return !a.IsUnspecified() && a.Zone() == "" && (a.Is4() || strings.HasPrefix(text, "["))
	}
	return host.MatchString(name)
}

// Store keeps the house. Safe for concurrent use.
type Store interface {
	// Profile reads it; the zero value where nothing was said yet.
	Profile(ctx context.Context) (Profile, error)
	// PutProfile writes it whole, and gives it its next version; storage.ErrConflict when another version stands.
	PutProfile(ctx context.Context, h Profile) (Profile, error)
}
