package sip_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"hotline/sip"
	"hotline/sip/siptest"
)

// shouted writes the names of all parameters in capitals.
func shouted() func(string) string {
	return strings.NewReplacer(";tag=", ";TAG=", ";branch=", ";BRANCH=", ";rport", ";RPORT", ";received=", ";RECEIVED=", ";lr>", ";LR>",
		";transport=", ";TRANSPORT=", ";expires=", ";EXPIRES=", " realm=", " REALM=", " nonce=", " Nonce=", " qop=", " QOP=",
		" algorithm=", " ALGORITHM=").Replace
}

// RFC 3261 7.3.1: names of parameters have no case.
func TestACallWhoseParametersAreInCapitals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
		start(t, w, answering(calls))
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		p.Spell = func(m string) string { // it says another port than it sends from: only RPORT leads the answers back
			return shouted()(strings.Replace(m, "SIP/2.0/UDP 192.0.2.9:5060;", "SIP/2.0/UDP 192.0.2.9:7777;", 1))
		}
		c := p.Dial(line, "1", siptest.SDP)
		c.SendInvite(siptest.SDP) // a repeat makes no second call
		c.Expect(200, within)
		d := <-calls
		c.Ack("")
		synctest.Wait()
		p.Silence(" 200 ", 3*time.Second) // neither repeated, nor for a second call
		for _, method := range []string{"INFO", "UPDATE", "OPTIONS"} {
			c.Request(method, "")
			c.Expect(200, within)
		}
		c.Request("BYE", "")
		c.Expect(200, within)
		ending(t, d.Context(), sip.ErrRemoteBye)
		taken := p.Call(line, "1")
		taken.SendInvite(siptest.SDP)
		taken.Cancel()
		taken.Expect(200, within)
	})
}

func TestACallOfOursWhoseAnswersAreInCapitals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		p.Spell = shouted()
		proxy := siptest.NewPhone(t, w, "192.0.2.77:5060")
		a := start(t, w, nil, carrier())
		r := p.Requested("REGISTER", within)
		r.Extra = []string{challengeMD5}
		r.Respond(401, "")
		r = p.Requested("REGISTER", within)
		proves(t, r.Invite, "Authorization")
		r.Extra = []string{"Contact: " + r.Invite.Get("Contact") + ";expires=100"}
		r.Respond(200, "")
		synctest.Wait()
		if s := a.TrunkStates()[0]; time.Until(s.Expires) > 100*time.Second {
			t.Errorf("registered for %s", time.Until(s.Expires))
		}
		out := place(t, a, sip.DialRequest{To: "sip:+39061@192.0.2.9", Trunk: "carrier"})
		c := p.Incoming(within)
		c.Extra = []string{"Record-Route: <sip:192.0.2.77;lr>"}
		c.Respond(200, siptest.SDP)
		if m := proxy.Expect("ACK ", within); !strings.HasPrefix(m.Line, "ACK sip:phone@") {
			t.Errorf("a loose router is sent %q", m.Line)
		}
		d := (<-out).d
		c.Phone, c.To = p, line
		c.Extra = nil
		c.URI, c.Remote = "sip:hotline@"+line.String(), c.Invite.Get("From")
		c.Request("BYE", "")
		c.Expect(200, within)
		ending(t, d.Context(), sip.ErrRemoteBye)
	})
}

// RFC 3261 7.3.1: a parameter that a call hangs on may stand once.
func TestAParameterThatStandsTwiceIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ old, double string }{
		"tag of From":            {";tag=", ";tag=;tag="},
		"another tag of From":    {";tag=", ";tag=a;tag="},
		"in capitals":            {";tag=", ";Tag=a;tag="},
		"branch":                 {";branch=", ";branch=z9hG4bKa;branch="},
		"quoted, which is sound": {";tag=", `;note=";tag=x";tag=`},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := siptest.NewWire(1)
			start(t, w, answering(make(chan *sip.Dialog, 9)))
			p := siptest.NewPhone(t, w, "192.0.2.9:5060")
			p.Spell = func(m string) string { return strings.Replace(m, c.old, c.double, 1) }
			want := " 400 "
			if strings.Contains(name, "sound") {
				want = " 200 "
			}
			p.Dial(line, "1", siptest.SDP)
			if m := p.Hear(within); m != nil && strings.Contains(m.Line, " 100 ") && want == " 200 " {
				m = p.Hear(within)
				if !strings.Contains(m.Line, want) {
					t.Errorf("%s: %s", name, m.Line)
				}
			} else if m == nil || !strings.Contains(m.Line, want) {
				t.Errorf("%s: %+v", name, m)
			}
		})
	}
}

// Keep-alives come every few seconds for ever: they are counted, and none writes a line.
func TestKeepAlivesOfEverySortAreNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		var log bytes.Buffer
		a := start(t, w, nil, func(c *sip.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		c, err := w.ListenPacket(peer)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		all := []string{"HELLO", "HELLO\r\n", "jaK", "\r\n\r\n", "\x00\x00\x00\x00", "keep-alive", "\x00", "PING 1"}
		for range 20 {
			for _, k := range all {
				_, _ = c.WriteTo([]byte(k), net.UDPAddrFromAddrPort(line))
				time.Sleep(time.Second)
			}
		}
		synctest.Wait()
		if log.Len() != 0 {
			t.Errorf("%d octets of log: %.300s", log.Len(), log.String())
		}
		if n := a.Dropped()["keep-alive"]; n != uint64(20*len(all)) {
			t.Errorf("%d of %d were counted", n, 20*len(all))
		}
	})
}

// What came before the junk gets its answer, and only then the connection is closed.
func TestAnInviteBeforeJunkInOneSegmentIsAnswered(t *testing.T) {
	defer goleak.VerifyNone(t)
	a := real(t, "127.0.0.1:0", func(ctx context.Context, in *sip.Invite) {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
		_ = in.Refuse(486, "Busy Here")
	})
	defer stop(t, a)
	for i, junk := range []string{"\x00\x01\x02 junk\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", strings.Repeat("x", 40000)} {
		c := stream(t, a.Addresses()[0])
		_, _ = fmt.Fprintf(c, "INVITE sip:1@line SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKj%d\r\nFrom: <sip:me@x>;tag=f\r\nTo: <sip:1@line>\r\n"+
			"Call-ID: junk%d\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:me@127.0.0.1:9;transport=tcp>\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0%s", i, i, junk)
		var heard strings.Builder
		b := make([]byte, 4096)
		for {
			n, err := c.Read(b)
			heard.Write(b[:n])
			if err != nil {
				if ne, ok := err.(net.Error); ok && ne.Timeout() {
					t.Error("the connection stays open")
				}
				break
			}
		}
		_ = c.Close()
		if !strings.Contains(heard.String(), "SIP/2.0 486 ") {
			t.Errorf("before %.9q: heard %q", junk, heard.String())
		}
	}
}

// RFC 3261 12.2.1.1: a strict router is the Request-URI itself, the target is the last of the routes.
func TestAStrictRouterGetsTheRequestURIItWants(t *testing.T) {
	for name, c := range map[string]struct {
		record []string // Record-Route of the 2xx, as it came back: the nearest proxy last
		line   string
		routes []string
	}{
		"loose":              {[]string{"<sip:far.example;lr>", "<sip:192.0.2.77;lr>"}, "sip:phone@192.0.2.9:5060", []string{"<sip:192.0.2.77;lr>", "<sip:far.example;lr>"}},
		"strict, then loose": {[]string{"<sip:far.example;lr>", "<sip:192.0.2.77;method=INVITE>"}, "sip:192.0.2.77", []string{"<sip:far.example;lr>", "<sip:phone@192.0.2.9:5060>"}},
		"loose, then strict": {[]string{"<sip:far.example>", "<sip:192.0.2.77;LR>"}, "sip:phone@192.0.2.9:5060", []string{"<sip:192.0.2.77;lr>", "<sip:far.example>"}},
		"strict alone":       {[]string{"<sip:a@192.0.2.77>"}, "sip:a@192.0.2.77", []string{"<sip:phone@192.0.2.9:5060>"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := siptest.NewWire(1)
				p, proxy := siptest.NewPhone(t, w, "192.0.2.9:5060"), siptest.NewPhone(t, w, "192.0.2.77:5060")
				a := start(t, w, nil)
				out := place(t, a, sip.DialRequest{To: "sip:anna@192.0.2.9"})
				in := p.Incoming(within)
				for _, r := range c.record {
					in.Extra = append(in.Extra, "Record-Route: "+r)
				}
				in.Respond(200, siptest.SDP)
				d := (<-out).d
				check := func(method string) *siptest.Message {
					t.Helper()
					m := proxy.Expect(method+" ", within)
					if !strings.HasPrefix(m.Line, method+" "+c.line+" SIP/2.0") || fmt.Sprint(m.All("Route")) != fmt.Sprint(c.routes) {
						t.Errorf("%s with the routes %q, want %q with %q", m.Line, m.All("Route"), c.line, c.routes)
					}
					return m
				}
				check("ACK")
				_ = d.Hangup("")
				in.Phone = proxy
				in.Respond(200, "", check("BYE"))
			})
		})
	}
}
