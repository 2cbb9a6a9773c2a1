package sip_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/sip"
	"hotline/sip/siptest"
)

func TestCallThroughTheTrunk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		a := start(t, w, nil, func(c *sip.Config) {
			c.Trunks = []sip.Trunk{{Name: "carrier", Proxy: "sip:198.51.100.7:5070", CallerID: "0551234"}}
		})
		proxy := siptest.NewPhone(t, w, "198.51.100.7:5070")
		done := make(chan dialled, 1)
		go func() {
			d, _, err := a.Dial(t.Context(), sip.DialRequest{To: "sip:3331234@carrier.example", Trunk: "carrier", Offer: []byte(siptest.SDP)})
			done <- dialled{d, err}
		}()
		c := proxy.Incoming(within)
		if !strings.HasPrefix(c.Invite.Line, "INVITE sip:3331234@carrier.example ") || !strings.Contains(c.Invite.Get("Route"), "198.51.100.7:5070;lr") ||
			!strings.Contains(c.Invite.Get("From"), "sip:0551234@") {
			t.Fatal(c.Invite)
		}
		c.Respond(200, siptest.SDP)
		proxy.Expect("ACK ", within)
		x := <-done
		if x.err != nil {
			t.Fatal(x.err)
		}
		_ = x.d.Hangup("")
		c.Respond(200, "", proxy.Expect("BYE ", within))
	})
}

func TestAByeFromTheCarriersOtherAddressEndsTheCallOfEitherAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		carrier := []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
		a := start(t, w, nil, func(c *sip.Config) {
			for _, account := range []string{"first", "second"} {
				c.Trunks = append(c.Trunks, sip.Trunk{Name: account, Addresses: carrier, Proxy: "sip:198.51.100.7:5070"})
			}
		})
		front, behind := siptest.NewPhone(t, w, "198.51.100.7:5070"), siptest.NewPhone(t, w, "198.51.100.8:5060")
		stranger := siptest.NewPhone(t, w, "203.0.113.8:5060")
		done := make(chan dialled, 1)
		go func() {
			d, _, err := a.Dial(t.Context(), sip.DialRequest{To: "sip:3331234@carrier.example", Trunk: "second", Offer: []byte(siptest.SDP)})
			done <- dialled{d, err}
		}()
		c := front.Incoming(within)
		c.Respond(200, siptest.SDP)
		front.Expect("ACK ", within)
		x := <-done
		if x.err != nil {
			t.Fatal(x.err)
		}
		c.Phone = stranger
		c.Request("BYE", "")
		c.Expect(481, within)
		c.Phone, c.Remote = behind, c.Invite.Get("From")
		c.Request("BYE", "")
		c.Expect(200, within)
		<-x.d.Context().Done()
	})
}

func TestRecordedRouteIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
		start(t, w, answering(calls))
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		next := siptest.NewPhone(t, w, "192.0.2.50:5060")
		p.Send(line, strings.Replace(sound, "Contact", "Record-Route: <sip:192.0.2.50;lr>, <sip:192.0.2.51;lr>\nContact", 1))
		ok := p.Expect(" 200 ", within)
		if len(ok.All("Record-Route")) == 0 {
			t.Fatal("the answer lost the recorded route")
		}
		p.Send(line, strings.NewReplacer("INVITE sip", "ACK sip", "1 INVITE", "1 ACK", "z9hG4bKx", "z9hG4bKack", "To: <sip:1@192.0.2.1>", "To: "+ok.Get("To")).Replace(sound))
		d := <-calls
		synctest.Wait()
		_ = d.Hangup("")
		bye := next.Expect("BYE sip:p@192.0.2.9 ", within)
		if r := bye.All("Route"); len(r) != 2 || !strings.Contains(r[0], "192.0.2.50") {
			t.Fatal(r)
		}
	})
}

func TestSignsOfLifeAndKeysByInfo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		var keys, signs int
		start(t, w, func(ctx context.Context, in *sip.Invite) {
			d, err := in.Answer(ctx, []byte("v=0"), sip.OnActivity(func() { signs++ }),
				sip.OnInfo(func(kind string, body []byte) bool {
					understood := kind == "application/dtmf-relay" && strings.HasPrefix(string(body), "Signal=5")
					if understood {
						keys++
					}
					return understood
				}),
				sip.OnReinvite(func(o []byte) ([]byte, error) { return o, nil }))
			if err == nil {
				<-d.Context().Done()
			}
		})
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		c.Request("UPDATE", "")
		c.Expect(200, within)
		c.Request("UPDATE", "v=0 moved")
		if m := c.Expect(200, within); m.Body != "v=0 moved" {
			t.Fatal(m.Body)
		}
		c.Request("OPTIONS", "")
		c.Expect(200, within)
		c.Request("INFO", "not keys")
		c.Expect(415, within)
		c.Seq++
		p.Send(line, "INFO "+c.URI+" SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKinfo;rport\nMax-Forwards: 70\nFrom: "+c.From+"\nTo: "+c.Remote+
			"\nCall-ID: "+c.CallID+"\nCSeq: 50 INFO\nContent-Type: application/dtmf-relay\nContent-Length: 9\n\nSignal=5\n")
		c.Expect(200, within)
		c.Seq = 60
		c.Request("BYE", "")
		c.Expect(200, within)
		synctest.Wait()
		if keys != 1 || signs < 5 {
			t.Fatal(keys, signs)
		}
	})
}

func TestReinvitesCross(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
		start(t, w, answering(calls))
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		d := <-calls
		synctest.Wait()
		done := make(chan error, 1)
		go func() {
			answer, err := d.Reinvite(t.Context(), []byte("v=0 ours"))
			if err == nil && string(answer) != "v=0 theirs" {
				err = errors.New(string(answer))
			}
			done <- err
		}()
		ours := p.Expect("INVITE ", within)
		c.Request("INVITE", "v=0 crossing")
		c.Expect(491, within)
		c.AckRefusal()
		c.Respond(491, "", ours)
		p.Expect("ACK ", within)
		again := p.Expect("INVITE ", 5*time.Second)
		c.Respond(200, "v=0 theirs", again)
		p.Expect("ACK ", within)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		go func() {
			_, err := d.Reinvite(t.Context(), []byte("v=0"))
			done <- err
		}()
		c.Respond(481, "", p.Expect("INVITE ", within))
		var final *sip.FinalError
		if err := <-done; !errors.As(err, &final) || final.Code != 481 {
			t.Fatal(err)
		}
		ending(t, d.Context(), sip.ErrGone)
	})
}
