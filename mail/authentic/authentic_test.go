package authentic_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"hotline/mail"
	"hotline/mail/authentic"
)

// names is a name server that knows a few names.
type names map[string]string

func (n names) LookupTXT(_ context.Context, name string) ([]string, error) {
	if text, ok := n[strings.TrimSuffix(name, ".")]; ok {
		if text == "down" {
			return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
		}
		return []string{text}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (n names) LookupMX(context.Context, string) ([]*net.MX, error)        { return nil, nil }
func (n names) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, nil }
func (n names) LookupAddr(context.Context, string) ([]string, error)       { return nil, nil }

func TestWhoSentAMail(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	plain := "From: a@rossi.example\r\nSubject: x\r\n\r\ntext\r\n"
	sign := func(domain string) string {
		var b bytes.Buffer
		if err := dkim.Sign(&b, strings.NewReader(plain), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: private}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	key := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	zone := names{
		"s._domainkey.rossi.example": key, "s._domainkey.other.example": key, "s._domainkey.slow.example": "down",
		"_dmarc.rossi.example": "v=DMARC1; p=reject", "rossi.example": "v=spf1 ip4:192.0.2.1 -all", "other.example": "v=spf1 ip4:192.0.2.1 -all",
	}
	good, bad := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.9")
	for name, c := range map[string]struct {
		raw    string
		peer   netip.Addr
		path   string
		want   string
		forged bool
	}{
		"signed":                    {sign("rossi.example"), bad, "a@rossi.example", "dkim=pass (rossi.example), spf=fail, dmarc=pass (p=reject)", false},
		"from its own server":       {plain, good, "a@rossi.example", "dkim=none, spf=pass, dmarc=pass (p=reject)", false},
		"forged":                    {plain, bad, "a@rossi.example", "dkim=none, spf=fail, dmarc=fail (p=reject)", true},
		"signed by another":         {sign("other.example"), good, "a@other.example", "dkim=pass (other.example), spf=pass, dmarc=fail (p=reject)", true},
		"changed":                   {strings.Replace(sign("rossi.example"), "text", "other", 1), bad, "a@rossi.example", "dkim=fail (rossi.example), spf=fail, dmarc=fail (p=reject)", true},
		"through a relay, unsigned": {plain, netip.Addr{}, "a@rossi.example", "dkim=none, spf=none, dmarc=none (p=reject)", false},
		"the name server is silent": {sign("slow.example"), bad, "a@rossi.example", "dkim=temperror (slow.example), spf=fail, dmarc=temperror (p=reject)", false},
	} {
		a := authentic.Check(t.Context(), zone, authentic.Sender{Peer: c.peer, Hello: "x", ReturnPath: c.path, From: "a@rossi.example"}, []byte(c.raw))
		if proven := strings.Contains(c.want, "dmarc=pass"); a.Proven != proven {
			t.Errorf("%s: proven %v", name, a.Proven)
		}
		if a.String() != c.want || a.Forged() != c.forged {
			t.Errorf("%s: %s, forged %v; want %s, %v", name, a, a.Forged(), c.want, c.forged)
		}
	}
	if a := authentic.Check(t.Context(), zone, authentic.Sender{Peer: good, From: "a@nothing.example", ReturnPath: "a@nothing.example"}, []byte(plain)); a.DMARC != mail.None || a.Proven {
		t.Errorf("a domain without DMARC: %s", a)
	}
	for _, twice := range []string{"From: a@rossi.example\r\n", "TO: support@house.example\r\nTo: x@y.example\r\n", "Subject: Fwd: x\r\n"} {
		if a := authentic.Check(t.Context(), zone, authentic.Sender{Peer: bad, ReturnPath: "a@rossi.example", From: "a@rossi.example"}, []byte(twice+sign("rossi.example"))); a.Proven || a.DKIM != mail.Pass {
			t.Errorf("a signed mail that somebody sends again below another head %q: %s, proven %v", twice, a, a.Proven)
		}
	}
	authentic.Check(t.Context(), zone, authentic.Sender{}, nil)
	for s, want := range map[authentic.Sender]string{
		{Peer: good, ReturnPath: "a@rossi.example"}: "spf=pass (rossi.example)", {Peer: bad, ReturnPath: "a@rossi.example"}: "spf=fail (rossi.example)",
		{Peer: bad, Hello: "other.example"}: "spf=fail (other.example)", {ReturnPath: "a@rossi.example"}: "", {Peer: good}: "",
	} {
		if got := authentic.Envelope(t.Context(), zone, s); got != want {
			t.Errorf("a mail that was not read: %q, want %q", got, want)
		}
	}
}
