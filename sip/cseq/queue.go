// Package cseq keeps the requests of one dialog in the order in which they came (RFC 3261 12.2.2). The guard gives each
// request its turn in the order of the wire; the goroutine that handles it waits for that turn.
package cseq

import (
	"slices"
	"sync"
	"time"
)

// maxWaiting is how many requests of one dialog may wait for their turn.
const maxWaiting = 64

// Queue is the order of one dialog's requests. sipgo handles each request in a goroutine of its own. When requests come in a
// burst, such as eight INFO in one segment, any of them may be handled first. The ones that came before it would then be refused
// as out of order (RFC 3261 12.2.2). The guard reads one message after the other, so it gives out the turns. The zero value is
// empty. Safe for concurrent use.
type Queue struct {
	mu      sync.Mutex
	last    uint32 // the highest CSeq number that has got a turn
	waiting []*Turn
}

// Turn is the place of one request in the order.
type Turn struct {
	seq     uint32
	awaited bool // its handler has come
	begun   bool
	first   chan struct{} // closed when no other turn is before it
}

// Take gives the request of a CSeq number its turn, in the order of the calls to Take. A retransmission, or a request older
// than one that has come, gets none. False when too many wait.
func (q *Queue) Take(seq uint32) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case seq <= q.last:
		return true
	case len(q.waiting) >= maxWaiting:
		return false
	}
	q.last = seq
	q.line(seq)
	return true
}

// Behind is Take for what has no number of its own, the answer in an ACK.
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

// Of is the turn that the request of a CSeq number has; nil when it has none.
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

// Wait blocks until every turn before t is done, or stop is closed. A request before it whose handler has not come within
// timeout never will: sipgo has lost it, for example with its connection. Requests whose handlers wait too keep their turns.
func (q *Queue) Wait(t *Turn, timeout time.Duration, stop <-chan struct{}) {
	q.mu.Lock()
	t.awaited = true
	q.mu.Unlock()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		select {
		case <-t.first:
			q.mu.Lock()
			t.begun = true
			q.mu.Unlock()
			return
		case <-timer.C:
			if !q.skip(t) { // t itself was taken for lost: its handler came late, and does not wait
				return
			}
			timer.Reset(timeout)
		case <-stop:
			return
		}
	}
}

// skip removes the turns before t whose handlers have not come. False when t has lost its own turn.
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

// next lets the first turn begin.
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
