package ring

import (
	"context"
	"sync"
	"time"
)

// Others are the other nodes that share the database, and ring the same engineers. Who cannot ask them rings. Safe for concurrent use.
type Others interface {
	// Engage tells them that name is rung here; false when another node rings name, or talks to name and talking is false. It comes
	// back soon, also where nobody answers.
	Engage(name string, talking bool) bool
	// Talks tells them in a while that name, who was engaged, talks now. It does not wait.
	Talks(name string)
	// Free tells them that name is neither rung nor talked to here any more. It comes back soon.
	Free(name string)
	// Elsewhere tells whether other nodes ring or talk to all of the names. It comes back soon.
	Elsewhere(names []string) bool
}

const lookElsewhere = time.Second // between two questions whether another node is done with somebody

// engaged knows which engineers this house is ringing or talking to right now. Safe for concurrent use.
type engaged struct {
	others Others // nil: there are none

	mu      sync.Mutex
	rung    map[string]bool
	talking map[string]int // calls in which somebody talks
	freed   chan struct{}  // closed when the next one of them is free again
}

func newEngaged(others Others) *engaged {
	return &engaged{others: others, rung: map[string]bool{}, talking: map[string]int{}, freed: make(chan struct{})}
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
	g := e.takeHere(name, talking)
	if g != nil && e.others != nil && !e.others.Engage(name, talking) {
		g.leave()
		return nil
	}
	return g
}

func (e *engaged) takeHere(name string, talking bool) *engagement {
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
	if e.others != nil {
		e.others.Talks(g.name)
	}
}

// free lets the next one have the engineer, of other nodes first: until it is told there, nobody here begins anew. Idempotent.
func (g *engagement) free() {
	if g.with.others != nil && g.last() {
		g.with.others.Free(g.name)
	}
	g.leave()
}

// last tells whether nobody else here has the engineer.
func (g *engagement) last() bool {
	e := g.with
	e.mu.Lock()
	defer e.mu.Unlock()
	if g.talks {
		return !g.over && e.talking[g.name] == 1 && !e.rung[g.name]
	}
	return !g.over && e.talking[g.name] == 0
}

func (g *engagement) leave() {
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
		freed, elsewhere := e.free(names)
		if len(elsewhere) > 0 && (e.others == nil || !e.others.Elsewhere(elsewhere)) {
			return
		}
		var look <-chan time.Time
		if len(elsewhere) > 0 {
			look = time.After(lookElsewhere)
		}
		select {
		case <-look:
		case <-freed:
		case <-enough.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// free gives those of the names whom nobody here has, and what is closed when the next one is free.
func (e *engaged) free(names map[string]bool) (freed chan struct{}, list []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name := range names {
		if !e.rung[name] && e.talking[name] == 0 {
			list = append(list, name)
		}
	}
	return e.freed, list
}
