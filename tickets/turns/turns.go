// Package turns lets those who change the same thing in one process go one after the other.
package turns

import (
	"cmp"
	"context"
	"sync"
	"time"
)

// longestWait bounds how long one waits for those before him. A store that hangs must not keep a caller longer.
const longestWait = 2 * time.Second

// Queue has one turn for each key. Without it all but one of those who change a ticket at once have to work their change
// out anew, each time. It only saves that work: what keeps two writers apart is the version of what they write, on this node
// as between nodes. So nobody waits long, and who has waited long enough goes on without a turn. Its zero value is ready.
// Safe for concurrent use.
type Queue[K comparable] struct {
	Longest time.Duration // that one waits; zero: two seconds

	mu    sync.Mutex
	turns map[K]*turn
}

type turn struct {
	free   chan struct{} // holds one value while nobody has the turn
	wanted int           // by so many, the one who has it included
}

// Take waits for the turn of a key, at most Longest, and no longer than ctx lasts; leave must be called afterwards, once.
func (q *Queue[K]) Take(ctx context.Context, key K) (leave func()) {
	t := q.enter(key)
	bounded, cancel := context.WithTimeout(ctx, cmp.Or(q.Longest, longestWait))
	defer cancel()
	has := false
	select {
	case <-t.free:
		has = true
	case <-bounded.Done():
	}
	return func() { q.leave(key, t, has) }
}

func (q *Queue[K]) enter(key K) *turn {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.turns == nil {
		q.turns = map[K]*turn{}
	}
	t, ok := q.turns[key]
	if !ok {
		t = &turn{free: make(chan struct{}, 1)}
		t.free <- struct{}{}
		q.turns[key] = t
	}
	t.wanted++
	return t
}

func (q *Queue[K]) leave(key K, t *turn, has bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if has {
		t.free <- struct{}{}
	}
	if t.wanted--; t.wanted == 0 {
		delete(q.turns, key)
	}
}
