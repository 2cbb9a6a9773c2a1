package ring

import (
	"context"
	"maps"
	"slices"
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

// engaged knows which engineers this house is ringing or talking to right now, and which searches wait for one of them. Who is let go
// is given to the first in line in the same step, before anybody else can have him. Safe for concurrent use.
type engaged struct {
	others Others // nil: there are none

	mu      sync.Mutex
	rung    map[string]bool // also who was given to a search that has not rung him yet
	talking map[string]int  // calls in which somebody talks
	line    []*inLine       // in the order of their places
	places  uint64          // that were given
}

func newEngaged(others Others) *engaged {
	return &engaged{others: others, rung: map[string]bool{}, talking: map[string]int{}}
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
	g := e.takeHere(name, talking)
	e.mu.Unlock()
	return e.tells(g, talking)
}

// tells tells the other nodes of somebody who is held here; nil where one of them was faster.
func (e *engaged) tells(g *engagement, talking bool) *engagement {
	if g != nil && e.others != nil && !e.others.Engage(g.name, talking) {
		g.leave()
		return nil
	}
	return g
}

// takeHere is called with mu held.
func (e *engaged) takeHere(name string, talking bool) *engagement {
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
	if !g.talks {
		delete(e.rung, g.name)
	}
	g.ends()
	e.serve()
}

// ends is called with mu held.
func (g *engagement) ends() {
	g.over = true
	if e := g.with; g.talks {
		if e.talking[g.name]--; e.talking[g.name] == 0 {
			delete(e.talking, g.name)
		}
	}
}

// keeps holds an engineer whose talk is over and who is to be rung again at once, before anybody else may have him; nil where another
// search rings him already.
func (g *engagement) keeps() *engagement {
	e := g.with
	e.mu.Lock()
	defer e.mu.Unlock()
	if g.over || e.rung[g.name] {
		return nil
	}
	e.rung[g.name] = true
	g.ends()
	return &engagement{with: e, name: g.name}
}

// claims are what one search has of engaged: who is held for it to be rung now, and its place in the line. Safe for concurrent use:
// the telephones that a search rings together take and release.
type claims struct {
	with *engaged

	given map[string]*engagement // under the lock of with, as place is
	place uint64                 // 0: none
}

func (e *engaged) claims() *claims { return &claims{with: e, given: map[string]*engagement{}} }

// take holds name, whom the search may have been given before; nil where another search has name.
func (c *claims) take(name string, talking bool) *engagement {
	e := c.with
	e.mu.Lock()
	g := c.given[name]
	if delete(c.given, name); g == nil {
		g = e.takeHere(name, talking)
	}
	e.mu.Unlock()
	if g = e.tells(g, talking); g != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		c.place = 0 // who waits again stands behind those who wait now
	}
	return g
}

// keep has name, whose talk g is over, rung again at once by this search: nobody else gets name before.
func (c *claims) keep(name string, g *engagement) {
	if g = g.keeps(); g == nil {
		return
	}
	c.with.mu.Lock()
	defer c.with.mu.Unlock()
	c.given[name] = g
}

// release lets go of those who were given to the search, and are not rung now.
func (c *claims) release() {
	c.with.mu.Lock()
	given := maps.Clone(c.given)
	clear(c.given)
	c.with.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(given)) {
		given[name].free()
	}
}

// wait waits in line for one of those whom the search wants. It holds those of the first turn that can ring.
func (c *claims) wait(ctx context.Context, wants map[string]bool, turns []hope, most time.Duration) {
	c.with.mu.Lock()
	line := &inLine{wants: wants, turns: turns, place: c.place}
	c.with.mu.Unlock()
	given := c.with.wait(ctx, line, most)
	c.with.mu.Lock()
	defer c.with.mu.Unlock()
	c.given, c.place = given, line.place
}

// inLine is a search that waits until one of those whom it wants is free. Who leaves the line without having rung anybody, since its
// time was up, has its place again when it comes back.
type inLine struct {
	wants map[string]bool // of these one must be free
	turns []hope          // whom the search rings then
	place uint64          // 0: none yet

	elsewhere map[string]bool        // free here, and engaged at another node when that was asked last
	given     map[string]*engagement // those of the first turn that can ring
	served    chan struct{}          // closed when given stands; who is served is not in line any more
}

// hope is one turn that a search will ring.
type hope struct {
	names   []string
	talking bool // who talks may be rung
}

// wait waits in line, so long at most, or until ctx ends. It gives who is held for the search now, which has to let go of whom it
// does not ring.
func (e *engaged) wait(ctx context.Context, w *inLine, most time.Duration) map[string]*engagement {
	enough := time.NewTimer(most)
	defer enough.Stop()
	e.enter(w)
	for {
		var look <-chan time.Time
		if len(w.elsewhere) > 0 {
			look = time.After(lookElsewhere)
		}
		select {
		case <-w.served:
			if e.others == nil || !e.others.Elsewhere(slices.Sorted(maps.Keys(w.given))) {
				return w.given
			}
			e.returns(w)
		case <-look:
			e.looks(w)
		case <-enough.C:
			return e.quit(w)
		case <-ctx.Done():
			return e.quit(w)
		}
	}
}

// enter puts a search in its place of the line.
func (e *engaged) enter(w *inLine) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if w.place == 0 {
		e.places++
		w.place = e.places
	}
	w.elsewhere = map[string]bool{}
	e.stands(w)
	e.serve()
}

// stands is called with mu held.
func (e *engaged) stands(w *inLine) {
	w.given, w.served = map[string]*engagement{}, make(chan struct{})
	at := slices.IndexFunc(e.line, func(other *inLine) bool { return other.place > w.place })
	if at < 0 {
		at = len(e.line)
	}
	e.line = slices.Insert(e.line, at, w)
}

// serve gives those who are free to those who wait. It is called with mu held.
func (e *engaged) serve() {
	e.line = slices.DeleteFunc(e.line, e.gives)
}

// gives gives a search those of its first turn that can ring, once somebody whom it waits for is free. It is called with mu held.
func (e *engaged) gives(w *inLine) bool {
	free := func(name string) bool { return !e.rung[name] && e.talking[name] == 0 && !w.elsewhere[name] }
	waits := true
	for name := range w.wants {
		waits = waits && !free(name)
	}
	for i := 0; !waits && len(w.given) == 0 && i < len(w.turns); i++ {
		for _, name := range w.turns[i].names {
			if w.elsewhere[name] {
				continue
			}
			if g := e.takeHere(name, w.turns[i].talking); g != nil {
				w.given[name] = g
			}
		}
	}
	if len(w.given) == 0 {
		return false
	}
	close(w.served)
	return true
}

// returns lets go of those who were given to a search, and are engaged at another node. It has its place again.
func (e *engaged) returns(w *inLine) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name := range w.given {
		w.elsewhere[name] = true
		delete(e.rung, name)
	}
	e.stands(w)
	e.serve()
}

// looks has a search ask once more who is engaged at another node.
func (e *engaged) looks(w *inLine) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w.elsewhere = map[string]bool{}
	e.serve()
}

// quit takes a search out of the line, and gives who was given to it at the last moment.
func (e *engaged) quit(w *inLine) map[string]*engagement {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.line = slices.DeleteFunc(e.line, func(other *inLine) bool { return other == w })
	return w.given
}
