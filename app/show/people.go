package show

import (
	"context"
	"math"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"hotline/phone"
)

// engineer is the telephone of somebody on call: a mailbox, or a human who presses 1 and talks.
type engineer struct {
	name   string
	say    func(who, what string)
	speech []int16 // greeting of a mailbox, or what a human says
	human  bool
	line   atomic.Pointer[netip.AddrPort] // the demo's own: another program's calls are not for this telephone

	phone *phone.Phone
	mu    sync.Mutex
	heard [][]int16     // of each call that was accepted
	spoke time.Duration // after the key that accepted the last one
}

// plugIn starts the telephone at an address, at a free port when that one is taken.
func (e *engineer) plugIn(ctx context.Context, at netip.AddrPort) error {
	var err error
	for _, port := range []uint16{at.Port(), 0} {
		e.phone, err = phone.New(phone.Config{At: netip.AddrPortFrom(at.Addr(), port), User: e.name, Answer: e.answer})
		if err != nil {
			return err
		}
		if err = e.phone.Start(ctx); err == nil {
			return nil
		}
	}
	return err
}

// answer picks up after two rings.
func (e *engineer) answer(ctx context.Context, in *phone.Incoming) {
	if own := e.line.Load(); own == nil || in.Source() != *own {
		in.Refuse(480, "Not This Line's Telephone")
		return
	}
	in.Ring()
	e.say(e.name, "the telephone rings")
	if !pass(ctx, time.Second) {
		e.say(e.name, "stops ringing")
		return
	}
	c, err := in.PickUp(ctx)
	if err != nil {
		e.say(e.name, "cannot pick up: "+err.Error())
		return
	}
	if e.human {
		e.work(c)
	} else {
		e.mailbox(c)
	}
}

// mailbox greets, beeps and listens for 20 s; it never presses a key.
func (e *engineer) mailbox(c *phone.Call) {
	e.say(e.name, "(mailbox) greets, beeps and records")
	_ = c.Say(c.Context(), append(append([]int16{}, e.speech...), beep()...))
	_ = c.Wait(c.Context(), 20*time.Second)
	<-c.Context().Done()
	e.say(e.name, "(mailbox) has been hung up")
}

// soon is how long after the accepting key the engineer begins to speak. By then the two must hear each other.
const soon = 300 * time.Millisecond

// work hears the brief, presses 1 and talks at once, until the other side hangs up.
func (e *engineer) work(c *phone.Call) {
	e.say(e.name, "picks up")
	if c.Wait(c.Context(), 6*time.Second) != nil {
		return
	}
	e.say(e.name, "presses 1")
	key := time.Now()
	if c.Press(c.Context(), "1") != nil {
		return
	}
	var spoke time.Duration
	if c.Wait(c.Context(), soon-time.Since(key)) == nil {
		spoke = time.Since(key)
		e.say(e.name, "speaks")
		_ = c.Say(c.Context(), e.speech)
	}
	<-c.Context().Done()
	c.Hangup()
	e.mu.Lock()
	e.heard, e.spoke = append(e.heard, c.Heard()), spoke
	e.mu.Unlock()
	e.say(e.name, "the talk is over")
}

// talks are what was heard in the calls that were accepted.
func (e *engineer) talks() [][]int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([][]int16(nil), e.heard...)
}

// spokeAfter is how long after the key of the last accepted call its owner began to speak.
func (e *engineer) spokeAfter() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.spoke
}

// pass waits; false when ctx ended first.
func pass(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// beep is the tone of a mailbox: 1 kHz for 400 ms.
func beep() []int16 {
	out := make([]int16, 3200)
	for i := range out {
		out[i] = int16(8000 * math.Sin(2*math.Pi*1000*float64(i)/8000))
	}
	return out
}
