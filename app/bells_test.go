package app

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/phone"
)

// bells notes when a telephone rang.
type bells struct {
	mu sync.Mutex
	at []time.Time
}

func (b *bells) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = append(b.at, time.Now())
}

func (b *bells) rang() []time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

// accepts is an engineer who presses 1 after a while, talks, and hangs up.
func (b *bells) accepts(after, talk time.Duration) func(context.Context, *phone.Incoming) {
	return func(ctx context.Context, in *phone.Incoming) {
		b.ring()
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

// busy refuses every call.
func (b *bells) busy(_ context.Context, in *phone.Incoming) {
	b.ring()
	in.Refuse(486, "Busy Here")
}

const (
	annas  = "127.0.0.1:5071"
	marcos = "127.0.0.1:5072"
)

// engineers plugs in Anna's and Marco's telephones.
func (n *night) engineers(anna, marco func(context.Context, *phone.Incoming)) {
	for at, answer := range map[string]func(context.Context, *phone.Incoming){annas: anna, marcos: marco} {
		name := map[string]string{annas: "anna", marcos: "marco"}[at]
		p := n.phone(at, name, answer)
		n.Cleanup(func() { _ = p.Stop(context.Background()) })
	}
}

// dial calls the line from a telephone of its own at a port.
func (n *night) dial(at, number string) *phone.Call {
	n.Helper()
	p := n.phone(at, number, nil)
	n.Cleanup(func() { _ = p.Stop(context.Background()) })
	call, err := p.Dial(n.Context(), "sip:hotline@127.0.0.1:5060")
	if err != nil {
		n.Fatal(err)
	}
	n.Cleanup(call.Hangup)
	return call
}

// message keys what leads to the tone, speaks, and keeps the message.
func (n *night) message(call *phone.Call, keys string, said []int16) {
	n.Helper()
	from := len(call.Heard())
	err := call.Press(n.Context(), keys)
	if err == nil {
		_, err = call.AwaitTone(n.Context(), from)
	}
	if err == nil {
		err = call.Say(n.Context(), said)
	}
	if err == nil {
		err = call.Press(n.Context(), "#")
	}
	if err == nil {
		err = call.Wait(n.Context(), time.Second)
	}
	if err == nil {
		err = call.Press(n.Context(), "1")
	}
	if err != nil {
		n.Fatal(err)
	}
}

// story runs a test in virtual time; the telephones are unplugged before the program ends.
func story(t *testing.T, tell func(t *testing.T, n *night), changes ...func(*Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := newNight(t, changes...)
		t.Cleanup(n.end)
		tell(t, n)
	})
}

// passes lets virtual time pass.
func (n *night) passes(d time.Duration) { time.Sleep(d) }
