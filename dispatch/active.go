package dispatch

import (
	"context"
	"slices"
	"sync"
	"time"

	"hotline/tickets"
)

// ActiveTickets are the tickets that this process has in hand: somebody is on the line about them, or engineers are rung for
// them. Nobody else is rung for these. The zero value is ready. Safe for concurrent use.
type ActiveTickets struct {
	mu       sync.Mutex
	counts   map[tickets.Number]int // calls and searches
	searches map[tickets.Number][]*search
	accepted map[tickets.Number]int // accepts of the searches that stand: somebody talks to the caller, is about to, or has
}

// search is one search under way.
type search struct {
	was    tickets.Ticket // as it stood when the search began
	cancel context.CancelCauseFunc
}

// calledOff is the cause of a search's context when ringing has become pointless.
type calledOff struct{ why tickets.Needless }

func (c calledOff) Error() string { return "nobody is to be rung any more: " + string(c.why) }

// Enter counts a call or a search about a ticket until leave is called. leave may be called more than once.
func (a *ActiveTickets) Enter(n tickets.Number) (leave func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.enter(n)
}

// EnterAlone is Enter where nobody has the ticket in hand; it is false where somebody has.
func (a *ActiveTickets) EnterAlone(n tickets.Number) (leave func(), alone bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.counts[n] > 0 {
		return nil, false
	}
	return a.enter(n), true
}

// enter counts; a.mu is held.
func (a *ActiveTickets) enter(n tickets.Number) (leave func()) {
	if a.counts == nil {
		a.counts = map[tickets.Number]int{}
	}
	a.counts[n]++
	return sync.OnceFunc(func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.counts[n]--; a.counts[n] == 0 {
			delete(a.counts, n)
		}
	})
}

// Has tells whether somebody is on the line about a ticket, or is being rung for it.
func (a *ActiveTickets) Has(n tickets.Number) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts[n] > 0
}

// Changed calls off the searches for a ticket that are pointless as it stands now. The desk calls it after each change. It is no
// reason that somebody has the ticket, if that is the engineer whom the search has found.
func (a *ActiveTickets) Changed(now tickets.Ticket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.searches[now.Number] {
		why := s.was.Needless(now)
		if why != "" && (a.accepted[now.Number] == 0 || (why != tickets.TakenCharge && why != tickets.InContact)) {
			s.cancel(calledOff{why})
		}
	}
}

// begin enters a search. until ends, by a calledOff, when ringing for the ticket has become pointless; leave ends the search.
func (a *ActiveTickets) begin(ctx context.Context, was tickets.Ticket) (until context.Context, leave func()) {
	until, cancel := context.WithCancelCause(ctx)
	s := &search{was, cancel}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.searches == nil {
		a.searches, a.accepted = map[tickets.Number][]*search{}, map[tickets.Number]int{}
	}
	a.searches[was.Number] = append(a.searches[was.Number], s)
	return until, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		cancel(nil)
		rest := slices.DeleteFunc(a.searches[was.Number], func(other *search) bool { return other == s })
		if a.searches[was.Number] = rest; len(rest) == 0 {
			delete(a.searches, was.Number)
			delete(a.accepted, was.Number)
		}
	}
}

// accept counts an accept of a search. An earlier one stands beside it: of an engineer who has talked and whose line was lost, or who
// has handed over.
func (a *ActiveTickets) accept(n tickets.Number) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.searches[n]) > 0 {
		a.accepted[n]++
	}
}

// undoAccept takes the last accept back: the talk never came.
func (a *ActiveTickets) undoAccept(n tickets.Number) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.accepted[n] > 0 {
		a.accepted[n]--
	}
}

// isAccepted tells whether a search for a ticket has found an engineer.
func (a *ActiveTickets) isAccepted(n tickets.Number) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.accepted[n] > 0
}

const pollTime = time.Second // between two looks at what other nodes did to a ticket for which engineers are rung

// watch begins a search for a ticket and polls what other nodes do to it. What this node does calls the search off at once, what
// another one does within two seconds.
func (d *Dispatcher) watch(ctx context.Context, was tickets.Ticket) (until context.Context, stop func()) {
	until, leave := d.active.begin(ctx, was)
	var polling sync.WaitGroup
	polling.Go(func() {
		next := time.NewTicker(pollTime)
		defer next.Stop()
		for {
			select {
			case <-next.C:
			case <-until.Done():
				return
			}
			if d.active.isAccepted(was.Number) {
				continue
			}
			if now, err := d.desk.Ticket(until, was.Number); err == nil {
				d.active.Changed(now)
			}
		}
	})
	return until, func() { leave(); polling.Wait() }
}
