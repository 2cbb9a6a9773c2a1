// Package recorded is the recording of talks: by the policy of a contract, in two channels, and never before both have been told.
//
// A search ([Tape]) says what a talk is recorded on and when it is over. Whoever joins the legs records it (line). The ticket keeps it.
package recorded

import (
	"io"
	"sync"

	"hotline/tickets"
)

// Tape is how a talk is recorded, in two channels: by the policy of a contract, and never before both have been told. All that is talked
// about one request while the tape runs is one recording: behind the menu, with a second engineer, after a hand-over. It is safe for
// concurrent use, and so must its functions be.
type Tape struct {
	Told    func() bool               // tells whether the caller knows that the talk may be recorded, and lets it be
	Name    func() string             // of the recording
	Keep    func(r tickets.Recording) // puts the recording on its ticket, once it is over
	Swapped bool                      // the leg that joins is the customer's, and the call that it is joined to the engineer's

	mu   sync.Mutex
	reel io.Closer // nil: nothing was recorded yet
	over bool
}

// Reel is what the talk is recorded on: the one that was begun, else one that begin begins; nil once the tape is over. Whoever joins legs
// asks for it.
func (t *Tape) Reel(begin func() io.Closer) io.Closer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return nil
	}
	if t.reel == nil {
		t.reel = begin()
	}
	return t.reel
}

// End ends the recording and has it kept. Whoever made the tape calls it once nobody is joined any more; on a nil tape it does nothing.
// Idempotent.
func (t *Tape) End() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reel != nil && !t.over {
		_ = t.reel.Close() // who has made it logs why it is not whole
	}
	t.over = true
}
