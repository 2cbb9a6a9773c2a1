package ring

import (
	"context"
	"sync"
	"time"
)

// engaged knows which engineers this house is ringing or talking to right now. Safe for concurrent use.
type engaged struct {
	mu      sync.Mutex
	rung    map[string]bool
	talking map[string]int // calls in which somebody talks
	freed   chan struct{}  // closed when the next one of them is free again
}

func newEngaged() *engaged {
	return &engaged{rung: map[string]bool{}, talking: map[string]int{}, freed: make(chan struct{})}
}

// engagement is one engineer who is rung, and then perhaps talks.
type engagement struct {
	with  *engaged
	name  string
	talks bool
	over  bool
}

// take holds name; nil at once when somebody else rings it. Who talks is held only where talking says that this is no matter.
func (e *engaged) take(name string, talking bool) *engagement {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.rung[name] || e.talking[name] > 0 && !talking {
		return nil
	}
	e.rung[name] = true
	return &engagement{with: e, name: name}
}

// talk tells that the engineer is joined to the caller.
func (g *engagement) talk() {
	e := g.with
	e.mu.Lock()
	defer e.mu.Unlock()
	if g.talks {
		return
	}
	g.talks = true
	delete(e.rung, g.name)
	e.talking[g.name]++
}

// free lets the next one have the engineer. Idempotent.
func (g *engagement) free() {
	e := g.with
	e.mu.Lock()
	defer e.mu.Unlock()
	if g.over {
		return
	}
	g.over = true
	if !g.talks {
		delete(e.rung, g.name)
	} else if e.talking[g.name]--; e.talking[g.name] == 0 {
		delete(e.talking, g.name)
	}
	close(e.freed)
	e.freed = make(chan struct{})
}

// wait waits until one of the names is free, so long at most, or until ctx ends.
func (e *engaged) wait(ctx context.Context, names map[string]bool, most time.Duration) {
	enough := time.NewTimer(most)
	defer enough.Stop()
	for {
		e.mu.Lock()
		all := true
		for name := range names {
			all = all && (e.rung[name] || e.talking[name] > 0)
		}
		freed := e.freed
		e.mu.Unlock()
		if !all {
			return
		}
		select {
		case <-freed:
		case <-enough.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
