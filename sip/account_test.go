package sip_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/sip"
	"hotline/sip/siptest"
)

func TestATrunkFindsUsByTheUserOrTheNumberInFrom(t *testing.T) {
	for name, c := range map[string]struct {
		trunk           func(*sip.Trunk)
		from, preferred string
	}{
		"registered":                  {func(t *sip.Trunk) {}, `<sip:0612345@carrier.example>`, "sip:+3906999@"},
		"registered, shows customers": {func(t *sip.Trunk) { t.ShowCaller = true }, `<sip:0612345@carrier.example>`, "sip:+393331@"},
		"registered, by the number":   {func(t *sip.Trunk) { t.From = sip.FromNumber }, "<sip:+3906999@carrier.example>", ""},
		"by address":                  {func(t *sip.Trunk) { t.Register = false }, "<sip:+3906999@carrier.example>", ""},
		"by address, by the user":     {func(t *sip.Trunk) { t.Register, t.From = false, sip.FromAccount }, `<sip:0612345@carrier.example>`, "sip:+3906999@"},
		"by address, without account": {func(t *sip.Trunk) { t.Register, t.From, t.Account.User = false, sip.FromAccount, "" }, "<sip:+3906999@carrier.example>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := siptest.NewWire(1)
				p := siptest.NewPhone(t, w, "192.0.2.9:5060")
				a := start(t, w, nil, carrier(func(t *sip.Trunk) { t.CallerID = "+3906999" }, c.trunk))
				place(t, a, sip.DialRequest{To: "sip:+39061@192.0.2.9", Trunk: "carrier", From: sip.Party{User: "hotline"}, OnBehalf: sip.OnBehalf{Caller: sip.Party{User: "+393331"}}})
				m := p.Requested("INVITE", within).Invite
				if !strings.Contains(m.Get("From"), c.from) || !strings.Contains(m.Get("P-Preferred-Identity"), c.preferred) || (c.preferred == "") != (m.Get("P-Preferred-Identity") == "") {
					t.Errorf("From %q, P-Preferred-Identity %q", m.Get("From"), m.Get("P-Preferred-Identity"))
				}
			})
		})
	}
}

func TestCredentialsRefusedToACallAreToldOfTheTrunk(t *testing.T) {
	for name, answers := range map[string][]int{"401 twice": {401, 401}, "407 twice": {407, 407}, "403 after credentials": {401, 403}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, log := siptest.NewWire(1), &bytes.Buffer{}
				p := siptest.NewPhone(t, w, "192.0.2.9:5060")
				a := start(t, w, nil, carrier(), func(c *sip.Config) { c.Log = slog.New(slog.NewTextHandler(log, nil)) })
				r := p.Requested("REGISTER", within)
				r.Extra = []string{"Contact: " + r.Invite.Get("Contact") + ";expires=3600"}
				r.Respond(200, "")
				synctest.Wait() // the trunk is registered
				failed := make(chan error, 1)
				dial := func() {
					background(t, func() {
						_, _, err := a.Dial(context.Background(), sip.DialRequest{To: "sip:+39061@192.0.2.9", Trunk: "carrier", Offer: []byte(siptest.SDP)})
						failed <- err
					})
				}
				dial()
				for _, code := range answers {
					c := p.Requested("INVITE", within)
					if code != 403 {
						c.Extra = []string{strings.Replace(challengeMD5, "WWW", map[int]string{401: "WWW", 407: "Proxy"}[code], 1)}
					}
					c.Respond(code, "")
				}
				if err := <-failed; !errors.Is(err, sip.ErrCredentials) {
					t.Fatalf("the call failed with %v", err)
				}
				synctest.Wait()
				s := a.TrunkStates()[0]
				if s.State != sip.TrunkRefused || !strings.Contains(s.Error, `a call as "0612345" was refused`) || time.Until(s.Expires) < 50*time.Minute {
					t.Errorf("the trunk is %+v", s)
				}
				synctest.Wait()
				if !strings.Contains(log.String(), `level=WARN msg="sip: call refused for its credentials" trunk=carrier`) {
					t.Errorf("the log says %s", log)
				}
				dial()
				p.Requested("INVITE", within).Respond(486, "")
				<-failed
				if s := a.TrunkStates()[0]; s.State != sip.TrunkRegistered || s.Error != "" {
					t.Errorf("after a call that was let through the trunk is %+v", s)
				}
			})
		})
	}
}

// A tel: address in the Request-URI, To, From and P-Asserted-Identity names its number, and a number that the trunk asserts goes
// before a user's name.
func TestNumbersAreReadFromWhateverAddressHoldsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, got := siptest.NewWire(1), make(chan *sip.Invite, 1)
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		start(t, w, func(_ context.Context, in *sip.Invite) { got <- in }, carrier(func(t *sip.Trunk) { t.Register = false }))
		for i, c := range []struct{ uri, from, asserted, number, user, assertedUser string }{
			{"tel:+39065551239", "<tel:5551239;phone-context=+3906>", "<sip:anna@carrier.example>, <tel:+393331234567;cpc=ordinary>", "+39065551239", "+39065551239", "+393331234567"},
			{"sip:%2B39065551239;cpc=ordinary@127.0.0.1", "<sip:065551239;phone-context=+39@x.example;user=phone>", "<sip:%2B393331234567@x.example>", "+39065551239", "+39065551239", "+393331234567"},
		} {
			call := p.Call(line, "1")
			p.Spell = func(m string) string {
				_, rest, _ := strings.Cut(m, "\r\n")
				if !strings.HasPrefix(m, "INVITE ") {
					return m
				}
				lines := strings.Split("INVITE "+c.uri+" SIP/2.0\r\n"+rest, "\r\n")
				for n, l := range lines {
					if strings.HasPrefix(l, "From:") {
						lines[n] = "From: " + c.from + ";tag=f" + string(rune('a'+i))
					}
				}
				return strings.Join(lines, "\r\n")
			}
			call.Extra = []string{"P-Asserted-Identity: " + c.asserted}
			call.SendInvite(siptest.SDP)
			synctest.Wait()
			select {
			case in := <-got:
				if in.Number != c.number || in.From.User != c.user || in.Asserted.User != c.assertedUser {
					t.Errorf("number %q, from %q, asserted %q", in.Number, in.From.User, in.Asserted.User)
				}
			default:
				t.Errorf("%s was not taken: %v", c.uri, p.Hear(within))
			}
		}
	})
}
