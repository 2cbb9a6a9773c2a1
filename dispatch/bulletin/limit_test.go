package bulletin

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/budgets"
	"hotline/prove"
)

// TestNoTelephoneRingsMoreOftenThanTheTableSays, whenever it is asked for; and it rings as soon as the table allows it.
func TestNoTelephoneRingsMoreOftenThanTheTableSays(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		m := NewLimits(nil, nil)
		now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
		var rung []time.Time
		for range rapid.IntRange(1, 200).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second)
			counts := func(at time.Time) bool {
				return !slices.ContainsFunc(limits(), func(l limit) bool {
					n := 0
					for _, r := range rung {
						if at.Sub(r) < l.within {
							n++
						}
					}
					return n >= l.most
				})
			}
			next, may := m.next("anna", now), m.take(t.Context(), "anna", now)
			if may != counts(now) || may != next.Equal(now) {
				t.Fatalf("after %v a call at %v: %v, from %v on", rung, now, may, next)
			}
			if may {
				rung = append(rung, now)
			} else if counts(next.Add(-time.Nanosecond)) || !counts(next) {
				t.Fatalf("after %v the next call may come at %v", rung, next)
			}
			if !m.next("marco", now).Equal(now) {
				t.Fatal("another telephone pays for it")
			}
		}
	})
}

// shared is the store of several nodes: each is told once of what the others have written.
type shared struct {
	written []budgets.Spending
}

func (s *shared) node(name string) *Limits {
	read := 0
	var l *Limits
	l = NewLimits(func(x budgets.Spending) { x.Node = name; s.written = append(s.written, x) }, func(context.Context) {
		for ; read < len(s.written); read++ {
			if s.written[read].Node != name {
				l.Recall(s.written[read : read+1])
			}
		}
	})
	return l
}

// TestNodesAndRestartsRingATelephoneNoMoreOftenTogether: whichever node rings, and however often one starts anew.
func TestNodesAndRestartsRingATelephoneNoMoreOftenTogether(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		var all shared
		alone := NewLimits(nil, nil)
		nodes := []*Limits{all.node("0"), all.node("1"), all.node("2")}
		now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
		for i := range rapid.IntRange(1, 100).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second)
			at := rapid.IntRange(0, len(nodes)-1).Draw(t, "node")
			if rapid.IntRange(0, 9).Draw(t, "restarts") == 0 {
				nodes[at] = all.node(fmt.Sprint("again ", i))
			}
			if got, want := nodes[at].take(t.Context(), "anna", now), alone.take(t.Context(), "anna", now); got != want {
				t.Fatalf("node %d may ring at %v: %v; one node by itself: %v", at, now, got, want)
			}
		}
	})
}
