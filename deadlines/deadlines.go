// Package deadlines watches the clocks of tickets, and raises a warning or a breach at its instant.
//
// Each node sweeps the due rows of the store once a second, and claims the tickets that it looks at. The ticket's version keeps two
// nodes from raising one alarm twice. Goroutines: [Watcher.Run] is one, which its caller starts and waits for; while something is
// due it has eight more, which it waits for.
package deadlines

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hotline/alarm"
	"hotline/sla"
	"hotline/tickets"
	"hotline/wallclock"
)

// How the clocks are watched. An instant is a whole second and a breach is known one second after it, so that looking at
// the beginning of each second raises everything within the two seconds that are promised. A node that dies leaves its
// claims for less than the five seconds in which its successor must have raised everything.
const (
	sweepTime   = time.Second
	claimTime   = 3 * time.Second
	claimAtOnce = 200 // tickets of one look
	parallel    = 8   // of them at a time: most of a change is waiting for the disk
)

// Store gives out tickets with due clocks. The stores implement it.
type Store interface {
	ClaimDue(ctx context.Context, node string, now time.Time, until time.Duration, most int) ([]tickets.Number, error)
}

// Desk enters what is due into a ticket's history. tickets.Desk implements it.
type Desk interface {
	Look(ctx context.Context, n tickets.Number, now time.Time) (tickets.Ticket, []tickets.Event, error)
}

// Config is what a [Watcher] works with. All of it is required.
type Config struct {
	Store    Store
	Desk     Desk
	Node     string           // the name of this process among those on one database
	Breached func(k sla.Kind) // counts breaches
	Alarm    alarm.Func
	Log      *slog.Logger
}

// Watcher raises what is due. Safe for concurrent use.
type Watcher struct{ cfg Config }

// New makes a watcher; it starts nothing.
func New(c Config) *Watcher { return &Watcher{c} }

// Run raises warnings and breaches until ctx ends, first those that fell due while nobody looked. It asks the
// wall's time each time, so that a jump of the clock loses nothing.
func (w *Watcher) Run(ctx context.Context) {
	node, down := w.cfg.Node, false
	for {
		raised, err := w.sweep(ctx, node, time.Now())
		for err == nil && raised == claimAtOnce && ctx.Err() == nil {
			raised, err = w.sweep(ctx, node, time.Now())
		}
		if err != nil && !down && ctx.Err() == nil { // said once, not every second
			w.cfg.Log.Warn("due clocks are not read until the store answers", "error", err)
		}
		down = err != nil
		if !wallclock.Next(ctx, sweepTime) {
			return
		}
	}
}

// sweep raises what is due on the tickets that this node could claim, and counts those on which something was raised.
func (w *Watcher) sweep(ctx context.Context, node string, now time.Time) (int, error) {
	list, err := w.cfg.Store.ClaimDue(ctx, node, now, claimTime, claimAtOnce)
	if err != nil {
		return 0, err
	}
	var done atomic.Int64
	var looking sync.WaitGroup
	for first := range min(parallel, len(list)) {
		looking.Go(func() {
			for i := first; i < len(list); i += parallel {
				raised, err := w.Look(ctx, list[i], now)
				if err != nil {
					w.cfg.Log.Error("alarm not raised", "ticket", list[i], "error", err)
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

// Look raises what is due on one ticket, and tells whether anything was. Due work calls it too.
func (w *Watcher) Look(ctx context.Context, n tickets.Number, now time.Time) (bool, error) {
	_, raised, err := w.cfg.Desk.Look(ctx, n, now)
	for _, e := range raised {
		switch e.Kind {
		case tickets.Broken:
			w.cfg.Breached(sla.Kind(e.Facts["clock"]))
			w.cfg.Alarm(alarm.Breach, fmt.Sprintf("ticket %d: %s was due at %s", n, e.Facts["clock"], e.Facts["due"]))
		case tickets.Warned:
			w.cfg.Alarm(alarm.Warning, fmt.Sprintf("ticket %d: %s is due at %s", n, e.Facts["clock"], e.Facts["due"]))
		}
	}
	return len(raised) > 0, err
}
