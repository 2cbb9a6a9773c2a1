// Package header reads and writes the headers of sipgo's messages: addresses, routes, lists of tokens, the description in a
// body. Everything in sip that handles sipgo's messages uses it. It keeps no state.
package header

import (
	"fmt"
	"net/url"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
)

// Party is one end of a call as headers name it: text of a stranger, never a proof.
type Party struct {
	// Display is the display name without quotes.
	Display string
	// User is the number or name before the @.
	User string
	// Host is the domain or address after it, IPv6 without brackets.
	Host string
}

// String is the address as a person reads it.
func (p Party) String() string {
	s := "sip:" + p.Host
	if p.User != "" {
		s = "sip:" + p.User + "@" + p.Host
	}
	if p.Display != "" {
		return p.Display + " <" + s + ">"
	}
	return s
}

// PartyOf is the party of a display name and a URI of sip, sips or tel.
func PartyOf(display string, u gosip.Uri) Party {
	user := u.User
	if strings.EqualFold(u.Scheme, "tel") {
		user = u.Raw()
	}
	return Party{Display: Printable(display), User: userOf(user), Host: strings.Trim(u.Host, "[]")}
}

// userOf is the number or name of a user part: without percent escapes, and without the parameters that telephone numbers
// have (cpc, ext, ...; RFC 3261 section 19.1.6). A global phone-context completes a local number (RFC 3966 section 5.1.5).
func userOf(raw string) string {
	name, params, _ := strings.Cut(raw, ";")
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	name = Printable(name)
	if context := syntax.Parameter(";"+params, "phone-context"); !strings.HasPrefix(name, "+") && strings.HasPrefix(context, "+") && syntax.IsNumber(context+"0") {
		return context + name
	}
	return name
}

// Asserted reads P-Asserted-Identity (RFC 3325 9.1). Only that of a trunk may be believed, which the caller checks.
func Asserted(req *gosip.Request) Party {
	best := Party{}
	for _, h := range req.GetHeaders("P-Asserted-Identity") {
		for rest := h.Value(); rest != ""; {
			one := syntax.FirstElement(rest)
			rest = strings.TrimLeft(strings.TrimPrefix(rest, one), ", ")
			p, tel := addressOf(one)
			if tel { // a number wins over a name
				return p
			}
			if best == (Party{}) {
				best = p
			}
		}
	}
	return best
}

// AddressIn is the first address of a header; zero where there is none that can be read.
func AddressIn(req *gosip.Request, name string) Party {
	h := req.GetHeader(name)
	if h == nil {
		return Party{}
	}
	p, _ := addressOf(syntax.FirstElement(h.Value()))
	return p
}

// addressOf reads one address, and tells whether it is one of tel.
func addressOf(s string) (p Party, tel bool) {
	var u gosip.Uri
	display, err := gosip.ParseAddressValue(s, &u, &gosip.HeaderParams{})
	if err != nil {
		return Party{}, false
	}
	return PartyOf(display, u), strings.EqualFold(u.Scheme, "tel")
}

// Printable drops what must not stand in a header or a log line.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '"' || r == '\\' || r == '<' || r == '>' {
			return -1
		}
		return r
	}, s)
}

// userMarks are what may stand in the user part of a URI beside letters and digits (RFC 3261 section 25.1: mark and user-unreserved).
const userMarks = "-_.!~*'()&=+$,;?/"

// UserPart writes a number or a name as the user part of a URI: what must not stand there is escaped (RFC 3261 section 19.1.2). Strangers'
// texts come back to us by it, octet for octet: what we show of ourselves must be an address that their telephones can send to.
func UserPart(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(userMarks, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// ParseURI reads a sip: or sips: address, with < > around it or without. A sips: address comes back as sip: with
// transport=tls.
func ParseURI(s string) (gosip.Uri, error) {
	var u gosip.Uri
	s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "<"), ">")
	if err := gosip.ParseUri(s, &u); err != nil {
		return u, fmt.Errorf("sip: reading the address %q: %w", s, err)
	}
	for i := range u.UriParams {
		u.UriParams[i].K = strings.ToLower(u.UriParams[i].K)
	}
	if u.Scheme == "sips" {
		// The scheme asks for TLS on the way; what is said to the next hop is the same (RFC 5630 section 3.1.2).
		u.Scheme = "sip"
		u.UriParams.Add("transport", "tls")
	}
	if u.Host == "" || u.Scheme != "sip" {
		return u, fmt.Errorf("sip: %q is no sip: address", s)
	}
	return u, nil
}

// Transport is the transport that a URI asks for: "UDP", "TCP" or "TLS"; "UDP" when it asks for none.
func Transport(u gosip.Uri) string {
	t, _ := u.UriParams.Get("transport")
	if t = strings.ToUpper(t); t == "TCP" || t == "TLS" {
		return t
	}
	return "UDP"
}
