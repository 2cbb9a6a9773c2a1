package nodes

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"hotline/circuitbreaker"
	"hotline/oncall"
)

const (
	engagedTimeout  = 400 * time.Millisecond // an engineer is rung after it, whatever other nodes do
	engagedCooldown = 5 * time.Second        // nobody waits again
	unwritten       = 5 * time.Second        // what was written less than that ago, and is not known, is being written
)

// Engaged tells the other nodes whom this one rings or talks to, and asks them. It is a row with a lease for each: a node that dies
// holds nobody for longer than half a minute. A database that is down or slow keeps nobody from being rung: what it cannot tell in time is taken for no.
// oncall/ring asks it. Safe for concurrent use.
type Engaged struct {
	store oncall.Engagements
	node  string
	log   *slog.Logger
	ask   *circuitbreaker.Breaker

	mu    sync.Mutex
	held  map[string]bool // by name; true for who talks
	until time.Time       // the database may have rows of this node that are not held
}

// NewEngaged makes that of a node; it starts nothing.
func NewEngaged(s oncall.Engagements, node string, log *slog.Logger) *Engaged {
	return &Engaged{
		store: s, node: node, log: log, held: map[string]bool{},
		ask: circuitbreaker.New(circuitbreaker.Config{Timeout: engagedTimeout, Cooldown: engagedCooldown}),
	}
}

// Engage tells that name is rung here; false when another node rings name, or talks to name and talking is false.
func (e *Engaged) Engage(name string, talking bool) bool {
	talks, had := e.mark(name, false)
	free, now := true, time.Now()
	err := e.ask.Do(context.Background(), func(ctx context.Context) (err error) {
		free, err = e.store.Engage(ctx, oncall.Engagement{Name: name, Node: e.node, Until: now.Add(oncall.EngagedTime)}, talking, now)
		return err
	})
	switch {
	case err != nil:
		e.log.Warn("whether another node rings an engineer cannot be told; he is rung", "engineer", name, "error", err)
	case !free && had:
		e.mark(name, talks)
		return false
	case !free:
		e.forget(name)
		return false
	}
	return true
}

// Talks tells with the next round that name, who was engaged, talks.
func (e *Engaged) Talks(name string) { e.mark(name, true) }

// mark holds name, and gives what was held before.
func (e *Engaged) mark(name string, talks bool) (former, had bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	former, had = e.held[name]
	e.held[name] = talks
	return former, had
}

func (e *Engaged) forget(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.held, name)
	e.until = time.Now().Add(3 * unwritten)
}

// Free tells that name is neither rung nor talked to here any more. What cannot be told now is told with a later round.
func (e *Engaged) Free(name string) {
	e.forget(name)
	err := e.ask.Do(context.Background(), func(ctx context.Context) error { return e.store.Disengage(ctx, e.node, name) })
	if err != nil {
		e.log.Debug("other nodes hear later that an engineer is free", "engineer", name, "error", err)
	}
}

// Elsewhere tells whether other nodes ring or talk to all of the names.
func (e *Engaged) Elsewhere(names []string) bool {
	var list []string
	err := e.ask.Do(context.Background(), func(ctx context.Context) (err error) {
		list, err = e.store.EngagedElsewhere(ctx, e.node, names, time.Now())
		return err
	})
	return err == nil && len(list) == len(names)
}

// Renew writes what this node holds. Call it in each round of maintenance: often enough for the lease, by far. While nobody is
// rung it asks nothing.
func (e *Engaged) Renew(ctx context.Context) {
	now := time.Now()
	list, rows := e.holds(now)
	if !rows {
		return
	}
	if err := e.store.RenewEngagements(ctx, e.node, list, now.Add(oncall.EngagedTime-unwritten)); err != nil {
		if ctx.Err() == nil {
			e.log.Debug("other nodes hear later who is engaged", "error", err)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.until = time.Now().Add(3 * unwritten)
		return
	}
	e.ask.Close()
}

// holds is what this node holds, and whether the database has rows of it.
func (e *Engaged) holds(now time.Time) (list []oncall.Engagement, rows bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name, talks := range e.held {
		list = append(list, oncall.Engagement{Name: name, Node: e.node, Talks: talks, Until: now.Add(oncall.EngagedTime)})
	}
	return list, len(list) > 0 || now.Before(e.until)
}
