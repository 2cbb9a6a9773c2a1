package dispatch_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/media/mediatest"
	"hotline/phone"
)

// reached calls, presses the category after listening so long, describes the fault on and on, and is fetched by Anna. It gives
// the time from the category's key to the first ring.
func reached(t *testing.T, n *apptest.Program, pause time.Duration) (ring time.Duration) {
	t.Helper()
	var anna apptest.Rings
	n.Engineers(anna.Accepts(12*time.Second, time.Minute), anna.Busy)
	call := n.Dial("127.0.0.1:6000", "0612345")
	if err := call.Press(t.Context(), "314159#"); err != nil {
		t.Fatal(err)
	}
	_ = call.Wait(t.Context(), pause)
	key := time.Now()
	if err := call.Press(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	n.Await("caller: (tone)")
	_ = call.Say(t.Context(), append(n.Voice(), n.Voice()...))
	n.Await("caller: (connected)")
	n.Passes(20 * time.Second)
	call.Hangup()
	n.Passes(5 * time.Second)
	return anna.At()[0].Sub(key)
}

// TestTheFirstTelephoneRingsWithinTwoSecondsOfTheCategory, while the fault is being described.
func TestTheFirstTelephoneRingsWithinTwoSecondsOfTheCategory(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		ring := reached(t, n, 15*time.Second)
		t.Logf("first ring %s after the category's key", ring)
		if ring > 2*time.Second {
			t.Errorf("the first telephone rings %s after the category's key", ring)
		}
		if got := n.History(); !strings.Contains(got, "recording") {
			t.Errorf("what was said until then is not on the ticket:\n%s", got)
		}
	})
}

// TestACallerWhoPressesOneIsCalledBackInsteadOfWaiting: the line lets go at once, and the rota is rung on.
func TestACallerWhoPressesOneIsCalledBackInsteadOfWaiting(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna apptest.Rings
		n.Engineers(anna.Busy, func(ctx context.Context, in *phone.Incoming) {
			in.Ring()
			n.Passes(17 * time.Second)
			anna.Accepts(16*time.Second, time.Minute)(ctx, in)
		})
		call := n.Dial("127.0.0.1:6000", "0612345")
		n.Message(call, "314159#1")
		n.Await("caller: Cerco ora un tecnico. Resti in linea. Se preferisce essere richiamato, prema uno.")
		_ = call.Wait(t.Context(), 8*time.Second)
		if err := call.Press(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		pressed := time.Now()
		<-call.Context().Done()
		if took := time.Since(pressed); took > 20*time.Second {
			t.Errorf("the caller is let go after %s", took)
		}
		n.Heard("caller", "La richiameremo entro", "Ricordi il numero della sua richiesta 417", "Arrivederci")
		n.Passes(3 * time.Minute)
		got := n.History()
		for _, want := range []string{"the caller asked to be called back", "called back by"} {
			if !strings.Contains(got, want) {
				t.Errorf("the history lacks %q:\n%s", want, got)
			}
		}
		ticket, err := n.Desk.Ticket(t.Context(), 417)
		if err != nil || ticket.Assignee == "" {
			t.Errorf("nobody has the ticket: %+v, %v\n%s", ticket, err, got)
		}
	})
}

// firstOf is when a pure tone of a frequency is first heard in a call that was answered at began; zero for never.
func firstOf(heard []int16, hertz float64, began, from time.Time) time.Time {
	const frame = 160
	for at := int(from.Sub(began)*8/time.Millisecond) / frame * frame; at >= 0 && at+frame <= len(heard); at += frame {
		if piece := heard[at : at+frame]; loud(piece) && mediatest.Loudness(piece, hertz) > 0.8 {
			return began.Add(time.Duration(at+frame) * time.Millisecond / 8)
		}
	}
	return time.Time{}
}

func loud(pcm []int16) bool {
	return slices.ContainsFunc(pcm, func(v int16) bool { return v > 1000 })
}

// TestBothHearEachOtherWithin300MillisecondsOfTheEngineersKey, in the middle of the description and out of the music. Both speak all
// the time, each a tone of their own.
func TestBothHearEachOtherWithin300MillisecondsOfTheEngineersKey(t *testing.T) {
	const ofCaller, ofEngineer = 1500, 1900
	for name, rings := range map[string]time.Duration{"while the fault is described": 3 * time.Second, "out of the music": 18 * time.Second} {
		t.Run(name, func(t *testing.T) {
			apptest.Run(t, func(t *testing.T, n *apptest.Program) {
				var picked, pressed time.Time
				talks := make(chan []int16, 1)
				n.Engineers(new(apptest.Rings).Busy, func(ctx context.Context, in *phone.Incoming) {
					in.Ring()
					n.Passes(rings)
					call, err := in.PickUp(ctx)
					if err != nil {
						return
					}
					picked = time.Now()
					_ = call.Wait(ctx, 9*time.Second)
					pressed = time.Now()
					_ = call.Press(ctx, "1")
					_ = call.Say(ctx, mediatest.Tone(ofEngineer, 8000*3))
					_ = call.Wait(ctx, 10*time.Second)
					call.Hangup()
					talks <- call.Heard()
				})
				call := n.Dial("127.0.0.1:6000", "0612345")
				answered := time.Now()
				if rings < 10*time.Second {
					_ = call.Press(t.Context(), "314159#1")
					_, _ = call.AwaitTone(t.Context(), 0)
				} else {
					n.Message(call, "314159#1")
				}
				_ = call.Say(t.Context(), mediatest.Tone(ofCaller, 8000*40))
				heard := <-talks
				call.Hangup()
				caller := firstOf(call.Heard(), ofEngineer, answered, pressed).Sub(pressed)
				engineer := firstOf(heard, ofCaller, picked, pressed).Sub(pressed)
				t.Logf("after the key went down the engineer hears the caller in %s, the caller the engineer in %s", engineer, caller)
				for who, took := range map[string]time.Duration{"the engineer": engineer, "the caller": caller} {
					if took <= 0 || took > 300*time.Millisecond {
						t.Errorf("%s hears the other one %s after the key", who, took)
					}
				}
			})
		})
	}
}
