package ring

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/prove"
)

// TestTheLineOfThoseWhoWait: whoever is let go is given to the first in line who wants him, nobody waits for somebody who is free, nobody
// is held twice, and when all is over nothing is left.
func TestTheLineOfThoseWhoWait(t *testing.T) {
	prove.Check(t, func(r *rapid.T) {
		s := &street{T: r, e: newEngaged(nil)}
		for i := range rapid.IntRange(1, 5).Draw(r, "searches") {
			s.all = append(s.all, &seeker{inLine: inLine{turns: s.hopes()}, id: i})
		}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			s.step(rapid.SampledFrom(s.all).Draw(r, "search"))
			s.judge()
		}
		for _, one := range s.all {
			s.leaves(one)
		}
		if e := s.e; len(e.rung)+len(e.talking)+len(e.line) > 0 {
			r.Fatalf("left over are rung %v, talking %v and %d in line", e.rung, e.talking, len(e.line))
		}
	})
}

// street is three engineers and the searches for them.
type street struct {
	*rapid.T
	e   *engaged
	all []*seeker
}

// seeker is a search: it rings somebody, talks, waits, or does nothing.
type seeker struct {
	inLine
	id    int
	has   []*engagement
	waits bool
}

func (s *street) hopes() (list []hope) {
	names := rapid.Permutation([]string{"anna", "marco", "sara"}).Draw(s.T, "chain")
	for len(names) > 0 {
		n := rapid.IntRange(1, len(names)).Draw(s.T, "at once")
		list, names = append(list, hope{names[:n], rapid.IntRange(0, 3).Draw(s.T, "talking") == 0}), names[n:]
	}
	return list
}

// step is what happens next to a search.
func (s *street) step(one *seeker) {
	choice := rapid.IntRange(0, 3).Draw(s.T, "choice")
	switch {
	case one.waits && choice == 0: // its time is up, and it keeps its place
		s.leaves(one)
	case one.waits:
	case len(one.has) == 0:
		s.seeks(one)
	case choice == 0:
		one.has[0].talk()
	case choice == 1 && len(one.has) == 1 && one.has[0].talks:
		if again := one.has[0].keeps(); again != nil {
			one.has[0] = again
			return
		}
		s.leaves(one)
	default:
		s.leaves(one)
	}
	s.served()
}

// seeks goes through the chain as a walk does, and waits where nobody can be rung.
func (s *street) seeks(one *seeker) {
	one.wants = map[string]bool{}
	for _, h := range one.turns {
		for _, name := range h.names {
			if g := s.e.take(name, h.talking); g != nil {
				one.has = append(one.has, g)
			} else {
				one.wants[name] = true
			}
		}
		if len(one.has) > 0 {
			one.place = 0
			return
		}
	}
	s.e.enter(&one.inLine)
	one.waits = true
}

// served has those ring who were given somebody.
func (s *street) served() {
	for _, one := range s.all {
		select {
		case <-one.inLine.served:
			if one.waits {
				s.takes(one)
			}
		default:
		}
	}
}

func (s *street) takes(one *seeker) {
	for name, g := range one.given {
		one.has = append(one.has, g)
		for _, other := range s.all {
			if other.waits && len(other.given) == 0 && other.place < one.place && other.wants[name] {
				s.Fatalf("search %d was given %s before search %d, which came first", one.id, name, other.id)
			}
		}
	}
	one.waits, one.place = false, 0
}

// leaves lets go of all that a search has, and takes it out of the line.
func (s *street) leaves(one *seeker) {
	if one.waits {
		for _, g := range s.e.quit(&one.inLine) {
			one.has = append(one.has, g)
		}
		one.waits = false
	}
	for _, g := range one.has {
		g.free()
		g.free()
	}
	one.has = nil
	s.served()
}

func (s *street) judge() {
	rung := map[string]int{}
	for _, one := range s.all {
		for _, g := range one.has {
			if !g.talks {
				rung[g.name]++
			}
		}
		if !one.waits {
			continue
		}
		for name := range one.wants {
			if !s.e.rung[name] && s.e.talking[name] == 0 {
				s.Fatalf("search %d waits for %s, who is free", one.id, name)
			}
		}
	}
	for name, n := range rung {
		if n > 1 {
			s.Fatalf("%s is rung by %d searches", name, n)
		}
	}
	if !slices.IsSortedFunc(s.e.line, func(a, b *inLine) int { return int(a.place) - int(b.place) }) {
		s.Fatalf("the line is out of order")
	}
}

// TestWhoWaitsIsServedWhileItWouldLeave: a search whose time is up, or whose caller hangs up, at the instant at which somebody is let go has
// this engineer or leaves him to the next one, and nobody is lost.
func TestWhoWaitsIsServedWhileItWouldLeave(t *testing.T) {
	for range 200 {
		e := newEngaged(nil)
		g := e.take("anna", false)
		ctx, hangUp := context.WithCancel(t.Context())
		one := &inLine{wants: map[string]bool{"anna": true}, turns: []hope{{names: []string{"anna"}}}}
		var meanwhile sync.WaitGroup
		meanwhile.Go(hangUp)
		meanwhile.Go(func() {
			for _, had := range e.wait(ctx, one, time.Hour) {
				had.free()
			}
		})
		g.free()
		meanwhile.Wait()
		if left := fmt.Sprint(e.rung, e.talking, len(e.line)); left != "map[] map[] 0" {
			t.Fatalf("left over are %s", left)
		}
	}
}
