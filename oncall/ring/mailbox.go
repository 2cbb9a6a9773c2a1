package ring

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// Sign is what the sound of a picked-up telephone tells of who is there.
type Sign int

// The signs. Greeting is somebody who speaks on and on, as a mailbox does, but also a radio beside a human. Beep is the tone
// of a mailbox after its greeting, or of a fax.
const (
	Greeting Sign = iota + 1
	Beep
)

// afterGreeting is how long after the first brief the search waits for a key where a greeting was heard, instead of [Times.Key].
// A human in a loud room has heard the brief by then.
const afterGreeting = 5 * time.Second

var errMailbox = errors.New("a mailbox answered")

// listening hears who is at a telephone while its key is waited for. Whoever has pressed any key is no mailbox.
type listening struct {
	ctx    context.Context // ends with the beep
	cancel context.CancelCauseFunc
	greets atomic.Bool
	human  atomic.Bool
	stop   func()
}

// listen begins to hear; end must be called.
func listen(ctx context.Context, t Telephone) *listening {
	l := &listening{}
	l.ctx, l.cancel = context.WithCancelCause(ctx)
	l.stop = t.Listen(l.hear)
	return l
}

// hear takes a sign; it comes from a goroutine of the telephone's.
func (l *listening) hear(s Sign) {
	switch {
	case l.human.Load():
	case s == Beep:
		l.cancel(errMailbox)
	default:
		l.greets.Store(true)
	}
}

// pressed tells that a human pressed a key.
func (l *listening) pressed() {
	if l != nil {
		l.human.Store(true)
	}
}

// keyFrom tells that a key came from a telephone. A tone in its sound tells nothing of who is there.
func (l *listening) keyFrom(t Telephone) {
	if !t.KeysInSound() {
		l.pressed()
	}
}

// hasty tells whether it is most likely a mailbox that is being waited for.
func (l *listening) hasty() bool { return l != nil && l.greets.Load() && !l.human.Load() }

// beeped tells whether a mailbox was heard for certain.
func (l *listening) beeped() bool { return errors.Is(context.Cause(l.ctx), errMailbox) }

// end hears no more, and waits for what is being heard.
func (l *listening) end() {
	l.pressed()
	l.stop()
	l.cancel(nil)
}
