package rota

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"hotline/oncall"
)

// settled gives the places that are taken at an instant. Of each level it takes the topmost group of layers that leaves somebody
// after swaps, overrides and absences. It adds whoever overrides add.
func (s *Schedule) settled(pieces []piece, now time.Time) []Place {
	levels := map[int]map[int][]Place{} // the groups of each level
	at := func(level int) map[int][]Place {
		if levels[level] == nil {
			levels[level] = map[int][]Place{}
		}
		return levels[level]
	}
	for _, p := range pieces {
		if !now.Before(p.from) && now.Before(p.until) {
			g := at(p.Level)
			g[p.group] = append(g[p.group], p.Place)
		}
	}
	for _, o := range s.rota.Overrides {
		if o.Engineer == "" && holds(o.From, o.Until, now) {
			at(o.Level)
		}
	}
	var list []Place
	for level, groups := range levels {
		list = append(list, s.level(level, groups, now)...)
	}
	slices.SortFunc(list, func(a, b Place) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.order, b.order)) })
	for i := range list {
		list[i].order = 0 // which is nobody's business outside, and would tell two equal spans apart
	}
	return list
}

// level settles one level.
func (s *Schedule) level(level int, groups map[int][]Place, now time.Time) []Place {
	top := 0
	for g := range groups {
		top = max(top, g)
	}
	for g := top; g >= 0; g-- {
		places := s.group(level, groups[g], now)
		if slices.ContainsFunc(places, func(p Place) bool { return !p.added }) {
			return places
		}
	}
	return s.group(level, nil, now)
}

// group puts swaps, overrides and absences over the places of one group, and gives them in their order, nobody twice.
func (s *Schedule) group(level int, places []Place, now time.Time) []Place {
	places = slices.Clone(places)
	slices.SortStableFunc(places, func(a, b Place) int { return cmp.Compare(a.order, b.order) })
	for i, w := range s.rota.Swaps {
		for n, p := range places {
			places[n] = w.apply(p, fmt.Sprintf("swap %d", i+1), now)
		}
	}
	for i, o := range s.rota.Overrides {
		if o.Level == level && holds(o.From, o.Until, now) {
			why := fmt.Sprintf("override %d", i+1)
			if o.Reason != "" {
				why += ": " + o.Reason
			}
			places = override(places, o, why)
		}
	}
	var list []Place
	for _, p := range places {
		twice := slices.ContainsFunc(list, func(q Place) bool { return q.Engineer == p.Engineer })
		if !twice && !s.absent(p.Engineer, now) {
			p.order = len(list)
			list = append(list, p)
		}
	}
	return list
}

func holds(from, until, now time.Time) bool { return !now.Before(from) && now.Before(until) }

// apply gives the place as the swap leaves it.
func (w Swap) apply(p Place, why string, now time.Time) Place {
	next := p.Engineer
	switch {
	case p.Engineer == w.Engineer && holds(w.From, w.Until, now):
		next = w.With
	case p.Engineer == w.With && holds(w.BackFrom, w.BackUntil, now):
		next = w.Engineer
	}
	if next != p.Engineer {
		p.For, p.Engineer, p.Why = cmp.Or(p.For, p.Engineer), next, why
	}
	return p
}

// override takes the override's engineer off the level and puts the substitute into the same place; a substitute without
// somebody to replace joins at the level's end.
func override(places []Place, o oncall.Override, why string) []Place {
	var next []Place
	here := -1
	for _, p := range places {
		if o.Engineer == "" || p.Engineer != o.Engineer {
			next = append(next, p)
			continue
		}
		if here < 0 && o.Instead != "" {
			here = len(next)
			next = append(next, Place{Engineer: o.Instead, Level: o.Level, Why: why, For: cmp.Or(p.For, p.Engineer), order: p.order, added: p.added})
		}
	}
	if o.Engineer == "" && o.Instead != "" {
		next = append(next, Place{Engineer: o.Instead, Level: o.Level, Why: why, added: true})
	}
	return next
}

func (s *Schedule) absent(id oncall.EngineerID, now time.Time) bool {
	return slices.ContainsFunc(s.facts.Absences, func(a Absence) bool { return a.Engineer == id && holds(a.From, a.Until, now) })
}
