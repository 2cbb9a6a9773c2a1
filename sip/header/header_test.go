package header

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"
)

// request is an INVITE with further headers, as sipgo reads it.
func request(t *testing.T, extra ...string) *gosip.Request {
	t.Helper()
	text := "INVITE sip:1@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKa\r\nFrom: <sip:rossi@192.0.2.9>;tag=f\r\nTo: <sip:1@192.0.2.1>\r\n" +
		"Call-ID: one\r\nCSeq: 7 INVITE\r\n" + strings.Join(append(extra, ""), "\r\n") + "Content-Length: 0\r\n\r\n"
	m, err := gosip.ParseMessage([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m.(*gosip.Request)
}

func TestAddressesAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]struct{ uri, transport string }{
		"sip:anna@192.0.2.9":                      {"sip:anna@192.0.2.9", "UDP"},
		"<sip:anna@192.0.2.9:5070;Transport=TCP>": {"sip:anna@192.0.2.9:5070;transport=TCP", "TCP"},
		"sips:anna@host.example":                  {"sip:anna@host.example;transport=tls", "TLS"},
	} {
		u, err := ParseURI(text)
		if err != nil || u.String() != want.uri || Transport(u) != want.transport {
			t.Errorf("%s is %s over %s, %v", text, u.String(), Transport(u), err)
		}
	}
	for _, text := range []string{"", "anna", "tel:+39061", "http://host", "sip:"} {
		if u, err := ParseURI(text); err == nil {
			t.Errorf("%q is %s", text, u.String())
		}
	}
	for text, want := range map[string]string{
		`"Rossi" <sip:rossi@x.example>`:           "Rossi <sip:rossi@x.example>",
		"<sip:%2B39061@x.example;user=phone>":     "sip:+39061@x.example",
		"<sip:061;phone-context=+39@x.example>":   "sip:+39061@x.example",
		"<tel:+39061;cpc=ordinary>":               "sip:+39061@",
		`"a, b" <sip:one@x.example>, <sip:two@y>`: "a, b <sip:one@x.example>",
	} {
		if got := AddressIn(request(t, "P-Called-Party-ID: "+text), "P-Called-Party-ID").String(); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
	if got := Asserted(request(t, "P-Asserted-Identity: <sip:anna@x.example>, <tel:+39061>")).User; got != "+39061" {
		t.Errorf("asserted is %q", got)
	}
	if got := Printable("a\"<b>\\\x00\r\nc"); got != "abc" {
		t.Errorf("printable is %q", got)
	}
}

func TestContactNamesTheTransportUnlessItIsUDP(t *testing.T) {
	at := netip.MustParseAddrPort("192.0.2.1:5060")
	for transport, want := range map[string]string{"UDP": "<sip:hotline@192.0.2.1:5060>", "TLS": "<sip:hotline@192.0.2.1:5060;transport=tls>"} {
		if got := Contact("hotline", at, transport).Value(); got != want {
			t.Errorf("over %s it is %s", transport, got)
		}
	}
	if got := Contact("", at, "UDP").Value(); got != "<sip:192.0.2.1:5060>" {
		t.Errorf("without a user it is %s", got)
	}
}

// TestAnyTextAsAUserIsAnAddress: what a stranger dialled stands in our Contact, and his telephone sends its requests there.
func TestAnyTextAsAUserIsAnAddress(t *testing.T) {
	at := netip.MustParseAddrPort("192.0.2.1:5060")
	for user, want := range map[string]string{
		"+390655512": "+390655512", "*72#": "*72%23", "a b": "a%20b", "x@evil.example": "x%40evil.example", "50%": "50%25", "[::1]:5": "%5B%3A%3A1%5D%3A5", "più": "pi%C3%B9", "<b>\r\n": "%3Cb%3E%0D%0A",
	} {
		if got := Contact(user, at, "UDP").Value(); got != "<sip:"+want+"@192.0.2.1:5060>" {
			t.Errorf("%q: %s", user, got)
		}
		u, err := ParseURI(Contact(user, at, "UDP").Value())
		if err != nil || u.Host != "192.0.2.1" || PartyOf("", u).User != Printable(user) {
			t.Errorf("%q is read as %+v, %v", user, u, err)
		}
	}
}

func TestPrivacyAndTokens(t *testing.T) {
	for privacy, want := range map[string]bool{"id": true, "USER;critical": true, "session, header": true, "none": false, "session": false} {
		if Private(request(t, "Privacy: "+privacy)) != want {
			t.Errorf("Privacy: %s hides the number: %v", privacy, !want)
		}
	}
	req := request(t, "Supported: 100rel, Timer", "k: path")
	for token, want := range map[string]bool{"timer": true, "path": true, "100rel": true, "100": false} {
		if Lists(req, token, "supported", "k") != want {
			t.Errorf("%s is listed: %v", token, !want)
		}
	}
	if Tag(req.From().Params) != "f" || Branch(req) != "z9hG4bKa" || Value(req, "x", "k") != "path" {
		t.Errorf("tag %q, branch %q, value %q", Tag(req.From().Params), Branch(req), Value(req, "x", "k"))
	}
}

func TestRoutesFollowWhoCalled(t *testing.T) {
	req := request(t, "Record-Route: <sip:far.example;lr>", "Record-Route: <sip:near.example;lr>")
	for reversed, want := range map[bool]string{false: "[far.example near.example]", true: "[near.example far.example]"} {
		var hosts []string
		for _, r := range Routes(req, reversed) {
			hosts = append(hosts, r.Host)
		}
		if fmt.Sprint(hosts) != want {
			t.Errorf("reversed %v: %v", reversed, hosts)
		}
	}
}
