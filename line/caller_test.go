package line

import (
	"net/netip"
	"testing"

	"hotline/numbers"
	"hotline/sip"
)

// A number is a hint: the trunk's word for it before the caller's own, and none where the caller shows none. A telephone is
// called back where it is only when it is one of ours.
func TestWhatIsKnownOfACaller(t *testing.T) {
	from := netip.MustParseAddrPort("192.0.2.9:5060")
	for name, c := range map[string]struct {
		in              sip.Invite
		number, address string
	}{
		"by a trunk":           {sip.Invite{Trunk: "carrier", From: sip.Party{User: "spoofed"}, Asserted: sip.Party{User: "0552468"}}, "+390552468", ""},
		"by a trunk, withheld": {sip.Invite{Trunk: "carrier", From: sip.Party{User: "anonymous"}}, "", ""},
		"by a trunk, private":  {sip.Invite{Trunk: "carrier", From: sip.Party{User: "0552468"}, Asserted: sip.Party{User: "0552468"}, Private: true}, "", ""},
		"a telephone of ours":  {sip.Invite{From: sip.Party{User: "desk"}}, "desk", "sip:desk@192.0.2.9:5060"},
		"a name with a host":   {sip.Invite{From: sip.Party{User: "x@evil.example;a=b"}}, "x@evil.example;a=b", "sip:x%40evil.example%3Ba%3Db@192.0.2.9:5060"},
		"a number with blanks": {sip.Invite{From: sip.Party{User: "+39 06:1"}}, "+39 06:1", "sip:+39%2006%3A1@192.0.2.9:5060"},
		"an extension":         {sip.Invite{From: sip.Party{User: "201"}}, "201", "sip:201@192.0.2.9:5060"},
		"with a user's name":   {sip.Invite{Trunk: "carrier", From: sip.Party{User: "alice"}, Asserted: sip.Party{User: "0039 055 2468"}}, "+390552468", ""},
		"a stranger":           {sip.Invite{From: sip.Party{User: "desk"}, Stranger: true}, "desk", ""},
		"a telephone over TLS": {sip.Invite{From: sip.Party{User: "desk"}, Transport: "TLS"}, "desk", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.in.Source = from
			if c.in.Transport == "" {
				c.in.Transport = "UDP"
			}
			l := newLine(&Switchboard{cfg: Config{E164: italian(t).E164}}, &c.in)
			if l.Caller().Number != c.number || l.Address() != c.address {
				t.Errorf("number %q, address %q", l.Caller().Number, l.Address())
			}
		})
	}
}

func italian(t *testing.T) numbers.Plan {
	t.Helper()
	p, err := numbers.For("IT")
	if err != nil {
		t.Fatal(err)
	}
	return p
}
