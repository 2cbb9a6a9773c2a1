package line_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"hotline/media"
	"hotline/media/g711"
	"hotline/oncall/ring"
	"hotline/phone"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// inBand is a key as the gateway of an in-band trunk sends it, whatever was agreed on.
func inBand(k media.Key) []int16 {
	pcm := make([]int16, 960)
	k.Tone(0, pcm)
	return pcm
}

// asked rings a telephone, speaks the brief and waits for a key.
func asked(t *testing.T, wait time.Duration, answered func(context.Context, *phone.Call)) (byte, error) {
	t.Helper()
	p := plugIn(t, "anna", func(ctx context.Context, in *phone.Incoming) {
		if c, err := in.PickUp(ctx); err == nil {
			answered(ctx, c)
			<-c.Context().Done()
			c.Hangup()
		}
	})
	x := newExchange(t, nil)
	tel, err := x.board.Ring(t.Context(), p.Address(), ring.Introduction{Name: "hotline"})
	if err != nil {
		t.Fatal(err)
	}
	defer tel.Hangup()
	if err := tel.Say(t.Context(), "en", prompts.P("brief"), true); err != nil {
		t.Fatal(err)
	}
	return tel.Key(t.Context(), wait)
}

func TestAnEngineerBehindAnInBandTrunkAccepts(t *testing.T) {
	k, err := asked(t, 5*time.Second, func(ctx context.Context, c *phone.Call) {
		_ = c.Wait(ctx, 1500*time.Millisecond) // the brief has run once
		_ = c.Say(ctx, inBand('1'))
	})
	if err != nil || k != '1' {
		t.Errorf("heard %q, %v", k, err)
	}
}

func TestAnEngineerBehindAnInBandTrunkIsNotHeardOverTheFirstBrief(t *testing.T) {
	k, err := asked(t, time.Second, func(ctx context.Context, c *phone.Call) {
		_ = c.Wait(ctx, 300*time.Millisecond)
		_ = c.Say(ctx, inBand('1'))
	})
	if !errors.Is(err, ring.ErrNoKey) {
		t.Errorf("heard %q, %v", k, err)
	}
}

// TestAGreetingAcceptsNothing is a mailbox that speaks while a key is waited for and tones count.
func TestAGreetingAcceptsNothing(t *testing.T) {
	pack, err := packs.Load(prompts.English)
	if err != nil {
		t.Fatal(err)
	}
	var greeting []int16
	for _, c := range pack.Manifest.Clips {
		if sound, _ := pack.Clip(c.ID); len(greeting) < 8*8000 {
			greeting = append(greeting, g711.ALaw.Samples(sound)...)
		}
	}
	k, err := asked(t, 6*time.Second, func(ctx context.Context, c *phone.Call) { _ = c.Say(ctx, greeting) })
	if !errors.Is(err, ring.ErrNoKey) {
		t.Errorf("heard %q, %v", k, err)
	}
}
