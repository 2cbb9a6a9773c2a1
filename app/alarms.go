package app

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"hotline/alarm"
	"hotline/sla"
	"hotline/tickets"
)

// How the clocks are watched. An instant is a whole second and a breach is known one second after it, so that looking at
// the beginning of each second raises everything within the two seconds that are promised. A node that dies leaves its
// claims for less than the five seconds in which its successor must have raised everything.
const (
	lookTime  = time.Second
	claimTime = 3 * time.Second
	dueAtOnce = 200 // tickets of one look
	lookers   = 8   // of them at a time: most of a change is waiting for the disk
)

// watchClocks raises warnings and breaches until ctx ends, first those that fell due while nobody looked. It asks the
// wall's time each time, so that a jump of the clock loses nothing.
func (a *App) watchClocks(ctx context.Context) {
	node, down := newID(), false
	for {
		raised, err := a.sweep(ctx, node, time.Now())
		for err == nil && raised == dueAtOnce && ctx.Err() == nil {
			raised, err = a.sweep(ctx, node, time.Now())
		}
		if err != nil && !down && ctx.Err() == nil { // said once, not every second
			a.log.Warn("due clocks are not read until the store answers", "error", err)
		}
		down = err != nil
		if !untilNext(ctx, lookTime) {
			return
		}
	}
}

// untilNext waits for the next whole multiple of a span on the wall's clock, false when ctx ends before. What goes on in a server
// without calls wakes at the same instants: a waking costs more than most of the work.
func untilNext(ctx context.Context, span time.Duration) bool {
	now := time.Now()
	next := time.NewTimer(now.Truncate(span).Add(span).Sub(now))
	defer next.Stop()
	select {
	case <-next.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// sweep raises what is due on the tickets that this node could claim, and counts those on which something was raised.
func (a *App) sweep(ctx context.Context, node string, now time.Time) (int, error) {
	list, err := a.store.ClaimDue(ctx, node, now, claimTime, dueAtOnce)
	if err != nil {
		return 0, err
	}
	var done atomic.Int64
	var looking sync.WaitGroup
	for first := range min(lookers, len(list)) {
		looking.Go(func() {
			for i := first; i < len(list); i += lookers {
				raised, err := a.look(ctx, list[i], now)
				if err != nil {
					a.log.Error("alarm not raised", "ticket", list[i], "error", err)
				}
				if raised {
					done.Add(1)
				}
			}
		})
	}
	looking.Wait()
	return int(done.Load()), nil
}

// look raises what is due on one ticket, and tells whether anything was.
func (a *App) look(ctx context.Context, n tickets.Number, now time.Time) (bool, error) {
	_, raised, err := a.desk.Look(ctx, n, now)
	for _, e := range raised {
		switch e.Kind {
		case tickets.Broken:
			a.metrics.Breached(sla.Kind(e.Facts["clock"]))
			a.alarm(alarm.Breach, fmt.Sprintf("ticket %d: %s was due at %s", n, e.Facts["clock"], e.Facts["due"]))
		case tickets.Warned:
			a.alarm(alarm.Warning, fmt.Sprintf("ticket %d: %s is due at %s", n, e.Facts["clock"], e.Facts["due"]))
		}
	}
	return len(raised) > 0, err
}

// work does one piece of due work.
func (a *App) work(ctx context.Context, w tickets.Work) error {
	switch w.Kind {
	case tickets.WorkClocks, tickets.WorkBreach, tickets.WorkWarn:
		_, err := a.look(ctx, w.Ticket, time.Now())
		return err
	case tickets.WorkEscalate:
		return a.dispatch.Escalate(ctx, w)
	case tickets.WorkRing:
		return a.dispatch.RingForAlarm(ctx, w)
	case tickets.WorkNotify:
		return a.notify(ctx, w)
	case tickets.WorkReceipt:
		return a.receipt(ctx, w)
	case tickets.WorkUpdate:
		return a.update(ctx, w)
	}
	return fmt.Errorf("due work %s of kind %q is unknown", w.ID, w.Kind)
}
