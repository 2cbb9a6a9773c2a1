package sip

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/body"
)

// Party is one end of a call as headers name it: text of a stranger, never a
// credential.
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

func partyOf(display string, u gosip.Uri) Party {
	user := u.User
	if strings.EqualFold(u.Scheme, "tel") {
		user = u.Raw()
	}
	return Party{Display: printable(display), User: userOf(user), Host: strings.Trim(u.Host, "[]")}
}

// userOf is the number or name of a user part: without percent escapes, and without the parameters that telephone numbers bring
// along (cpc, ext, ...; RFC 3261 section 19.1.6). A global phone-context completes a local number (RFC 3966 section 5.1.5).
func userOf(raw string) string {
	name, params, _ := strings.Cut(raw, ";")
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	name = printable(name)
	if context := parameter(";"+params, "phone-context"); !strings.HasPrefix(name, "+") && strings.HasPrefix(context, "+") && isNumber(context+"0") {
		return context + name
	}
	return name
}

// asserted reads P-Asserted-Identity (RFC 3325 9.1); the caller has checked that
// it came from a trunk.
func asserted(req *gosip.Request) Party {
	best := Party{}
	for _, h := range req.GetHeaders("P-Asserted-Identity") {
		for rest := h.Value(); rest != ""; {
			one := firstOf(rest)
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

// addressIn is the first address of a header; zero where there is none that can be read.
func addressIn(req *gosip.Request, name string) Party {
	h := req.GetHeader(name)
	if h == nil {
		return Party{}
	}
	p, _ := addressOf(firstOf(h.Value()))
	return p
}

// addressOf reads one address, and tells whether it is one of tel.
func addressOf(s string) (p Party, tel bool) {
	var u gosip.Uri
	display, err := gosip.ParseAddressValue(s, &u, &gosip.HeaderParams{})
	if err != nil {
		return Party{}, false
	}
	return partyOf(display, u), strings.EqualFold(u.Scheme, "tel")
}

// printable drops what must not stand in a header or a log line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '"' || r == '\\' || r == '<' || r == '>' {
			return -1
		}
		return r
	}, s)
}

func parseURI(s string) (gosip.Uri, error) {
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

// uriTransport is the transport that a URI asks for, "UDP" when it does not.
func uriTransport(u gosip.Uri) string {
	t, _ := u.UriParams.Get("transport")
	if t = strings.ToUpper(t); t == "TCP" || t == "TLS" {
		return t
	}
	return "UDP"
}

func header(name, value string) gosip.Header { return gosip.NewHeader(name, value) }

func tagOf(p gosip.HeaderParams) string {
	t, _ := p.Get("tag")
	return t
}

// contact is where requests inside the dialog reach us (RFC 3261 8.1.1.8).
func contact(user string, at netip.AddrPort, transport string) gosip.Header {
	if user != "" {
		user += "@"
	}
	tail := ""
	if transport != "UDP" {
		tail = ";transport=" + strings.ToLower(transport)
	}
	return header("Contact", "<sip:"+user+at.String()+tail+">")
}

// response builds an answer inside a transaction; the To tag is the dialog's.
func (a *Agent) response(req *gosip.Request, code int, reason, tag string, body []byte) *gosip.Response {
	res := gosip.NewResponseFromRequest(req, code, reason, body)
	if from := res.From(); from != nil && tagOf(from.Params) == "" {
		from.Params.Remove("tag") // the empty one is ours (withTag)
	}
	if to := res.To(); to != nil && tag != "" && code > 100 {
		to.Params.Add("tag", tag)
	}
	if via := res.Via(); via != nil && !via.Params.Has("received") {
		if src, err := netip.ParseAddrPort(req.Source()); err == nil && via.Host != src.Addr().Unmap().String() {
			via.Params.Add("received", src.Addr().Unmap().String())
		}
	}
	if code >= 200 {
		res.AppendHeader(header("Server", a.server()))
	}
	return res
}

func withSDP(res *gosip.Response, sdp []byte) {
	if len(sdp) > 0 {
		res.AppendHeader(header("Content-Type", "application/sdp"))
	}
}

// routesOf copies a Record-Route set in the order that requests of ours need:
// as it stands for who was called, reversed for who called (RFC 3261 12.1).
func routesOf(msg gosip.Message, reversed bool) []gosip.Uri {
	var out []gosip.Uri
	for _, h := range msg.GetHeaders("record-route") {
		r, ok := h.(*gosip.RecordRouteHeader)
		if !ok {
			continue
		}
		out = append(out, *r.Address.Clone())
	}
	if reversed {
		for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
	}
	return out
}

// descriptionOf is the session description of a message; one that cannot be read counts as none.
func descriptionOf(msg gosip.Message) []byte {
	sdp, err := body.Description(headerOf(msg, "Content-Type", "c"), headerOf(msg, "Content-Disposition"), msg.Body())
	if err != nil {
		return nil
	}
	return sdp
}
