// Package chains tells whoever watches, as it happens, which telephones this node rings for which ticket, since when and with what
// result, and which tickets it has changed.
//
// The feed hears of telephones from the line's side ([Feed.Telephones]) and of results from the search's ([Feed.Leg],
// [Feed.Line]); the desk tells it of tickets ([Feed.Changed]). The API streams it. Nobody waits for a watcher. Each has a buffer
// of its own; one that does not read in time is closed, with the reason. It starts no goroutine.
package chains

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"hotline/cdr"
	"hotline/oncall/ring"
	"hotline/tickets"
)

// The bounds of a feed.
const (
	buffer     = 256           // events that wait for one watcher
	watchers   = 64            // of one node
	mostAlive  = 500           // telephones in the snapshot
	longestLeg = 6 * time.Hour // after which a telephone whose end nobody told is forgotten
)

// ErrFull is a node that has as many watchers as it can take.
var ErrFull = fmt.Errorf("%d watchers listen to this node already; close one", watchers)

// Why a watcher was let go.
var (
	ErrSlow   = fmt.Errorf("you read too slowly: %d events waited for you; connect again, and the snapshot tells how everything stands", buffer)
	ErrClosed = errors.New("this node is stopping; connect again, to another node where there is one")
)

// Attempt is one telephone that is rung, or talks.
type Attempt struct {
	Ticket   tickets.Number // 0: of none, such as the operator's or a test call
	Whose    string         // an engineer's id, "operator" or "customer"
	Phone    string
	Since    time.Time // when it began to ring
	Answered time.Time // zero: not yet
	Ended    time.Time // zero: not yet
	Result   string    // once it has ended, in words of the trade: "no answer", "accepted"
}

// Event is one thing that happened: exactly one field is set.
type Event struct {
	Attempt *Attempt
	Line    *ring.Event     // of a ticket's history, by a search
	Ticket  *tickets.Ticket // as it stands after a change
	Call    *cdr.Call       // a caller's, as its record stands: it has begun, changed or ended
}

// Feed is what happens on this node. The zero value is not ready; use New. Safe for concurrent use.
type Feed struct {
	now func() time.Time

	mu     sync.Mutex
	alive  []Attempt // oldest first
	watch  map[*Watcher]struct{}
	closed bool
}

// New makes a feed; now is the clock by which telephones ring.
func New(now func() time.Time) *Feed { return &Feed{now: now, watch: map[*Watcher]struct{}{}} }

// Watcher is one who watches. Events is closed when the watcher is let go; Why says why then.
type Watcher struct {
	feed   *Feed
	events chan Event
	why    error // by feed.mu
}

// Watch begins to watch: what goes on now, and whatever happens from here on. Close must be called.
func (f *Feed) Watch() ([]Attempt, *Watcher, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, nil, ErrClosed
	}
	if len(f.watch) >= watchers {
		return nil, nil, ErrFull
	}
	w := &Watcher{feed: f, events: make(chan Event, buffer)}
	f.watch[w] = struct{}{}
	f.forget(f.now())
	return slices.Clone(f.alive), w, nil
}

// Alive are the telephones that are rung now, or talk, the oldest first.
func (f *Feed) Alive() []Attempt {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(f.now())
	return slices.Clone(f.alive)
}

// Events are what happened since Watch, in order.
func (w *Watcher) Events() <-chan Event { return w.events }

// Why is why the watcher was let go; nil while it is not.
func (w *Watcher) Why() error {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	return w.why
}

// Close ends the watching. Idempotent.
func (w *Watcher) Close() {
	w.feed.mu.Lock()
	defer w.feed.mu.Unlock()
	w.feed.letGo(w, nil)
}

// letGo ends a watcher; f.mu is held.
func (f *Feed) letGo(w *Watcher, why error) {
	if _, watches := f.watch[w]; !watches {
		return
	}
	delete(f.watch, w)
	w.why = why
	close(w.events)
}

// Close lets every watcher go and takes no more. Idempotent.
func (f *Feed) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for w := range f.watch {
		f.letGo(w, ErrClosed)
	}
}

// tell hands an event to every watcher; f.mu is held.
func (f *Feed) tell(e Event) {
	for w := range f.watch {
		select {
		case w.events <- e:
		default:
			f.letGo(w, ErrSlow)
		}
	}
}

// Changed tells of a ticket as it stands after a change. The desk calls it.
func (f *Feed) Changed(t tickets.Ticket) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tell(Event{Ticket: &t})
}

// Line tells of a line that a search has written.
func (f *Feed) Line(e ring.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tell(Event{Line: &e})
}

// Call tells of a caller's call. The records of calls tell it.
func (f *Feed) Call(c cdr.Call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tell(Event{Call: &c})
}

// Leg tells that a telephone is through, with its result. A leg that began after its telephone did never rang: the engineer talks
// there to somebody else. The line of the ticket's history tells of it.
func (f *Feed) Leg(l cdr.Leg) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.find(l.Engineer, l.Address)
	if at < 0 || l.Started.After(f.alive[at].Since) {
		return
	}
	a := f.alive[at]
	f.alive = slices.Delete(f.alive, at, at+1)
	a.Answered, a.Ended, a.Result = l.Answered, l.Ended, l.Result
	f.tell(Event{Attempt: &a})
}

// find is where a telephone stands that is rung, or talks; f.mu is held. Nobody's telephone is rung twice at once.
func (f *Feed) find(whose, phone string) int {
	return slices.IndexFunc(f.alive, func(a Attempt) bool { return a.Whose == whose && a.Phone == phone })
}

// forget drops what has lasted too long; f.mu is held.
func (f *Feed) forget(now time.Time) {
	f.alive = slices.DeleteFunc(f.alive, func(a Attempt) bool { return now.Sub(a.Since) > longestLeg })
	if over := len(f.alive) - mostAlive; over > 0 {
		f.alive = slices.Delete(f.alive, 0, over)
	}
}

// Telephones are telephones of which the feed hears.
func (f *Feed) Telephones(next ring.Telephones) ring.Telephones { return heard{f, next} }

type heard struct {
	feed *Feed
	next ring.Telephones
}

// Ring tells that a telephone rings, and that it was picked up. How it ends the search tells by its leg.
func (h heard) Ring(ctx context.Context, address string, as ring.Introduction) (ring.Telephone, error) {
	h.feed.begins(as.Ticket, as.Whose, address)
	t, err := h.next.Ring(ctx, address, as)
	if err == nil {
		h.feed.answered(as.Whose, address)
	}
	return t, err
}

func (f *Feed) begins(n tickets.Number, whose, phone string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at := f.find(whose, phone); at >= 0 {
		f.alive = slices.Delete(f.alive, at, at+1)
	}
	a := Attempt{Ticket: n, Whose: whose, Phone: phone, Since: f.now()}
	f.alive = append(f.alive, a)
	f.forget(a.Since)
	f.tell(Event{Attempt: &a})
}

func (f *Feed) answered(whose, phone string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at := f.find(whose, phone); at >= 0 {
		f.alive[at].Answered = f.now()
		a := f.alive[at]
		f.tell(Event{Attempt: &a})
	}
}
