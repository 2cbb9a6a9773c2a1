// Package trunk is a carrier, PBX or gateway at work: which addresses are its own, how it fares, whether we are registered with
// it and it still answers. The SIP agent has one [Trunk] for each that is configured; it runs their upkeep and asks them
// about calls.
package trunk

import (
	"fmt"
	"net/netip"
	"time"

	"hotline/sip/digest"
	"hotline/sip/header"
)

// Config is one carrier, PBX or gateway. It calls us from its addresses, or we register with it.
type Config struct {
	// Name is how tickets and logs call it.
	Name string
	// Addresses are where its INVITEs come from. Those that Proxy and Registrar resolve to, and that answered us, belong to it
	// without being named.
	Addresses []netip.Prefix
	// Proxy is where calls through it are sent: sip:host[:port][;transport=udp|tcp|tls]. Without a port its SRV records
	// are asked for.
	Proxy string
	// Account is what it knows us by; an empty User when it knows our address.
	Account digest.Account
	// Register keeps our address registered with it.
	Register bool
	// Registrar is where we register, Proxy by default.
	Registrar string
	// Domain is the host of our own address at it (From, and what we register); the registrar's host by default.
	Domain string
	// Expires is the life of a registration that is asked for; zero means 1 h.
	Expires time.Duration
	// KeepAlive is the pause between two signs of life towards it: OPTIONS, or a double CRLF where we are registered.
	// Zero means 30 s, less than zero none.
	KeepAlive time.Duration
	// CallerID is the number shown by calls through it; empty keeps the caller's.
	CallerID string
	// ShowCaller shows the customer's number in a call made on his behalf; CallerID then stands in P-Asserted-Identity.
	ShowCaller bool
	// From is what our From names towards it; empty: the user where we register, the number elsewhere.
	From FromUser
	// Dialled is where its INVITEs say which number was dialled; empty is DialledAuto.
	Dialled Dialled
}

// Dialled is where a trunk's INVITE says which number was dialled.
type Dialled string

// The places. DialledAuto is the Request-URI, and where that names ourselves, as calls to a registered Contact do
// (RFC 3261 section 16.5), To, then P-Called-Party-ID (RFC 7315 section 4.2).
const (
	DialledAuto        Dialled = "auto"
	DialledRequest     Dialled = "request_uri"
	DialledTo          Dialled = "to"
	DialledCalledParty Dialled = "p_called_party_id"
)

// FromUser is what the user part of our From is.
type FromUser string

// The users of a From. A PBX or carrier that we register with finds our account by it (RFC 3261 section 22.1 leaves that
// open), and the number then stands in P-Preferred-Identity (RFC 3325 section 9.2).
const (
	FromAccount FromUser = "user"   // the account's
	FromNumber  FromUser = "number" // the number shown
)

// NamesAccount tells whether our From is the account's.
func (c Config) NamesAccount() bool {
	return c.Account.User != "" && (c.From == FromAccount || c.From == "" && c.Register)
}

// Check complains about settings that cannot work.
func (c Config) Check() error {
	for _, uri := range []string{c.Proxy, c.Registrar} {
		if uri == "" {
			continue
		}
		if _, err := header.ParseURI(uri); err != nil {
			return fmt.Errorf("sip: proxy of trunk %q: %w", c.Name, err)
		}
	}
	if c.Register && c.Proxy == "" && c.Registrar == "" {
		return fmt.Errorf("sip: trunk %q registers nowhere: it has no registrar and no proxy", c.Name)
	}
	if c.Register && c.Account.User == "" {
		return fmt.Errorf("sip: trunk %q registers as nobody: its account has no user", c.Name)
	}
	return nil
}
