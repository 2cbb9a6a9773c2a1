// Package listener is the base of the listeners intake/snmp and intake/syslog. It finds the installation that sent a message,
// limits how much is taken, queues alerts for the Alerting Manager in bounded memory, and counts all that was not taken.
//
// A listener reads a message, finds its source, and puts the alerts on the source's queue. Workers hand them in, all that wait on
// a queue at once, and try again while the database does not answer. Nothing is dropped in silence: what was lost is counted, and
// written on the installation's tickets.
package listener

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"hotline/intake"
	"hotline/sip/ratelimit"
	"hotline/storage"
)

// Taker takes alerts in; *intake.Intake does.
type Taker interface {
	Take(ctx context.Context, o intake.Origin, b intake.Batch, now time.Time) (intake.Outcome, error)
}

// Bounds of what waits while the Alerting Manager or the database is slow.
const (
	SourceMost = 1000   // alerts of one source
	QueueMost  = 10_000 // alerts of all sources together
	turnMost   = 500    // alerts that are handed in at once
)

const (
	workers  = 4
	lastTry  = 5 * time.Second // for what waits when the program stops
	waitMost = 10 * time.Second
	triesBad = 5 // of what fails for another reason than a store that does not answer
)

// Config is what a queue needs. Everything is required.
type Config struct {
	Source string         // how the alerts of the listener are called among those of an installation
	Rate   ratelimit.Rate // the most that one source may send
	Taker  Taker
	Counts *Counts
	Log    *slog.Logger
}

// Queue holds the alerts of every source until they are taken. Safe for concurrent use.
type Queue struct {
	cfg     Config
	sources []*SourceQueue
	ready   chan *SourceQueue // those at which something waits and that nobody works at; each is in it once at most

	mu      sync.Mutex
	waiting int
	freed   chan struct{} // closed when alerts were taken
}

// SourceQueue is the queue of one source. Safe for concurrent use.
type SourceQueue struct {
	queue  *Queue
	origin intake.Origin

	// of the queue's lock
	rate   ratelimit.Bucket
	items  []item
	alerts int
	missed int  // lost since the last turn
	listed bool // in ready, or being worked at
}

// item is one message.
type item struct {
	alerts []intake.Alert
	done   func(taken bool) // when it was taken for good, or is lost; nil: nobody asks
}

// NewQueue makes a queue with a queue for each origin, in their order.
func NewQueue(c Config, origins []intake.Origin) *Queue {
	q := &Queue{cfg: c, ready: make(chan *SourceQueue, len(origins)), freed: make(chan struct{})}
	for _, o := range origins {
		o.Source = c.Source
		q.sources = append(q.sources, &SourceQueue{queue: q, origin: o})
	}
	return q
}

// Source is the queue of the origin of that number.
func (q *Queue) Source(i int) *SourceQueue { return q.sources[i] }

// Offer puts a message's alerts on the queue; false when it is full: they are lost then, which is counted. done is called once
// they stand in a ticket or in the store, or cannot be taken; nil where nobody asks.
func (l *SourceQueue) Offer(alerts []intake.Alert, done func(taken bool)) bool {
	l.queue.mu.Lock()
	fits := l.put(item{alerts, done})
	if !fits {
		l.missed += len(alerts)
	}
	l.queue.mu.Unlock()
	if !fits {
		l.queue.cfg.Counts.Add(Overflow, len(alerts))
	}
	return fits
}

// Put is Offer for who can wait: it comes back when the queue has room, or with the context's error.
func (l *SourceQueue) Put(ctx context.Context, alerts []intake.Alert) error {
	for {
		l.queue.mu.Lock()
		fits, freed := l.put(item{alerts: alerts}), l.queue.freed
		l.queue.mu.Unlock()
		if fits {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-freed:
		}
	}
}

// Within takes one from what the source may send; false: it is spent.
func (l *SourceQueue) Within(now time.Time) bool {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	return l.rate.Take(now, l.queue.cfg.Rate)
}

// Missed notes messages of the source that were lost before they could be put on the queue: its tickets tell.
func (l *SourceQueue) Missed(n int) {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	l.missed += n
}

// put adds a message where there is room. The queue's lock is held.
func (l *SourceQueue) put(i item) bool {
	n := len(i.alerts)
	if l.alerts > 0 && l.alerts+n > SourceMost || l.queue.waiting > 0 && l.queue.waiting+n > QueueMost {
		return false
	}
	l.items = append(l.items, i)
	l.alerts += n
	l.queue.waiting += n
	l.list()
	return true
}

// list has a worker come. The queue's lock is held.
func (l *SourceQueue) list() {
	if !l.listed && len(l.items) > 0 {
		l.listed = true
		l.queue.ready <- l // never full: each queue is in it once
	}
}

// Run hands alerts in until ctx ends, and then for a moment those that wait.
func (q *Queue) Run(ctx context.Context) {
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case l := <-q.ready:
					q.work(ctx, l)
				}
			}
		})
	}
	running.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTry)
	defer cancel()
	q.empty(last)
}

// empty hands in what waits, and counts what cannot be.
func (q *Queue) empty(ctx context.Context) {
	for _, l := range q.sources {
		for {
			batch, items := l.turn()
			if len(items) == 0 {
				break
			}
			err := ctx.Err()
			if err == nil {
				_, err = q.take(ctx, l.origin, batch)
			}
			if err != nil {
				l.end(items, false)
				q.cfg.Counts.Add(Unfinished, len(batch.Alerts))
				q.cfg.Log.Error("alerts are lost: the program stops, and they could not be taken", "contract", l.origin.Contract, "source", l.origin.Source, "alerts", len(batch.Alerts), "error", err)
				continue
			}
			l.end(items, true)
		}
	}
}

// work takes one turn at a queue: it tries until the alerts are taken, are given up, or ctx ends, which leaves them on the queue.
func (q *Queue) work(ctx context.Context, l *SourceQueue) {
	batch, items := l.turn()
	wait := 250 * time.Millisecond
	for n := 1; ; n++ {
		_, err := q.take(ctx, l.origin, batch)
		if err == nil {
			l.end(items, true)
			return
		}
		if gone := errors.Is(err, intake.ErrContract); gone || n >= triesBad && !passes(err) {
			q.cfg.Log.Error("alerts are lost: they cannot be taken", "contract", l.origin.Contract, "source", l.origin.Source, "alerts", len(batch.Alerts), "error", err)
			q.cfg.Counts.Add(Failed, len(batch.Alerts))
			l.end(items, false)
			return
		}
		if n == 1 {
			q.cfg.Log.Warn("alerts wait, and are tried again", "contract", l.origin.Contract, "source", l.origin.Source, "error", err)
		}
		select {
		case <-ctx.Done():
			l.back(batch, items)
			return
		case <-time.After(wait):
			wait = min(2*wait, waitMost)
		}
	}
}

// passes tells whether an error is one of a store that will answer again.
func passes(err error) bool {
	for _, kind := range []error{intake.ErrBusy, storage.ErrDown, storage.ErrBusy, storage.ErrConflict, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// take hands alerts in. A fault of ours is an error: the other queues go on.
func (q *Queue) take(ctx context.Context, o intake.Origin, b intake.Batch) (became intake.Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("taking alerts panicked: %v", r)
		}
	}()
	return q.cfg.Taker.Take(ctx, o, b, time.Now())
}

// turn is what is handed in at once: as many messages as fit, one at least. Nothing waits: no items.
func (l *SourceQueue) turn() (b intake.Batch, items []item) {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	n := 0
	for n < len(l.items) && (n == 0 || len(b.Alerts)+len(l.items[n].alerts) <= turnMost) {
		b.Alerts = append(b.Alerts, l.items[n].alerts...)
		n++
	}
	items, l.items = l.items[:n:n], l.items[n:]
	b.Truncated, l.missed = l.missed, 0
	return b, items
}

// end is the end of a turn: there is room again, and who asked is told.
func (l *SourceQueue) end(items []item, taken bool) {
	l.queue.mu.Lock()
	for _, i := range items {
		l.alerts -= len(i.alerts)
		l.queue.waiting -= len(i.alerts)
	}
	l.listed = false
	l.list()
	close(l.queue.freed)
	l.queue.freed = make(chan struct{})
	l.queue.mu.Unlock()
	for _, i := range items {
		if i.done != nil {
			i.done(taken)
		}
	}
}

// back leaves a turn's messages on the queue, in front.
func (l *SourceQueue) back(b intake.Batch, items []item) {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	l.items = append(items, l.items...)
	l.missed += b.Truncated
}
