package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"hotline/tickets"
)

// live is the tickets for which somebody is on the line or being rung by this process: nobody else is rung for them.
// The zero value is ready. Safe for concurrent use.
type live struct {
	mu       sync.Mutex
	counts   map[tickets.Number]int
	searches map[tickets.Number][]*searching
	accepted map[tickets.Number]bool // a search of this process has found somebody: he and the caller talk, or are about to
}

// searching is one search under way.
type searching struct {
	was    tickets.Ticket // as it stood when the search began
	cancel context.CancelCauseFunc
}

// needless is why nobody is rung any more, as the cause of a context.
type needless struct{ why tickets.Needless }

func (n needless) Error() string { return "nobody is to be rung any more: " + string(n.why) }

// search gives a context that ends, by a needless, when ringing for a ticket has become pointless; leave ends the search.
func (l *live) search(ctx context.Context, was tickets.Ticket) (until context.Context, leave func()) {
	until, cancel := context.WithCancelCause(ctx)
	s := &searching{was, cancel}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.searches == nil {
		l.searches, l.accepted = map[tickets.Number][]*searching{}, map[tickets.Number]bool{}
	}
	l.searches[was.Number] = append(l.searches[was.Number], s)
	return until, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		cancel(nil)
		rest := slices.DeleteFunc(l.searches[was.Number], func(other *searching) bool { return other == s })
		if l.searches[was.Number] = rest; len(rest) == 0 {
			delete(l.searches, was.Number)
			delete(l.accepted, was.Number)
		}
	}
}

// accept says that a search has found somebody, or that it has lost him before they talked.
func (l *live) accept(n tickets.Number, found bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.searches[n]) > 0 {
		l.accepted[n] = found
	}
}

// found tells whether a search for a ticket has found somebody.
func (l *live) found(n tickets.Number) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted[n]
}

// changed ends the searches for a ticket that are pointless as it stands now. That somebody has it is no reason while it is
// the one whom a search has found.
func (l *live) changed(now tickets.Ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.searches[now.Number] {
		why := s.was.Needless(now)
		if why != "" && (!l.accepted[now.Number] || (why != tickets.TakenCharge && why != tickets.InContact)) {
			s.cancel(needless{why})
		}
	}
}

const searchLook = time.Second // between two looks at what other nodes did to a ticket whose engineers are rung

// watch is live.search with an eye on what other nodes do. What this one does ends the search at once, what another does
// within two seconds.
func (a *App) watch(ctx context.Context, was tickets.Ticket) (context.Context, func()) {
	until, leave := a.live.search(ctx, was)
	var looking sync.WaitGroup
	looking.Go(func() {
		next := time.NewTicker(searchLook)
		defer next.Stop()
		for {
			select {
			case <-next.C:
			case <-until.Done():
				return
			}
			if a.live.found(was.Number) {
				continue
			}
			if now, err := a.desk.Ticket(until, was.Number); err == nil {
				a.live.changed(now)
			}
		}
	})
	return until, func() { leave(); looking.Wait() }
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
