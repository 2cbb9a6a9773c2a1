package dispatch_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app/apptest"
	"hotline/media/g711"
	"hotline/media/mediatest"
	"hotline/phone"
	"hotline/prompts"
	"hotline/prompts/packs"
)

func TestTelephonesThatDoNotHelpAreLeftAndTheNextOneIsRung(t *testing.T) {
	clips, err := packs.Speech(prompts.Italian, "describe", "goodbye")
	if err != nil {
		t.Fatal(err)
	}
	greeting := append(g711.ALaw.Samples(clips), mediatest.Tone(1000, 3200)...)
	for name, c := range map[string]struct {
		anna func(context.Context, *phone.Incoming)
		want string
	}{
		"mailbox": {func(ctx context.Context, in *phone.Incoming) {
			if call, err := in.PickUp(ctx); err == nil {
				_ = call.Say(ctx, mediatest.Tone(400, 8000*20))
				<-call.Context().Done()
			}
		}, "no key"},
		"mailbox that greets and beeps": {func(ctx context.Context, in *phone.Incoming) {
			if call, err := in.PickUp(ctx); err == nil {
				_ = call.Say(ctx, greeting)
				<-call.Context().Done()
			}
		}, "no key: a mailbox"},
		"busy":      {func(_ context.Context, in *phone.Incoming) { in.Refuse(486, "Busy Here") }, "busy"},
		"not there": {func(_ context.Context, in *phone.Incoming) { in.Refuse(404, "Not Found") }, "unknown number"},
		"unheard":   {func(ctx context.Context, in *phone.Incoming) { in.Ring(); <-ctx.Done() }, "rang"},
		"dead":      {nil, "dead"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := apptest.Start(t)
				defer n.Stop()
				if c.anna != nil {
					anna := n.Phone("127.0.0.1:5071", "anna", c.anna)
					defer anna.Stop(context.Background())
				}
				talked := make(chan struct{})
				marco := n.Phone("127.0.0.1:5072", "marco", func(ctx context.Context, in *phone.Incoming) {
					call, err := in.PickUp(ctx)
					if err != nil {
						return
					}
					_ = call.Wait(ctx, 14*time.Second)
					_ = call.Press(ctx, "1")
					_ = call.Wait(ctx, 40*time.Second)
					close(talked)
				})
				defer marco.Stop(context.Background())
				caller := n.Phone("127.0.0.1:6000", "0612345", nil)
				defer caller.Stop(context.Background())
				call, err := caller.Dial(t.Context(), apptest.Line)
				if err != nil {
					t.Fatal(err)
				}
				if err := apptest.Report(t.Context(), call, apptest.Blocking, n.Voice()); err != nil {
					t.Fatal(err)
				}
				<-talked
				<-call.Context().Done() // after the talk: number, next step, goodbye
				call.Hangup()
				time.Sleep(time.Second)
				got := n.History()
				if !strings.Contains(got, "Anna at") || !strings.Contains(got, c.want) || !strings.Contains(got, "joined") || !strings.Contains(got, "talk_ended Marco hung up") {
					t.Errorf("history lacks Anna's %q, or the talk:\n%s", c.want, got)
				}
			})
		})
	}
}

func TestWhoHangsUpBeforeAnybodyWasCalledIsCalledOutAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := apptest.Start(t)
		defer n.Stop()
		rang := make(chan time.Time, 1)
		anna := n.Phone("127.0.0.1:5071", "anna", func(ctx context.Context, in *phone.Incoming) {
			call, err := in.PickUp(ctx)
			if err != nil {
				return
			}
			rang <- time.Now()
			_ = call.Wait(ctx, 14*time.Second)
			_ = call.Press(ctx, "1")
			_ = call.Wait(ctx, 30*time.Second)
		})
		defer anna.Stop(context.Background())
		caller := n.Phone("127.0.0.1:6000", "0612345", nil)
		defer caller.Stop(context.Background())
		call, err := caller.Dial(t.Context(), apptest.Line)
		if err != nil {
			t.Fatal(err)
		}
		if err := call.Press(t.Context(), "314159#1"); err != nil {
			t.Fatal(err)
		}
		if _, err := call.AwaitTone(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		call.Hangup()
		gone := time.Now()
		if after := (<-rang).Sub(gone); after > 20*time.Second {
			t.Errorf("Anna was rung %v after the hang-up", after)
		}
		time.Sleep(time.Minute)
		if got := n.History(); !strings.Contains(got, "accepted") {
			t.Errorf("history has no acceptance:\n%s", got)
		}
	})
}
