package apptest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"hotline/media/g711"
	"hotline/phone"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// The addresses of the demo's engineers.
const (
	Anna  = "127.0.0.1:5071"
	Marco = "127.0.0.1:5072"
)

// Rings notes when a telephone rang. Safe for concurrent use.
type Rings struct {
	mu sync.Mutex
	at []time.Time
}

// Add notes that it rings now.
func (r *Rings) Add() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = append(r.at, time.Now())
}

// At is when it rang.
func (r *Rings) At() []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

// Accepts is an engineer who presses 1 after a while, talks, and hangs up.
func (r *Rings) Accepts(after, talk time.Duration) func(context.Context, *phone.Incoming) {
	return func(ctx context.Context, in *phone.Incoming) {
		r.Add()
		call, err := in.PickUp(ctx)
		if err != nil {
			return
		}
		defer call.Hangup()
		_ = call.Wait(ctx, after)
		_ = call.Press(ctx, "1")
		_ = call.Wait(ctx, talk)
	}
}

// Busy refuses every call.
func (r *Rings) Busy(_ context.Context, in *phone.Incoming) {
	r.Add()
	in.Refuse(486, "Busy Here")
}

// Engineers plugs in Anna's and Marco's telephones until the test ends.
func (p *Program) Engineers(anna, marco func(context.Context, *phone.Incoming)) {
	for _, e := range []struct {
		at, name string
		answer   func(context.Context, *phone.Incoming)
	}{{Anna, "anna", anna}, {Marco, "marco", marco}} {
		f := p.Phone(e.at, e.name, e.answer)
		p.Cleanup(func() { _ = f.Stop(context.Background()) })
	}
}

// Dial calls the line from a telephone of its own at an address, whose number is shown.
func (p *Program) Dial(at, number string) *phone.Call {
	p.Helper()
	f := p.Phone(at, number, nil)
	p.Cleanup(func() { _ = f.Stop(context.Background()) })
	call, err := f.Dial(p.Context(), Line)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(call.Hangup)
	return call
}

// Message keys what leads to the tone, speaks, and keeps the message.
func (p *Program) Message(call *phone.Call, keys string) {
	p.Helper()
	if err := Report(p.Context(), call, keys, p.Voice()); err != nil {
		p.Fatal(err)
	}
}

// toneTime is how long a caller waits for the tone. A caller who is joined to somebody before it hears no tone.
const toneTime = 3 * time.Minute

// Report keys what leads to the next tone, speaks, and keeps the message.
func Report(ctx context.Context, call *phone.Call, keys string, speech []int16) error {
	from := len(call.Heard())
	if err := call.Press(ctx, keys); err != nil {
		return err
	}
	tone, cancel := context.WithTimeout(ctx, toneTime)
	defer cancel()
	if _, err := call.AwaitTone(tone, from); err != nil {
		return fmt.Errorf("waiting for the tone after %s: %w", keys, err)
	}
	if err := call.Say(ctx, speech); err != nil {
		return err
	}
	if err := call.Press(ctx, "#"); err != nil {
		return err
	}
	if err := call.Wait(ctx, time.Second); err != nil {
		return err
	}
	return call.Press(ctx, "1")
}

// Blocking are the keys that lead a caller of Rossi to the tone of a blocking fault.
const Blocking = "314159#1"

// Voice is speech for a message, as samples at 8 kHz: the voice detector wants more than a tone.
func (p *Program) Voice() []int16 {
	p.Helper()
	alaw, err := packs.Speech(prompts.English, "still-searching")
	if err != nil {
		p.Fatal(err)
	}
	return g711.ALaw.Samples(alaw)
}
