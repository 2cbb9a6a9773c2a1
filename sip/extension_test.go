package sip_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/sip"
	"hotline/sip/siptest"
)

type placed struct {
	d   *sip.Dialog
	err error
}

// dial calls in the background.
func place(t *testing.T, a *sip.Agent, r sip.DialRequest) <-chan placed {
	t.Helper()
	r.Offer = []byte(siptest.SDP)
	out := make(chan placed, 1)
	background(t, func() {
		d, _, err := a.Dial(t.Context(), r)
		out <- placed{d, err}
	})
	return out
}

func byAddress(t *sip.Trunk) { t.Register = false }

func TestACallAndItsByeAreChallenged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		pbx := siptest.NewPhone(t, w, "192.0.2.9:5060")
		a := start(t, w, nil, carrier(byAddress))
		out := place(t, a, sip.DialRequest{To: "sip:+39061@192.0.2.9", Trunk: "carrier"})
		c := pbx.Incoming(within)
		c.Extra = []string{`Proxy-Authenticate: Digest realm="carrier", nonce="n1", qop="auth"`}
		c.Respond(407, "")
		pbx.Expect("ACK ", within)
		c = pbx.Incoming(within)
		proves(t, c.Invite, "Proxy-Authorization")
		c.Respond(200, siptest.SDP)
		proves(t, pbxAsInvite(pbx.Expect("ACK ", within)), "Proxy-Authorization")
		got := <-out
		if got.err != nil {
			t.Fatal(got.err)
		}
		_ = got.d.Hangup("")
		bye := pbx.Requested("BYE", within)
		bye.Extra = []string{`Proxy-Authenticate: Digest realm="carrier", nonce="n2", qop="auth"`}
		bye.Respond(407, "")
		bye = pbx.Requested("BYE", within)
		proves(t, bye.Invite, "Proxy-Authorization")
		bye.Respond(200, "")
	})
}

// pbxAsInvite is an ACK seen as its INVITE: it carries the same credentials (RFC 3261 section 22.1).
func pbxAsInvite(m *siptest.Message) *siptest.Message {
	m.Line = strings.Replace(m.Line, "ACK", "INVITE", 1)
	return m
}

func TestNobodyElseGetsCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		rogue := siptest.NewPhone(t, w, "192.0.2.9:5060")
		a := start(t, w, nil, carrier(byAddress))
		for name, r := range map[string]sip.DialRequest{
			"another realm": {To: "sip:1@192.0.2.9", Trunk: "carrier"}, "no trunk": {To: "sip:1@192.0.2.9"},
		} {
			out := place(t, a, r)
			c := rogue.Incoming(within)
			c.Extra = []string{`WWW-Authenticate: Digest realm="harvest", nonce="n1", qop="auth"`}
			c.Respond(401, "")
			rogue.Expect("ACK ", within)
			rogue.Silence("INVITE ", time.Minute)
			if got := <-out; !errors.Is(got.err, sip.ErrCredentials) {
				t.Errorf("%s: %v", name, got.err)
			}
		}
	})
}

func TestASessionTimerIsRefreshedByUs(t *testing.T) {
	for _, allow := range []string{"Allow: INVITE, UPDATE", "Allow: INVITE"} {
		synctest.Test(t, func(t *testing.T) {
			w := siptest.NewWire(1)
			p := siptest.NewPhone(t, w, "192.0.2.9:5060")
			a := start(t, w, nil)
			var answers int
			out := place(t, a, sip.DialRequest{To: "sip:anna@192.0.2.9",
				OnReinvite: func([]byte) ([]byte, error) { return []byte(siptest.SDP), nil },
				OnAnswer:   func([]byte) error { answers++; return nil }})
			c := p.Incoming(within)
			if c.Invite.Get("Session-Expires") != "1800" || !strings.Contains(c.Invite.Get("Supported"), "timer") {
				t.Fatalf("offers %q", c.Invite.Get("Session-Expires"))
			}
			c.Extra = []string{"Min-SE: 2000"}
			c.Respond(422, "")
			p.Expect("ACK ", within)
			c = p.Incoming(within)
			if c.Invite.Get("Session-Expires") != "2000" {
				t.Fatalf("after 422 offers %q", c.Invite.Get("Session-Expires"))
			}
			c.Extra = []string{"Session-Expires: 200;refresher=uac", "Require: timer", allow}
			c.Respond(200, siptest.SDP)
			p.Expect("ACK ", within)
			d := (<-out).d
			method, at := "INVITE ", time.Now()
			if strings.Contains(allow, "UPDATE") {
				method = "UPDATE "
			}
			m := p.Expect(method, 101*time.Second)
			if after := time.Since(at); after < 99*time.Second || m.Get("Session-Expires") != "200;refresher=uac" {
				t.Errorf("refreshed after %s with %q", after, m.Get("Session-Expires"))
			}
			if method == "INVITE " {
				c.Respond(200, siptest.SDP, m)
				p.Expect("ACK ", within)
				synctest.Wait()
				if answers != 1 {
					t.Errorf("%d answers", answers)
				}
			} else {
				c.Respond(200, "", m)
			}
			p.Expect(method, 101*time.Second) // and again; nobody answers this one
			bye := p.Expect("BYE ", 40*time.Second)
			c.Respond(200, "", bye)
			ending(t, d.Context(), sip.ErrGone)
		})
	}
}

func TestACallThatNobodyRefreshesEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
		start(t, w, answering(calls))
		p := siptest.NewPhone(t, w, "192.0.2.8:5060")
		short := call(p, "Supported: timer", "Session-Expires: 60")
		short.Expect(422, within)
		short.AckRefusal()
		timed := call(p, "Supported: timer", "Session-Expires: 120;refresher=uac")
		if m := timed.Expect(200, within); m.Get("Session-Expires") != "120;refresher=uac" || m.Get("Require") != "timer" {
			t.Fatalf("%q", m.Get("Session-Expires"))
		}
		timed.Ack("")
		time.Sleep(70 * time.Second)
		timed.Extra = []string{"Supported: timer", "Session-Expires: 120;refresher=uac"}
		timed.Request("UPDATE", "")
		timed.Expect(200, within)
		p.Silence("BYE ", 87*time.Second) // of 88 s: 32 s before the end of the interval
		p.Expect("BYE ", 2*time.Second)
	})
}

// call sends an INVITE with headers of its own.
func call(p *siptest.Phone, extra ...string) *siptest.Call {
	c := p.Call(line, "1")
	c.Extra = extra
	c.SendInvite(siptest.SDP)
	return c
}

func TestAReliableRingIsAcknowledgedBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		a := start(t, w, func(ctx context.Context, in *sip.Invite) {
			_ = in.Ring()
			select {
			case <-time.After(5 * time.Second):
				_, _ = in.Answer(ctx, []byte(siptest.SDP))
			case <-ctx.Done():
			}
			<-ctx.Done()
		})
		c := call(p, "Require: 100rel")
		m := c.Expect(180, within)
		if m.Get("Require") != "100rel" || m.Get("RSeq") == "" {
			t.Fatalf("rings %q %q", m.Get("Require"), m.Get("RSeq"))
		}
		c.Expect(180, time.Second) // repeated
		c.Extra = []string{"RAck: " + m.Get("RSeq") + " 1 INVITE"}
		c.Request("PRACK", "")
		c.Expect(200, within)
		p.Silence(" 180 ", 3*time.Second)
		c.Expect(200, 3*time.Second)
		c.Ack("")

		out := place(t, a, sip.DialRequest{To: "sip:anna@192.0.2.9"})
		in := p.Incoming(within)
		in.Extra = []string{"Require: 100rel", "RSeq: 7"}
		in.Respond(183, siptest.SDP)
		prack := p.Requested("PRACK", within)
		if got := prack.Invite.Get("RAck"); got != "7 "+in.Invite.Get("CSeq") {
			t.Errorf("acknowledges %q", got)
		}
		prack.Respond(200, "")
		in.Respond(183, siptest.SDP) // a repeat is not acknowledged again
		p.Silence("PRACK ", 2*time.Second)
		in.Extra = nil
		in.Respond(200, siptest.SDP)
		p.Expect("ACK ", within)
		if got := <-out; got.err != nil {
			t.Error(got.err)
		}
	})
}

func TestWithoutItsPrackACallIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		start(t, w, func(ctx context.Context, in *sip.Invite) { _ = in.Ring(); <-ctx.Done() })
		c := call(p, "Require: 100rel")
		c.Expect(180, within)
		c.Expect(500, 70*time.Second)
	})
}

func (n *names) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	var out []*net.SRV
	for _, a := range n.services["_"+service+"._"+proto+"."+name] {
		out = append(out, &net.SRV{Target: a.Addr().String() + ".", Port: a.Port()})
	}
	if n.down || len(out) == 0 {
		return "", nil, errors.New("no such service")
	}
	return name, out, nil
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	ip, err := netip.ParseAddr(host)
	if n.down || err != nil {
		return nil, errors.New("no such host")
	}
	return []netip.Addr{ip}, nil
}

func TestTheNextPlaceIsCalledWhenTheFirstIsDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		dns := &names{services: map[string][]netip.AddrPort{"_sip._udp.carrier.example": {
			netip.MustParseAddrPort("192.0.2.7:5060"), netip.MustParseAddrPort("192.0.2.8:5070")}}}
		second := siptest.NewPhone(t, w, "192.0.2.8:5070")
		a := start(t, w, nil, func(c *sip.Config) { c.DNS = dns },
			carrier(func(t *sip.Trunk) { t.Register, t.Proxy = false, "sip:carrier.example" }), func(c *sip.Config) { c.DNS = dns })
		at := time.Now()
		out := place(t, a, sip.DialRequest{To: "sip:+39061@carrier.example", Trunk: "carrier"})
		c := second.Incoming(5 * time.Second)
		if after := time.Since(at); after > 4100*time.Millisecond {
			t.Errorf("the second place rang after %s", after)
		}
		c.Respond(200, siptest.SDP)
		second.Expect("ACK ", within)
		if got := <-out; got.err != nil {
			t.Fatal(got.err)
		}
		// the dead one is tried last for a while, and what was learnt serves when the name servers are down
		time.Sleep(5 * time.Second)
		dns.down = true
		place(t, a, sip.DialRequest{To: "sip:+39062@carrier.example", Trunk: "carrier"})
		c = second.Incoming(time.Second)
		c.Respond(486, "")
		time.Sleep(time.Minute)
		place(t, a, sip.DialRequest{To: "sip:+39063@carrier.example", Trunk: "carrier"})
		second.Incoming(5*time.Second).Respond(503, "")
	})
}

func TestTheEngineerSeesTheCustomerOrTheHotline(t *testing.T) {
	for name, c := range map[string]struct {
		show     bool
		customer string
		from     string
		diverted bool
	}{
		"hotline":  {customer: "+393331", from: "sip:+3906999@carrier.example"},
		"customer": {show: true, customer: "+393331", from: "sip:+393331@carrier.example", diverted: true},
		"withheld": {show: true, from: "sip:+3906999@carrier.example"},
		"a name":   {show: true, customer: "500&SIP/carrier/00900", from: "sip:+3906999@carrier.example"},
		"an @":     {show: true, customer: "+39@evil.example", from: "sip:+3906999@carrier.example"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := siptest.NewWire(1)
				p := siptest.NewPhone(t, w, "192.0.2.9:5060")
				a := start(t, w, nil, carrier(func(t *sip.Trunk) { t.Register, t.CallerID, t.ShowCaller = false, "+3906999", c.show }))
				place(t, a, sip.DialRequest{To: "sip:+39061@192.0.2.9", Trunk: "carrier", From: sip.Party{User: "hotline"},
					OnBehalf: sip.OnBehalf{Caller: sip.Party{User: c.customer}, Called: "800123"}})
				m := p.Incoming(within).Invite
				if !strings.Contains(m.Get("From"), c.from) || !strings.Contains(m.Get("P-Asserted-Identity"), "+3906999") {
					t.Errorf("From %q, P-Asserted-Identity %q", m.Get("From"), m.Get("P-Asserted-Identity"))
				}
				if diverted := strings.Contains(m.Get("Diversion"), "800123") && strings.Contains(m.Get("History-Info"), "800123"); diverted != c.diverted {
					t.Errorf("Diversion %q, History-Info %q", m.Get("Diversion"), m.Get("History-Info"))
				}
			})
		})
	}
}
