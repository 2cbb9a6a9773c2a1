package sip_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icholy/digest"

	"hotline/sip"
	"hotline/sip/capture"
	"hotline/sip/siptest"
)

// strangersOnly is a line that knows nobody.
func strangersOnly(c *sip.Config) { c.Phones = nil }

func TestAnUnprovenSourceGetsThreeOctetsForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		calls := make(chan *sip.Dialog, 10)
		start(t, w, answering(calls), strangersOnly)
		forged := siptest.NewPhone(t, w, "198.51.100.7:5060")
		forged.Dial(line, "1", siptest.SDP)
		out := 0
		for m := forged.Hear(70 * time.Second); m != nil; m = forged.Hear(70 * time.Second) {
			out += m.Size
		}
		if in := forged.Sent(); out == 0 || out > 3*in {
			t.Errorf("%d octets answered to %d", out, in)
		}
		d := <-calls
		ending(t, d.Context(), sip.ErrNoACK)

		// whoever acknowledges has read the answer: his next call is served like anybody's
		c := forged.Dial(line, "2", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		synctest.Wait()
		forged.Dial(line, "3", siptest.SDP)
		repeats := 0
		for m := forged.Hear(31 * time.Second); m != nil; m = forged.Hear(5 * time.Second) {
			if strings.Contains(m.Line, " 200 ") {
				repeats++
			}
		}
		if repeats < 8 {
			t.Errorf("a proven source heard %d answers", repeats)
		}
	})
}

func TestStrangersNeverTakeTheWholeLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 10)
		a := start(t, w, answering(calls), strangersOnly, carrier(byAddress), func(c *sip.Config) { c.MaxCalls = 4 })
		stranger, pbx := siptest.NewPhone(t, w, "198.51.100.7:5070"), siptest.NewPhone(t, w, "192.0.2.9:5060")
		dial := func(p *siptest.Phone, status int) *siptest.Call {
			c := p.Dial(line, "1", siptest.SDP)
			c.Expect(status, within)
			if status == 200 {
				c.Ack("")
			}
			return c
		}
		first := dial(stranger, 200)
		dial(stranger, 200)
		dial(stranger, 503)
		dial(pbx, 200)
		dial(pbx, 200)
		dial(pbx, 503)
		first.Request("BYE", "")
		first.Expect(200, within)
		dial(stranger, 200)
		if n := a.Calls(); n != 4 {
			t.Errorf("%d calls", n)
		}
	})
}

func TestRequestsToAStrangerGoWhereHeIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
		start(t, w, answering(calls), strangersOnly)
		stranger, victim := siptest.NewPhone(t, w, "198.51.100.7:5060"), siptest.NewPhone(t, w, "203.0.113.9:5060")
		for _, aimed := range []string{"Record-Route: <sip:203.0.113.9:5060;lr>", "X: y"} {
			c := stranger.Call(line, "1")
			c.Extra, c.Contact = []string{aimed}, "<sip:x@203.0.113.9:5060>"
			c.SendInvite(siptest.SDP)
			c.Expect(200, within)
			c.Ack("")
			synctest.Wait()
			if err := (<-calls).Hangup(""); err != nil {
				t.Fatal(err)
			}
			c.Respond(200, "", stranger.Expect("BYE ", within))
		}
		victim.Silence("", time.Minute)
	})
}

func TestAStrangersShareIsLimitedAndATrunkNeverIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		a := start(t, w, nil, strangersOnly, carrier(byAddress))
		answers := func(p *siptest.Phone, n int) (heard int) {
			for range n {
				p.Call(line, "1").Ask("OPTIONS")
			}
			for p.Hear(time.Second) != nil {
				heard++
			}
			return heard
		}
		stranger, pbx := siptest.NewPhone(t, w, "198.51.100.7:5060"), siptest.NewPhone(t, w, "192.0.2.9:5060")
		if n := answers(stranger, 500); n < 50 || n > 80 {
			t.Errorf("a stranger got %d answers at once", n)
		}
		if n := answers(pbx, 500); n != 500 {
			t.Errorf("a trunk got %d answers of 500", n)
		}
		if a.Dropped()["over budget"] < 400 {
			t.Errorf("dropped %v", a.Dropped())
		}
		time.Sleep(10 * time.Second)
		if n := answers(stranger, 5); n != 5 {
			t.Errorf("later a stranger got %d answers of 5", n)
		}
	})
}

func TestCallsThatStrangersNeverAcknowledgeAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1000)
		a := start(t, w, answering(calls), strangersOnly)
		for i := range 40 {
			p := siptest.NewPhone(t, w, fmt.Sprintf("198.51.100.%d:%d", i+1, 6000+i))
			for range 10 {
				p.Dial(line, "1", siptest.SDP)
			}
		}
		synctest.Wait()
		if n := a.Calls(); n != 64 {
			t.Errorf("%d calls wait for strangers", n)
		}
	})
}

// halfOpen dials calls without an ACK, so many of each of so many sources.
func halfOpen(t *testing.T, w *siptest.Wire, sources, each int) (dialled []*siptest.Phone) {
	t.Helper()
	for i := range sources {
		p := siptest.NewPhone(t, w, fmt.Sprintf("203.0.113.%d:%d", i+1, 6000+i))
		for range each {
			p.Dial(line, "1", siptest.SDP).Expect(200, within)
			synctest.Wait() // who answers tells of the call afterwards
		}
		dialled = append(dialled, p)
	}
	return dialled
}

func TestTheOldestCallOfWhoHoldsMostGoesForAnotherStranger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1000)
		a := start(t, w, answering(calls), strangersOnly)
		halfOpen(t, w, 16, 4)
		oldest := <-calls
		c := siptest.NewPhone(t, w, "198.51.100.99:5060").Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		synctest.Wait()
		ending(t, oldest.Context(), sip.ErrNoACK)
		if n := a.Calls(); n != 64 || a.Dropped()["evicted"] != 1 {
			t.Errorf("%d calls, not taken: %v", n, a.Dropped())
		}
		for range 63 { // none but the one
			if d := <-calls; d.Context().Err() != nil {
				t.Error("another call ended too")
			}
		}
	})
}

func TestManyForgedSourcesShutAStrangerOutForTwoSecondsAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1000)
		a := start(t, w, answering(calls), strangersOnly)
		forged := halfOpen(t, w, 64, 1)
		p := siptest.NewPhone(t, w, "198.51.100.99:5060")
		p.Dial(line, "1", siptest.SDP).Expect(503, within) // they may be as honest as he is: their ACKs are given time
		time.Sleep(2 * time.Second)
		forged[9].Dial(line, "2", siptest.SDP).Expect(503, within) // one who holds a place takes nobody else's
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		synctest.Wait()
		if n := a.Calls(); n != 64 {
			t.Errorf("%d calls", n)
		}
	})
}

func TestOneStrangerHoldsEightCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 100)
		start(t, w, answering(calls), strangersOnly, carrier(byAddress))
		dial := func(p *siptest.Phone, status int) *siptest.Call {
			c := p.Dial(line, "1", siptest.SDP)
			c.Expect(status, within)
			if status == 200 {
				c.Ack("")
			} else {
				c.AckRefusal()
			}
			return c
		}
		one, next := siptest.NewPhone(t, w, "198.51.100.7:5070"), siptest.NewPhone(t, w, "198.51.100.7:5071")
		first := dial(one, 200)
		for range 7 {
			dial(one, 200)
		}
		dial(one, 503)
		dial(next, 503) // another port is the same source
		pbx := siptest.NewPhone(t, w, "192.0.2.9:5060")
		for range 20 {
			dial(pbx, 200)
		}
		dial(siptest.NewPhone(t, w, "198.51.100.8:5072"), 200)
		first.Request("BYE", "")
		first.Expect(200, within)
		dial(next, 200)
	})
}

func TestUnderLoadStrangersAreRefusedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
		start(t, w, answering(calls), strangersOnly, carrier(byAddress), func(c *sip.Config) {
			c.Overloaded = func(stranger bool) bool { return stranger }
		})
		siptest.NewPhone(t, w, "198.51.100.7:5060").Dial(line, "1", siptest.SDP).Expect(503, within)
		c := siptest.NewPhone(t, w, "192.0.2.9:5060").Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
	})
}

// proven calls with credentials for the challenge in m.
func proven(t *testing.T, p *siptest.Phone, m *siptest.Message, password string, count int) *siptest.Call {
	t.Helper()
	challenge, err := digest.ParseChallenge(m.Get("WWW-Authenticate"))
	if err != nil {
		t.Fatal(err)
	}
	c := p.Call(line, "1")
	made, err := digest.Digest(challenge, digest.Options{Method: "INVITE", URI: c.URI, Username: "desk", Password: password, Count: count})
	if err != nil {
		t.Fatal(err)
	}
	c.Extra = []string{"Authorization: " + made.String()}
	c.SendInvite(siptest.SDP)
	return c
}

func TestOwnTelephonesProveThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		calls := make(chan *sip.Dialog, 10)
		start(t, w, answering(calls), strangersOnly, func(c *sip.Config) {
			c.AcceptAnyone, c.Accounts = false, sip.Accounts{List: []sip.Account{{User: "desk", Password: "secret"}}}
		})
		p := siptest.NewPhone(t, w, "198.51.100.7:5060")
		asked := p.Dial(line, "1", siptest.SDP).Expect(401, within)
		if all := asked.All("WWW-Authenticate"); len(all) != 2 || !strings.Contains(all[0], "SHA-256") {
			t.Fatalf("challenged by %q", all)
		}
		c := proven(t, p, asked, "secret", 1)
		c.Expect(200, within)
		c.Ack("")

		replay := p.Call(line, "1")
		replay.Extra = c.Extra
		replay.SendInvite(siptest.SDP)
		if m := replay.Expect(401, within); !strings.Contains(m.Get("WWW-Authenticate"), "stale=true") {
			t.Error("a replay is not told that its nonce is used")
		}
		thief := siptest.NewPhone(t, w, "198.51.100.8:5072")
		proven(t, thief, asked, "secret", 2).Expect(401, within) // the nonce is bound to its source
		time.Sleep(2 * time.Minute)
		proven(t, p, asked, "secret", 3).Expect(401, within) // and to its minute
	})
}

func TestGuessingAPasswordTakesYears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		start(t, w, nil, strangersOnly, func(c *sip.Config) {
			c.AcceptAnyone, c.Accounts = false, sip.Accounts{List: []sip.Account{{User: "desk", Password: "secret"}}}
		})
		p := siptest.NewPhone(t, w, "198.51.100.7:5060")
		asked := p.Dial(line, "1", siptest.SDP).Expect(401, within)
		answered, began := 0, time.Now()
		for i := range 200 {
			proven(t, p, asked, fmt.Sprint("guess", i), 1)
			if p.Hear(30*time.Second) != nil {
				answered++
			}
		}
		// 200 guesses over 100 min: ten at once, then ten an hour
		if answered > 10+2*10 || time.Since(began) < time.Hour {
			t.Errorf("%d guesses were judged within %s", answered, time.Since(began))
		}
	})
}

// The right password after ten wrong ones from the same source is not judged; from the telephone that has proven itself it is,
// whatever a hundred other addresses guess meanwhile, and they all together guess no more than 7,200 times a day.
func TestGuessesAreNotJudgedBeyondTheirBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		a := start(t, w, nil, strangersOnly, func(c *sip.Config) {
			c.AcceptAnyone, c.Accounts = false, sip.Accounts{List: []sip.Account{{User: "desk", Password: "secret"}}}
		})
		desk := siptest.NewPhone(t, w, "203.0.113.5:5060")
		proven(t, desk, desk.Dial(line, "1", siptest.SDP).Expect(401, within), "secret", 1).Expect(480, within)
		began := time.Now()
		for i := range 30 {
			p := siptest.NewPhone(t, w, fmt.Sprintf("198.51.100.%d:5060", i+1))
			asked := p.Dial(line, "1", siptest.SDP).Expect(401, within)
			for n := range 12 {
				proven(t, p, asked, fmt.Sprint("guess", n), n+1)
				p.Hear(100 * time.Millisecond)
			}
			before := a.Dropped()["too many wrong credentials"]
			proven(t, p, asked, "secret", 20)
			p.Silence("", 100*time.Millisecond)
			if a.Dropped()["too many wrong credentials"] == before {
				t.Fatalf("source %d: the right password was judged after twelve wrong ones", i)
			}
		}
		if judged, most := a.Dropped()["wrong credentials"], 101+uint64(time.Since(began).Minutes()*5); judged < 90 || judged > most {
			t.Errorf("%d guesses of 30 sources were judged within %s", judged, time.Since(began))
		}
		proven(t, desk, desk.Dial(line, "1", siptest.SDP).Expect(401, within), "secret", 1).Expect(480, within)
	})
}

func TestAnOverloadedLineRefusesBeforeACallSuffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls, over := siptest.NewWire(1), make(chan *sip.Dialog, 1), false
		start(t, w, answering(calls), func(c *sip.Config) { c.Overloaded = func(bool) bool { return over } })
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		over = true
		if m := p.Dial(line, "2", siptest.SDP).Expect(503, within); m.Get("Retry-After") == "" {
			t.Error("503 without Retry-After")
		}
		c.Request("OPTIONS", "")
		c.Expect(200, within) // the running call is served
		if (<-calls).Context().Err() != nil {
			t.Error("the running call ended")
		}
	})
}

func TestCallersBeyondWhatALineHoldsAreSentOnWhereThatIsConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls, over := siptest.NewWire(1), make(chan *sip.Dialog, 1), false
		start(t, w, answering(calls), func(c *sip.Config) {
			c.Overloaded, c.MaxCalls, c.Overflow = func(bool) bool { return over }, 1, "sip:overflow@192.0.2.77"
		})
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		for _, over = range []bool{false, true} { // too many calls, then too much work
			if m := p.Dial(line, "2", siptest.SDP).Expect(302, within); m.Get("Contact") != "<sip:overflow@192.0.2.77>" {
				t.Errorf("sent on to %q", m.Get("Contact"))
			}
		}
	})
}

func TestALineIsTraced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		var seen, whole []string
		start(t, w, func(ctx context.Context, in *sip.Invite) {}, func(c *sip.Config) {
			c.Captures = capture.List{func(m capture.Message) {
				whole = append(whole, string(m.Octets))
				first, _, _ := strings.Cut(string(m.Octets), "\r\n")
				seen = append(seen, fmt.Sprint(m.From.Addr(), ">", m.To.Addr(), " ", first))
				if m.Sent != (m.To == netip.MustParseAddrPort("192.0.2.9:5060")) {
					t.Errorf("%s: sent: %t", seen[len(seen)-1], m.Sent)
				}
			}}
		})
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(480, within)
		c.AckRefusal()
		c.Request("INFO", "Signal=7")
		synctest.Wait()
		for _, m := range whole {
			if strings.Contains(m, "Signal=7") {
				t.Errorf("a key stands in the trace: %q", m)
			}
		}
		all := strings.Join(seen, "\n")
		for _, want := range []string{"192.0.2.9>192.0.2.1 INVITE sip:1@192.0.2.1:5060 SIP/2.0", "192.0.2.1>192.0.2.9 SIP/2.0 480", "192.0.2.9>192.0.2.1 ACK"} {
			if !strings.Contains(all, want) {
				t.Errorf("the trace lacks %q:\n%s", want, all)
			}
		}
	})
}
