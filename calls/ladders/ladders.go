// Package ladders writes the ladder of every call that has ended into the store: who sent what when in its signalling, as this node remembers it,
// so that every node shows it, and shows it after a restart.
//
// No call waits for it. What it holds for a store that is busy or down is bounded; what is beyond is lost, counted and told in the log. A crash
// loses the ladders of the last seconds. Goroutines: [Ladders.Run] is one, which its caller starts and waits for.
package ladders

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"hotline/cdr"
	"hotline/sip/ladder"
	"hotline/sip/ratelimit"
	"hotline/tickets"
)

const (
	settled    = 5 * time.Second // after the end of a call its BYE is answered, and the last report of RTCP is there
	between    = time.Second     // between two writes: ladders go together
	patience   = 5 * time.Second // of one write, and before the next one to a store that did not answer
	recordTime = time.Minute     // for so long a ladder waits until the record of its call is written
	lastTime   = 3 * time.Second // for what is left at the end of the program

	atOnce      = 100     // ladders in one write
	endedMost   = 10_000  // calls that have ended and whose ladder is not made yet
	waitingMost = 4 << 20 // octets that wait for a store that does not answer
)

// strangers is how many ladders are written of calls that came to no contract and no ticket, and for which nobody was rung: an attack of
// thousands of calls must not fill the database.
func strangers() ratelimit.Rate { return ratelimit.Rate{PerSecond: 0.5, Burst: 30} }

// Result is what became of a ladder, for hotline_ladders_total.
type Result string

// The results.
const (
	Written   Result = "written"
	Left      Result = "left"      // of strangers' calls there were too many in this minute
	Forgotten Result = "forgotten" // too many calls at once: this node did not remember it any more
	Lost      Result = "lost"      // the store did not take it in time
)

// Config is what [Ladders] work with. All of it is required.
type Config struct {
	Store interface {
		AddLadders(ctx context.Context, list ...cdr.Ladder) (missing []tickets.CallID, err error) // as in cdr.Store
	}
	Dialogs interface { // *ladder.Keeper has them
		Of(id string) (ladder.Dialog, bool)
		Written(ids ...string)
	}
	Count func(r Result, n int)
	Log   *slog.Logger
}

// Ladders are those on their way to the store. Safe for concurrent use.
type Ladders struct {
	cfg  Config
	wake chan struct{} // one deep: a call has ended

	mu        sync.Mutex
	ended     []ended
	open      map[tickets.CallID]unclosed
	strangers ratelimit.Bucket

	waiting
}

// ended is a call that has ended, or a leg that came later.
type ended struct {
	call     tickets.CallID
	at       time.Time
	dialogs  []string // Call-IDs, the caller's first
	stranger bool
}

// unclosed is a call whose caller has left, and whose record is not closed.
type unclosed struct {
	call  cdr.Call
	at    time.Time // when the record changed last
	known []string  // dialogs that were taken already
	news  bool      // there are others
}

// New makes ladders. Run writes them.
func New(c Config) *Ladders {
	return &Ladders{cfg: c, wake: make(chan struct{}, 1), open: map[tickets.CallID]unclosed{}, waiting: waiting{writer: ladder.NewWriter(), lost: map[Result]int{}}}
}

// Changed takes a call as its record stands. The caller may have left long before the record is closed, as an engineer is still looked for, or called
// back: what there is by then is written meanwhile. It does not wait, and calls nobody back.
func (l *Ladders) Changed(c cdr.Call) {
	if c.Ended.IsZero() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.open[c.ID]
	o.call, o.at = c, time.Now()
	o.news = len(dialogs(c, o.known)) > 0
	l.open[c.ID] = o
	l.notify()
}

// Ended takes a call whose record is closed, or a leg that came later. It does not wait, and calls nobody back but the memory of the dialogs.
func (l *Ladders) Ended(c cdr.Call) {
	e, why := l.take(c, time.Now())
	if why != Written {
		l.cfg.Dialogs.Written(e.dialogs...)
		l.cfg.Count(why, 1)
	}
}

// take takes what is new of a call, or says why not.
func (l *Ladders) take(c cdr.Call, now time.Time) (ended, Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := ended{call: c.ID, at: now, dialogs: dialogs(c, l.open[c.ID].known), stranger: c.Contract == "" && c.Ticket == 0 && len(c.Legs) == 0}
	delete(l.open, c.ID)
	switch {
	case len(e.dialogs) == 0: // nothing is new, or a browser called, and nobody was rung for it
		return e, Written
	case e.stranger && !l.strangers.Take(e.at, strangers()):
		return e, Left
	case len(l.ended) >= endedMost:
		return e, Lost
	}
	l.ended = append(l.ended, e)
	l.notify()
	return e, Written
}

// dialogs are the Call-IDs of a call, the caller's first, without those that are known.
func dialogs(c cdr.Call, known []string) (list []string) {
	add := func(id string) {
		if id != "" && !slices.Contains(list, id) && !slices.Contains(known, id) {
			list = append(list, id)
		}
	}
	add(c.SIPID)
	for _, leg := range c.Legs {
		add(leg.SIPID)
	}
	return list
}

// notify wakes Run.
func (l *Ladders) notify() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run writes ladders until ctx ends, and then what is left, for at most three seconds.
func (l *Ladders) Run(ctx context.Context) {
	for {
		var due <-chan time.Time
		if wait, some := l.next(time.Now()); some {
			due = time.After(wait)
		}
		select {
		case <-due:
			l.round(ctx, time.Now())
		case <-l.wake:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTime)
			defer cancel()
			l.last(last)
			return
		}
	}
}

// next is how long it is until there is something to do.
func (l *Ladders) next(now time.Time) (wait time.Duration, some bool) {
	if len(l.list) > 0 {
		return l.free.Sub(now), true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var first time.Time
	if len(l.ended) > 0 {
		first = l.ended[0].at
	}
	for _, o := range l.open {
		if o.news && (first.IsZero() || o.at.Before(first)) {
			first = o.at
		}
	}
	return max(l.free.Sub(now), first.Add(settled).Sub(now)), !first.IsZero()
}
