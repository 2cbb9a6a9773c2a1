package line_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"hotline/line"
	"hotline/media/g711"
	"hotline/media/mediatest"
	"hotline/oncall/ring"
	"hotline/phone"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// A mailbox is heard over the wire by its greeting and its beep, within two seconds, while the brief is spoken to it.
func TestAMailboxIsHeardWhileTheBriefIsSpoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		greeting, err := packs.Speech(prompts.Italian, "describe", "goodbye")
		if err != nil {
			t.Fatal(err)
		}
		spoken := g711.ALaw.Samples(greeting)
		beeped := make(chan time.Time, 1)
		s := newStreet(t, func(context.Context, *line.Line) {})
		anna := s.plugIn("127.0.0.4:5060", "anna", func(ctx context.Context, in *phone.Incoming) {
			c, err := in.PickUp(ctx)
			if err != nil {
				return
			}
			_ = c.Wait(ctx, 700*time.Millisecond)
			_ = c.Say(ctx, append(spoken, mediatest.Tone(1000, 3200)...))
			beeped <- time.Now()
			<-c.Context().Done()
		})
		tel, err := s.board.Ring(t.Context(), "sip:anna@127.0.0.4:5060", ring.Introduction{})
		if err != nil {
			t.Fatal(err)
		}
		signs := make(chan ring.Sign, 4)
		stop := tel.Listen(func(sign ring.Sign) { signs <- sign })
		brief, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = tel.Say(brief, "it", prompts.P("long"), true)
		}()
		at := <-beeped
		for sign := range signs {
			if sign == ring.Beep {
				break
			}
		}
		if after := time.Since(at); after > 2*time.Second {
			t.Errorf("the beep is told %s after its end", after)
		}
		cancel()
		<-done
		stop()
		stop()
		tel.Hangup()
		_ = anna.Stop(context.Background())
		if err := s.board.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
