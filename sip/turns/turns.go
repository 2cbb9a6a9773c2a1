// Package turns keeps what comes in one dialog in the order in which it came.
package turns

import (
	"slices"
	"sync"
	"time"
)

// most is how many requests of one dialog may wait for their turn.
const most = 64

// Queue keeps the requests of one dialog in the order in which they came. sipgo handles each in a goroutine of its own,
// so that of a burst (eight INFO in one segment, a re-INVITE and the BYE behind it) any may be first, and what came
// before it would be out of order (RFC 3261 12.2.2). The guard, which reads one message after the other, gives each
// request a turn; its handler waits for it. Safe for concurrent use.
type Queue struct {
	mu      sync.Mutex
	last    uint32 // the highest CSeq number that has got a turn
	waiting []*Turn
}

// Turn is one request's.
type Turn struct {
	seq     uint32
	awaited bool // its handler has come
	begun   bool
	first   chan struct{} // closed when nobody is before it
}

// Take gives a request its turn, in the order of the calls. A repeat, or one older than what has come, gets none. False
// when too many wait.
func (q *Queue) Take(seq uint32) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case seq <= q.last:
		return true
	case len(q.waiting) >= most:
		return false
	}
	q.last = seq
	q.line(seq)
	return true
}

// Behind is Take for what has no number of its own: the answer in an ACK.
func (q *Queue) Behind() *Turn {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.line(0)
}

func (q *Queue) line(seq uint32) *Turn {
	t := &Turn{seq: seq, first: make(chan struct{})}
	if q.waiting = append(q.waiting, t); len(q.waiting) == 1 {
		close(t.first)
	}
	return t
}

// Of is the turn that a request has got; nil when it has none.
func (q *Queue) Of(seq uint32) *Turn {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, t := range q.waiting {
		if t.seq == seq && !t.begun {
			return t
		}
	}
	return nil
}

// Wait blocks until everything before t is over. A request before it whose handler has not come within patience never
// will: sipgo has lost it, with its connection for example. Those whose handlers wait too keep their turns.
func (q *Queue) Wait(t *Turn, patience time.Duration, stop <-chan struct{}) {
	q.mu.Lock()
	t.awaited = true
	q.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-t.first:
			q.mu.Lock()
			t.begun = true
			q.mu.Unlock()
			return
		case <-timer.C:
			if !q.skip(t) { // t itself was taken for lost: it came late, and waits for nobody
				return
			}
			timer.Reset(patience)
		case <-stop:
			return
		}
	}
}

// skip forgets those before t whose handlers have not come. False when t has lost its own turn.
func (q *Queue) skip(t *Turn) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := slices.Index(q.waiting, t)
	if at < 0 {
		return false
	}
	var kept []*Turn
	for i, w := range q.waiting {
		if i >= at || w.awaited {
			kept = append(kept, w)
		}
	}
	q.waiting = kept
	q.next()
	return true
}

// Done ends a turn.
func (q *Queue) Done(t *Turn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, w := range q.waiting {
		if w == t {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			break
		}
	}
	q.next()
}

// next lets the first one begin.
func (q *Queue) next() {
	if len(q.waiting) == 0 {
		return
	}
	select {
	case <-q.waiting[0].first:
	default:
		close(q.waiting[0].first)
	}
}
