package sip_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"hotline/sip"
	"hotline/sip/siptest"
)

// noting answers each call and tells in order what comes inside it.
func noting(came chan<- string) func(context.Context, *sip.Invite) {
	return func(ctx context.Context, in *sip.Invite) {
		d, err := in.Answer(ctx, []byte(siptest.SDP),
			sip.OnInfo(func(_ string, body []byte) bool { came <- string(body); return true }),
			sip.OnReinvite(func([]byte) ([]byte, error) { came <- "offer"; return []byte(siptest.SDP), nil }),
			sip.OnAnswer(func([]byte) error { came <- "answer"; return nil }))
		if err != nil {
			return
		}
		<-d.Context().Done()
		came <- "end"
	}
}

func hears(t *testing.T, came <-chan string, want ...string) {
	t.Helper()
	for i, w := range want {
		select {
		case got := <-came:
			if got != w {
				t.Fatalf("%d: came %q, want %q", i, got, w)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%d: %q never came", i, w)
		}
	}
}

// RFC 3261 12.2.2: what comes in order is taken in order, however fast it comes.
func TestABurstOfOneDialogIsTakenInTheOrderOfTheWire(t *testing.T) {
	for round := range 20 {
		synctest.Test(t, func(t *testing.T) {
			w, came := siptest.NewWire(uint64(round)), make(chan string, 99)
			start(t, w, noting(came))
			p := siptest.NewPhone(t, w, "192.0.2.9:5060")
			c := p.Dial(line, "1", siptest.SDP)
			c.Expect(200, within)
			c.Ack("")
			c.Extra = []string{"Content-Type: application/dtmf"}
			var want []string
			for i := range 8 {
				c.RequestWith("INFO", fmt.Sprint(i))
				want = append(want, fmt.Sprint(i))
			}
			c.Extra = nil
			c.Request("INVITE", siptest.SDP)
			c.Request("BYE", "")
			hears(t, came, append(want, "offer", "end")...)
			for range 10 {
				p.Expect(" 200 ", within)
			}
		})
	}
}

// The answer in an ACK, and the offer right behind it.
func TestAnAnswerInAnAckComesBeforeTheNextOffer(t *testing.T) {
	for round := range 20 {
		synctest.Test(t, func(t *testing.T) {
			w, came := siptest.NewWire(uint64(round)), make(chan string, 99)
			start(t, w, noting(came))
			c := siptest.NewPhone(t, w, "192.0.2.9:5060").Dial(line, "1", "")
			c.Expect(200, within)
			c.Ack(siptest.SDP)
			c.Request("INVITE", siptest.SDP)
			hears(t, came, "answer", "offer")
			c.Expect(200, within)
			c.Expect(200, within)
			c.Ack("")
			c.Request("INVITE", "")
			c.Expect(200, within)
			c.Ack(siptest.SDP)
			c.Request("BYE", "")
			hears(t, came, "offer", "answer", "end")
		})
	}
}

// The telephone that we call sends keys and an offer with the ACK: whoever called has its answer by then, however long it takes
// him. An answer that he refuses ends the call.
func TestAnAnswerIsTakenBeforeItsAckGoesOut(t *testing.T) {
	refusal := errors.New("no codec in common")
	for _, refused := range []error{nil, refusal} {
		synctest.Test(t, func(t *testing.T) {
			w, came := siptest.NewWire(1), make(chan string, 99)
			p := siptest.NewPhone(t, w, "192.0.2.9:5060")
			out := place(t, start(t, w, nil), sip.DialRequest{To: "sip:anna@192.0.2.9",
				OnAnswered: func(answer []byte) error {
					time.Sleep(50 * time.Millisecond)
					came <- "answer " + portOf(string(answer))
					return refused
				},
				OnInfo:     func(_ string, body []byte) bool { came <- string(body); return true },
				OnReinvite: func([]byte) ([]byte, error) { came <- "offer"; return []byte(siptest.SDP), nil }})
			c := p.Incoming(within)
			c.To = line
			c.Respond(200, at(4000))
			p.Expect("ACK ", within)
			if refused != nil {
				p.Requested("BYE", within).Respond(200, "")
				if got := <-out; !errors.Is(got.err, refused) || got.d != nil {
					t.Errorf("the call's end is %v", got.err)
				}
				hears(t, came, "answer 4000")
				return
			}
			c.Extra = []string{"Content-Type: application/dtmf"}
			c.RequestWith("INFO", "1")
			c.Extra = nil
			c.Request("INVITE", siptest.SDP)
			hears(t, came, "answer 4000", "1", "offer")
			c.Expect(200, within)
			c.Expect(200, within)
			if got := <-out; got.err != nil {
				t.Error(got.err)
			}
		})
	}
}

// A burst that is longer than what may wait is refused by parts, and the call lives.
func TestAFloodOfOneDialogIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, block := siptest.NewWire(1), make(chan struct{})
		start(t, w, func(ctx context.Context, in *sip.Invite) {
			d, _ := in.Answer(ctx, []byte(siptest.SDP), sip.OnInfo(func(string, []byte) bool { <-block; return true }))
			<-d.Context().Done()
		})
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		c.Extra = []string{"Content-Type: application/dtmf"}
		for range 100 {
			c.RequestWith("INFO", "1")
		}
		p.Expect(" 503 ", within)
		close(block)
		synctest.Wait()
		time.Sleep(time.Second)
		c.Extra = nil
		c.Request("BYE", "")
		c.Seq--
		for {
			if m := p.Expect(" 200 ", within); strings.Contains(m.Get("CSeq"), "BYE") {
				return
			}
		}
	})
}

// In one segment of TCP: eight INFO, a re-INVITE and the BYE.
func TestABurstInOneSegmentIsTakenInOrder(t *testing.T) {
	defer goleak.VerifyNone(t)
	came := make(chan string, 99)
	a := real(t, "127.0.0.1:0", noting(came))
	defer stop(t, a)
	for round := range 20 {
		c := stream(t, a.Addresses()[0])
		to := "<sip:1@line>"
		say := func(b *strings.Builder, method string, seq int, kind, body string) {
			fmt.Fprintf(b, "%s sip:1@line SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK%d.%d%s\r\nFrom: <sip:me@x>;tag=f\r\nTo: %s\r\nCall-ID: burst%d\r\n"+
				"CSeq: %d %s\r\nMax-Forwards: 70\r\nContact: <sip:me@127.0.0.1:9;transport=tcp>\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
				method, round, seq, method, to, round, seq, method, kind, len(body), body)
		}
		var b strings.Builder
		say(&b, "INVITE", 1, "application/sdp", siptest.SDP)
		_, _ = io.WriteString(c, b.String())
		m := until(t, c, "SIP/2.0 200 ")
		_, rest, _ := strings.Cut(m, "\r\nTo: ")
		to, _, _ = strings.Cut(rest, "\r\n")
		b.Reset()
		say(&b, "ACK", 1, "application/sdp", "")
		var want []string
		for i := range 8 {
			say(&b, "INFO", 2+i, "application/dtmf", fmt.Sprint(i))
			want = append(want, fmt.Sprint(i))
		}
		say(&b, "INVITE", 10, "application/sdp", siptest.SDP)
		say(&b, "BYE", 11, "application/sdp", "")
		_, _ = io.WriteString(c, b.String())
		hears(t, came, append(want, "offer", "end")...)
		_ = c.Close()
	}
}

// until reads a stream up to a message that begins so, whole headers.
func until(t *testing.T, c net.Conn, begin string) string {
	t.Helper()
	var heard strings.Builder
	b := make([]byte, 4096)
	for {
		n, err := c.Read(b)
		heard.Write(b[:n])
		if i := strings.Index(heard.String(), begin); i >= 0 && strings.Contains(heard.String()[i:], "\r\n\r\n") {
			return heard.String()[i:]
		}
		if err != nil {
			t.Fatal(err, heard.String())
		}
	}
}
