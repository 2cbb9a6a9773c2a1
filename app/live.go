package app

import (
	"context"
	"sync"
	"time"

	"hotline/tickets"
)

// live is the tickets for which somebody is on the line or being rung by this process: nobody else is rung for them.
// The zero value is ready. Safe for concurrent use.
type live struct {
	mu     sync.Mutex
	counts map[tickets.Number]int
}

// enter counts a call or a search about a ticket; leave ends it.
func (l *live) enter(n tickets.Number) (leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = map[tickets.Number]int{}
	}
	l.counts[n]++
	return sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.counts[n]--; l.counts[n] == 0 {
			delete(l.counts, n)
		}
	})
}

// has tells whether a ticket is in talk.
func (l *live) has(n tickets.Number) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[n] > 0
}

// following is the desk as one call sees it: the tickets that it opens or adds to are live until the call is over. Used by
// the call's goroutine.
type following struct {
	*tickets.Desk
	live  *live
	leave []func()
}

// Open opens the call's ticket.
func (f *following) Open(ctx context.Context, d tickets.Draft, now time.Time) (tickets.Ticket, error) {
	t, err := f.Desk.Open(ctx, d, now)
	if err == nil {
		f.leave = append(f.leave, f.live.enter(t.Number))
	}
	return t, err
}

// CalledAgainAbout notes the call on a ticket that stood there before.
func (f *following) CalledAgainAbout(ctx context.Context, n tickets.Number, call tickets.CallID, what string, now time.Time) (tickets.Ticket, error) {
	f.leave = append(f.leave, f.live.enter(n))
	return f.Desk.CalledAgainAbout(ctx, n, call, what, now)
}

// over ends it.
func (f *following) over() {
	for _, leave := range f.leave {
		leave()
	}
}
