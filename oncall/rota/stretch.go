package rota

import (
	"time"

	"hotline/oncall"
)

// Stretch is one engineer's time on call at a level of a rota without a break; nobody's where Engineer is empty.
type Stretch struct {
	Rota     ID
	Engineer oncall.EngineerID
	Level    int
	From     time.Time
	Until    time.Time
}

// Stretches gives who is on call between two instants, engineer by engineer, by begin and level. What began before from begins
// with it, and what goes on ends with until. A time in which nobody is on call is a stretch of nobody at level 1.
func (s *Schedule) Stretches(from, until time.Time) []Stretch {
	var list []Stretch
	running := map[Place]int{} // in the list
	for _, span := range s.Spans(from, until) {
		places := span.Places
		if len(places) == 0 {
			places = []Place{{Level: 1}}
		}
		still := map[Place]int{}
		for _, p := range places {
			key := Place{Engineer: p.Engineer, Level: p.Level}
			n, runs := running[key]
			if !runs {
				n = len(list)
				list = append(list, Stretch{Rota: s.rota.ID, Engineer: p.Engineer, Level: p.Level, From: span.From})
			}
			list[n].Until, still[key] = span.Until, n
		}
		running = still
	}
	return list
}

// Cover is the rota in which by is on call instead of a stretch's engineer, by an override; a stretch of nobody is filled. An
// override that says something else of the same place ends where this one begins, and goes on where it ends.
func (r Rota) Cover(s Stretch, by oncall.EngineerID, reason string) Rota {
	next := r.Clone()
	o := oncall.Override{Engineer: s.Engineer, Instead: by, Level: s.Level, From: s.From, Until: s.Until, Reason: reason}
	next.Overrides = nil
	for _, other := range r.Overrides {
		if !o.Repeats(other) {
			next.Overrides = append(next.Overrides, other)
			continue
		}
		before, after := other, other
		before.Until, after.From = o.From, o.Until
		for _, rest := range []oncall.Override{before, after} {
			if rest.From.Before(rest.Until) {
				next.Overrides = append(next.Overrides, rest)
			}
		}
	}
	next.Overrides = append(next.Overrides, o)
	return next
}
