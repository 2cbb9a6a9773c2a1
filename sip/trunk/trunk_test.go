package trunk

import (
	"net/netip"
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/digest"
	"hotline/sip/header"
)

// carrier is a trunk that we register with, as the account 0612345.
func carrier(change func(*Config)) *Trunk {
	c := Config{Name: "carrier", Proxy: "sip:192.0.2.77", Account: digest.Account{User: "0612345"}, Register: true, Domain: "carrier.example"}
	change(&c)
	return New(c)
}

func invite(t *testing.T, request, to string, extra ...string) *gosip.Request {
	t.Helper()
	text := "INVITE sip:" + request + "@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKa\r\nFrom: <sip:+39333@carrier.example>;tag=f\r\n" +
		"To: <sip:" + to + "@carrier.example>\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n" + strings.Join(append(extra, ""), "\r\n") + "Content-Length: 0\r\n\r\n"
	m, err := gosip.ParseMessage([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m.(*gosip.Request)
}

func TestTheNumberDialledIsWhereTheTrunkSaysIt(t *testing.T) {
	const number, other = "+3906555", "+3906777"
	for name, c := range map[string]struct {
		set             Dialled
		request, to, id string
		want            string
	}{
		"the Request-URI":                    {"", number, other, "", number},
		"our user, To":                       {"", "0612345", number, other, number},
		"our Contact, To":                    {"", "0612345" + contactMark + "XbYcZ", number, other, number},
		"our Contact, To too, P-Called":      {"", "0612345" + contactMark + "XbYcZ", "0612345", number, number},
		"our user everywhere":                {"", "0612345" + contactMark + "XbYcZ", "0612345", "", "0612345"},
		"an extension behind our own number": {"", "0612345-20", other, "", "0612345-20"},
		"set: Request-URI":                   {DialledRequest, "0612345", number, other, "0612345"},
		"set: To":                            {DialledTo, other, number, other, number},
		"set: P-Called-Party-ID":             {DialledCalledParty, other, other, number, number},
		"set: P-Called-Party-ID, none there": {DialledCalledParty, number, other, "", number},
	} {
		req := invite(t, c.request, c.to)
		if c.id != "" {
			req = invite(t, c.request, c.to, "P-Called-Party-ID: <sip:"+c.id+"@carrier.example>")
		}
		if got := carrier(func(t *Config) { t.Dialled = c.set }).DialledNumber(req); got != c.want {
			t.Errorf("%s: dialled %q, want %q", name, got, c.want)
		}
	}
}

func TestACallThroughATrunkIsIntroducedAsItWants(t *testing.T) {
	customer := OnBehalf{Caller: header.Party{User: "+39333"}, Called: "+3906555"}
	for name, c := range map[string]struct {
		set                        func(*Config)
		as                         OnBehalf
		user, preferred, diversion string
	}{
		"registered, our own call":    {func(*Config) {}, OnBehalf{}, "0612345", "", ""},
		"registered, for a customer":  {func(c *Config) { c.ShowCaller = true }, customer, "0612345", "+39333", "+3906555"},
		"registered, with a number":   {func(c *Config) { c.CallerID = "+3906999" }, customer, "0612345", "+3906999", ""},
		"by address, for a customer":  {func(c *Config) { c.Register, c.ShowCaller = false, true }, customer, "+39333", "", "+3906555"},
		"by address, with a number":   {func(c *Config) { c.Register, c.CallerID = false, "+3906999" }, customer, "+3906999", "", ""},
		"the caller shows no number":  {func(c *Config) { c.Register, c.ShowCaller = false, true }, OnBehalf{Caller: header.Party{User: "anonymous"}}, "0612345", "", ""},
		"the number in From, by wish": {func(c *Config) { c.From, c.ShowCaller = FromNumber, true }, customer, "+39333", "", "+3906555"},
	} {
		tr, req := carrier(c.set), invite(t, "+39347", "+39347")
		if got := tr.Shown(header.Party{User: "hotline"}, c.as).User; got != c.user {
			t.Errorf("%s: From names %q, want %q", name, got, c.user)
		}
		tr.Introduce(req, c.as)
		if got := header.AddressIn(req, "P-Preferred-Identity").User; got != c.preferred {
			t.Errorf("%s: preferred is %q, want %q", name, got, c.preferred)
		}
		if got := header.AddressIn(req, "Diversion").User; got != c.diversion {
			t.Errorf("%s: diverted from %q, want %q", name, got, c.diversion)
		}
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, set := range map[string]func(*Config){
		"a proxy that is no address": func(c *Config) { c.Proxy = "tel:1" },
		"registering nowhere":        func(c *Config) { c.Proxy = "" },
		"registering as nobody":      func(c *Config) { c.Account.User = "" },
	} {
		c := Config{Name: "carrier", Proxy: "sip:192.0.2.77", Account: digest.Account{User: "0612345"}, Register: true}
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		if set(&c); c.Check() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestATrunkIsKnownByItsAddresses(t *testing.T) {
	tr := carrier(func(c *Config) { c.Addresses = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")} })
	tr.learn(netip.MustParseAddr("192.0.2.77"))
	for address, want := range map[string]bool{"198.51.100.7": true, "192.0.2.77": true, "203.0.113.1": false} {
		if got := (List{tr}).Of(netip.MustParseAddr(address)); (got == tr) != want {
			t.Errorf("%s is the carrier's: %v", address, !want)
		}
	}
	if (List{tr}).Named("carrier") != tr || (List{tr}).Named("other") != nil {
		t.Error("it is not found by its name")
	}
}
