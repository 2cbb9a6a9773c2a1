package sip_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/sip"
	"hotline/sip/siptest"
)

func TestLostACK(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
		a := start(t, w, answering(calls))
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.SendInvite(siptest.SDP)
		begun := c.Expect(200, within).At
		var at []time.Duration
		for {
			m := p.Hear(time.Minute)
			if strings.HasPrefix(m.Line, "BYE ") {
				at = append(at, m.At.Sub(begun))
				c.Respond(200, "", m)
				break
			}
			at = append(at, m.At.Sub(begun))
		}
		want := "[500ms 1.5s 3.5s 7.5s 11.5s 15.5s 19.5s 23.5s 27.5s 31.5s 32s]"
		if fmt.Sprint(at) != want {
			t.Errorf("repeats and BYE at %v, want %v", at, want)
		}
		if r := a.Retransmissions(); r.Sent < 10 || r.Sent > 12 || r.Received != 1 {
			t.Errorf("%+v were counted", r)
		}
		ending(t, (<-calls).Context(), sip.ErrNoACK)
	})
}

// A call that nobody acknowledges: the BYE's answer ends the last that is under way, the silence after it does 32 s later.
// Stop waits for what is under way, 4*T1 at most, and so tells whether something is.
func TestHowLongAnUnacknowledgedCallIsKept(t *testing.T) {
	for _, c := range []struct {
		answered bool
		after    time.Duration
		busy     bool
	}{{true, 31 * time.Second, true}, {true, 33 * time.Second, false}, {false, 33 * time.Second, true}, {false, 63 * time.Second, true}, {false, 65 * time.Second, false}} {
		synctest.Test(t, func(t *testing.T) {
			w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
			a := start(t, w, answering(calls))
			p := siptest.NewPhone(t, w, "192.0.2.9:5060")
			began := time.Now()
			call := p.Dial(line, "1", siptest.SDP)
			for time.Since(began) < c.after {
				if m := p.Hear(c.after - time.Since(began)); m != nil && c.answered && strings.HasPrefix(m.Line, "BYE ") {
					call.Respond(200, "", m)
				}
			}
			stopping := time.Now()
			if err := a.Stop(context.Background()); err != nil {
				t.Fatal(err)
			}
			if busy := time.Since(stopping) > time.Second; busy != c.busy {
				t.Errorf("BYE answered %v, after %s: under way %v", c.answered, c.after, busy)
			}
		})
	}
}

func TestHangupWaitsForTheACK(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
		start(t, w, answering(calls))
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		d := <-calls
		if err := d.Hangup(""); err != nil {
			t.Fatal(err)
		}
		ending(t, d.Context(), sip.ErrLocalBye)
		p.Silence("BYE ", 3*time.Second)
		c.Ack("")
		c.Respond(200, "", p.Expect("BYE ", within))
		if err := d.Hangup(""); err != nil {
			t.Fatal("second hang-up:", err)
		}
	})
}

func TestDelayedOffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
		var answers []string
		start(t, w, func(ctx context.Context, in *sip.Invite) {
			d, _ := in.Answer(ctx, []byte(siptest.SDP), sip.OnAnswer(func(sdp []byte) error { answers = append(answers, string(sdp)); return nil }))
			calls <- d
			<-d.Context().Done()
		})
		c := siptest.NewPhone(t, w, "192.0.2.9:5060").Dial(line, "1", "")
		c.Expect(200, within)
		c.Ack("v=0 late")
		if err := <-(<-calls).Answered(); err != nil || len(answers) != 1 || answers[0] != "v=0 late" {
			t.Fatalf("%v, %q", err, answers)
		}
		c.Request("BYE", "")
		c.Expect(200, within)
	})
}

func TestCallerCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, ended := siptest.NewWire(1), make(chan error, 1)
		a := start(t, w, func(ctx context.Context, in *sip.Invite) {
			_ = in.Ring()
			<-ctx.Done()
			_, err := in.Answer(context.Background(), []byte("v=0"))
			ended <- err
		})
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(180, within)
		stranger := siptest.NewPhone(t, w, "192.0.2.66:5060")
		theft := *c
		theft.Phone = stranger
		theft.Cancel()
		theft.Expect(481, within)
		wrong := *c
		wrong.CallID = "other"
		wrong.Cancel()
		wrong.Expect(481, within)
		c.Cancel()
		c.Expect(200, within)
		c.Expect(487, within)
		c.AckRefusal()
		if err := <-ended; !errors.Is(err, sip.ErrCancelled) {
			t.Fatal(err)
		}
		p.Silence("487", time.Minute)
		if a.Calls() != 0 {
			t.Fatal("calls left")
		}
	})
}

func TestCancelComesAfterTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
		start(t, w, answering(calls))
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		d := <-calls
		c.Cancel()
		p.Expect(" 200 ", within)
		c.Expect(200, within)
		c.Ack("")
		synctest.Wait()
		if d.Context().Err() != nil {
			t.Fatal("a CANCEL after the answer ended the call")
		}
		c.Request("BYE", "")
		c.Expect(200, within)
	})
}

type dialled struct {
	d   *sip.Dialog
	err error
}

func dial(ctx context.Context, t *testing.T, a *sip.Agent, r sip.DialRequest) chan dialled {
	done := make(chan dialled, 1)
	r.To, r.Offer = "sip:anna@192.0.2.9", []byte(siptest.SDP)
	background(t, func() {
		d, _, err := a.Dial(ctx, r)
		done <- dialled{d, err}
	})
	return done
}

func TestDeadPhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		a := start(t, w, nil)
		begun := time.Now()
		r := <-dial(t.Context(), t, a, sip.DialRequest{})
		if !errors.Is(r.err, sip.ErrDead) || time.Since(begun) != 4*time.Second {
			t.Fatal(r.err, time.Since(begun))
		}
		// It comes alive: its ringing is cancelled.
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Incoming(10 * time.Second)
		c.Respond(180, "")
		cancel := p.Expect("CANCEL ", within)
		c.Respond(200, "", cancel)
		c.Respond(487, "")
		p.Expect("ACK ", within)
		synctest.Wait()
		if a.Calls() != 0 {
			t.Fatal("calls left")
		}
	})
}

func TestAnswerCrossesOurCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		a := start(t, w, nil)
		ctx, stop := context.WithCancelCause(t.Context())
		r := dial(ctx, t, a, sip.DialRequest{})
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Incoming(within)
		c.Respond(180, "")
		synctest.Wait()
		gone := errors.New("caller gone")
		stop(gone)
		if x := <-r; !errors.Is(x.err, gone) {
			t.Fatal(x.err)
		}
		cancel := p.Expect("CANCEL ", within)
		c.Respond(200, siptest.SDP)
		c.Respond(200, "", cancel)
		p.Expect("ACK ", within)
		c.Respond(200, "", p.Expect("BYE ", within))
		synctest.Wait()
		if a.Calls() != 0 {
			t.Fatal("calls left")
		}
	})
}

func TestManyProvisionalsAndAFork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		a := start(t, w, nil)
		heard := 0
		r := dial(t.Context(), t, a, sip.DialRequest{OnProgress: func(int, []byte) { heard++ }})
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Incoming(within)
		for i := range 100 {
			c.Respond(180+3*(i%2), "")
			time.Sleep(time.Second)
		}
		c.Respond(200, siptest.SDP)
		x := <-r
		if x.err != nil || heard != 100 {
			t.Fatal(x.err, heard)
		}
		p.Expect("ACK ", within)
		c.Respond(200, siptest.SDP)
		p.Expect("ACK ", within)
		c.RespondAs("fork", 200, siptest.SDP)
		if m := p.Expect("ACK ", within); !strings.Contains(m.Get("To"), "fork") {
			t.Fatal(m.Get("To"))
		}
		bye := p.Expect("BYE ", within)
		if !strings.Contains(bye.Get("To"), "fork") || x.d.Context().Err() != nil {
			t.Fatal("the wrong call was hung up")
		}
		c.Respond(200, "", bye)
		_ = x.d.Hangup("")
		c.Respond(481, "", p.Expect("BYE ", within))
	})
}

func TestRefusalMovesOnAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		a := start(t, w, nil)
		r := dial(t.Context(), t, a, sip.DialRequest{})
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Incoming(within)
		c.Respond(486, "")
		var final *sip.FinalError
		if x := <-r; !errors.As(x.err, &final) || final.Code != 486 {
			t.Fatal(x.err)
		}
		p.Expect("ACK ", within)
	})
}

func TestPanicInAHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		start(t, w, func(ctx context.Context, in *sip.Invite) {
			if in.Number == "answered" {
				_, _ = in.Answer(ctx, []byte("v=0"))
			}
			panic("boom")
		})
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(500, within)
		c.AckRefusal()
		c = p.Dial(line, "answered", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		c.Respond(200, "", p.Expect("BYE ", within))
	})
}

func TestHoldResumeAndABrokenOffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
		start(t, w, func(ctx context.Context, in *sip.Invite) {
			d, _ := in.Answer(ctx, []byte("v=0"), sip.OnReinvite(func(o []byte) ([]byte, error) {
				if strings.Contains(string(o), "broken") {
					return nil, errors.New("no codec")
				}
				return append([]byte("to "), o...), nil
			}))
			calls <- d
			<-d.Context().Done()
		})
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		d := <-calls
		for _, o := range []string{"hold", "resume"} {
			c.Request("INVITE", o)
			if m := c.Expect(200, within); m.Body != "to "+o {
				t.Fatal(m.Body)
			}
			c.Ack("")
		}
		c.Request("INVITE", "broken")
		c.Expect(488, within)
		c.AckRefusal()
		c.Request("INFO", "")
		c.Expect(200, within)
		c.Seq = 0
		c.Request("BYE", "")
		c.Expect(500, within)
		if d.Context().Err() != nil {
			t.Fatal("the call did not survive")
		}
		c.Seq = 9
		c.Request("BYE", "")
		c.Expect(200, within)
		c.Request("BYE", "")
		c.Expect(481, within)
	})
}

func TestTwoHundredCallsInBadWeather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		w.Impair(siptest.Impairments{Loss: .05, Duplicate: .05, Reorder: .1, Delay: 20 * time.Millisecond, Jitter: 30 * time.Millisecond})
		made := make(chan string, 1000)
		a := start(t, w, func(ctx context.Context, in *sip.Invite) {
			made <- in.ID
			if d, err := in.Answer(ctx, []byte("v=0")); err == nil {
				<-d.Context().Done()
			}
		})
		b := start(t, w, nil, func(c *sip.Config) { c.Listen[0] = peer })
		done := make(chan error, 200)
		for range 200 {
			go func() {
				d, _, err := b.Dial(t.Context(), sip.DialRequest{To: "sip:1@" + line.String(), Offer: []byte("v=0"), Dead: 20 * time.Second})
				if err == nil {
					time.Sleep(time.Minute)
					err = d.Hangup("")
				}
				done <- err
			}()
		}
		for range 200 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		time.Sleep(2 * time.Minute)
		if a.Calls() != 0 || b.Calls() != 0 || len(made) != 200 {
			t.Fatal(a.Calls(), b.Calls(), len(made))
		}
	})
}

func TestByeWhileItRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		a := start(t, w, func(ctx context.Context, in *sip.Invite) {
			_ = in.Ring()
			<-ctx.Done()
		})
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(180, within)
		c.Request("BYE", "")
		c.Expect(200, within)
		c.Expect(487, within)
		c.AckRefusal()
		synctest.Wait()
		if a.Calls() != 0 {
			t.Fatal("calls left")
		}
	})
}

func TestStopTakesBackWhatRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		a := start(t, w, nil)
		r := dial(t.Context(), t, a, sip.DialRequest{})
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Incoming(within)
		c.Respond(180, "")
		synctest.Wait()
		stopped := make(chan error, 1)
		go func() { stopped <- a.Stop(context.Background()) }()
		cancel := p.Expect("CANCEL ", within)
		c.Respond(200, "", cancel)
		c.Respond(487, "")
		if x := <-r; !errors.Is(x.err, sip.ErrStopped) {
			t.Fatal(x.err)
		}
		if err := <-stopped; err != nil {
			t.Fatal(err)
		}
	})
}
