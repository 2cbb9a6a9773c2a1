// Package recorded is the recording of talks: by the policy of a contract, in two channels, never before both have been told, and until
// somebody refuses.
//
// Whoever searches for an engineer says by a [Session] how a talk is recorded, and when it is over. Whoever joins the legs records it (line).
// The ticket keeps it.
package recorded

import (
	"sync"

	"hotline/tickets"
)

// Key refuses the recording of a talk, as it does that of a message: the notice names it.
const Key = '7'

// Recording is what a talk is recorded on. Whoever joins the legs makes it. Both methods end it, wait until all is written, and log why it is
// not whole; only the first of them counts. Safe for concurrent use.
type Recording interface {
	Close() error   // has the recording kept
	Discard() error // deletes it
}

// Session is a recording session (RFC 7866): how a talk is recorded, in two channels, by the policy of a contract, and never before
// both have been told. All that is talked about one request while the session runs is one recording: behind the menu, with a second
// engineer, after a hand-over. It is safe for concurrent use, and so must its functions be.
type Session struct {
	Told func() bool               // tells whether the caller knows that the talk may be recorded, and lets it be
	Name func() string             // of the recording, asked for as it begins; empty: nothing is recorded
	Keep func(r tickets.Recording) // puts the recording on its ticket, once it is over
	// Note writes a line into the ticket's history, by an engineer or, where that is empty, by nobody in particular; nil: there is none.
	Note     func(engineer, text string)
	Discards bool // of a talk whose recording somebody has refused nothing is kept
	Swapped  bool // the leg that joins is the customer's, and the call that it is joined to the engineer's

	mu          sync.Mutex
	recording   Recording // nil: nothing was recorded yet
	unavailable bool      // a recording could not be begun
	over        bool
	refused     chan struct{} // closed when somebody has refused; nil until it is asked for
}

// Runs tells whether a talk is recorded now, or would be; a nil session never runs.
func (t *Session) Runs() bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.over
}

// Recording is what the talk is recorded on: the one that was begun, else one that begin begins; nil once the session is over, or where nothing could be
// begun, which is not tried again. Whoever joins legs asks for it.
func (t *Session) Recording(begin func() Recording) Recording {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return nil
	}
	if t.recording == nil && !t.unavailable {
		t.recording = begin()
		t.unavailable = t.recording == nil
	}
	return t.recording
}

// End ends the recording and has it kept. Whoever made the session calls it once nobody is joined any more; on a nil session it does nothing.
// Idempotent.
func (t *Session) End() {
	if t == nil {
		return
	}
	t.mu.Lock()
	t.over = true
	recording := t.recording
	t.mu.Unlock()
	if recording != nil {
		_ = recording.Close() // where it was refused, this waits for that
	}
}

// Refuse ends the recording at once, because an engineer refuses, or else somebody whom name tells; it writes that down. It comes back when
// the recording is kept or deleted. Only the first refusal counts; on a nil session it does nothing. It tells whether this one counts.
func (t *Session) Refuse(engineer, name string) bool {
	recording, first := t.refuse()
	if first {
		t.settle(recording, engineer, name)
	}
	return first
}

// refuse lets nothing more be recorded, but of what has begun already; first tells that nobody has refused before.
func (t *Session) refuse() (begun Recording, first bool) {
	if t == nil {
		return nil, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return nil, false
	}
	t.over = true
	close(t.refusal())
	return t.recording, true
}

// settle ends what was recorded until a refusal, and writes down what becomes of it.
func (t *Session) settle(recording Recording, engineer, name string) {
	switch {
	case recording == nil:
		t.note(engineer, name+" refused the recording of the talk, by key: nothing of it is recorded")
	case t.Discards:
		_ = recording.Discard()
		t.note(engineer, name+" refused the recording of the talk, by key: what was recorded until then is deleted")
	default:
		_ = recording.Close()
		t.note(engineer, name+" refused the recording of the talk, by key: what was recorded until then stays")
	}
}

func (t *Session) note(engineer, text string) {
	if t.Note != nil {
		t.Note(engineer, text)
	}
}

// Refused is closed when somebody refuses; of a nil session it never is.
func (t *Session) Refused() <-chan struct{} {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refusal()
}

func (t *Session) refusal() chan struct{} {
	if t.refused == nil {
		t.refused = make(chan struct{})
	}
	return t.refused
}
