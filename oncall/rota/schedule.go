package rota

import (
	"fmt"
	"slices"
	"time"

	"hotline/oncall"
	"hotline/sla"
	"hotline/validation"
)

// Facts are what a rota is worked out with besides itself.
type Facts struct {
	Calendars map[sla.CalendarID]*sla.Hours // that layers follow
	Absences  []Absence
}

// Schedule is a rota made ready: its zone is loaded and its times are read. It gives the same answers for ever and is safe
// for concurrent use.
type Schedule struct {
	rota   Rota
	facts  Facts
	zone   *time.Location
	layers []layer
}

// layer is a Layer with its times read; they are on the wall, as if that were UTC's.
type layer struct {
	Layer
	start, until time.Time // until zero: never
	lengths      []time.Duration
	cycle        time.Duration
	hours        *sla.Hours // that it follows
}

// Ready makes a rota ready. It refuses an unknown zone, times that cannot be read, turns without length and calendars that do not
// exist. It refuses the zone Local too, which differs from machine to machine. Check refuses more, when a rota is saved.
func (r Rota) Ready(f Facts) (*Schedule, error) {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil || r.Zone == "" || r.Zone == "Local" {
		return nil, validation.Field("zone", fmt.Errorf("rota %s: zone %q is unknown; use a name such as Europe/Rome", r.ID, r.Zone))
	}
	s := &Schedule{rota: r, facts: f, zone: zone}
	for i, l := range r.Layers {
		ready, err := l.ready(f)
		if err != nil {
			return nil, validation.Field(fmt.Sprintf("layers[%d]", i), fmt.Errorf("rota %s: layer %d (%s): %w", r.ID, i+1, l.Name, err))
		}
		s.layers = append(s.layers, ready)
	}
	return s, nil
}

// Zone is the rota's zone.
func (s *Schedule) Zone() *time.Location { return s.zone }

// Rota is what the schedule was made of. Nobody may write to its slices.
func (s *Schedule) Rota() Rota { return s.rota }

// At gives who is on call at an instant, in the order in which they are called: by level, within a level in order, nobody
// twice at one level.
func (s *Schedule) At(now time.Time) []Place {
	return s.settled(s.pieces(now, now.Add(1)), now)
}

// Spans gives who is on call between two instants. The spans follow each other without a hole, two neighbours differ, and
// a span without places is a time in which nobody is on call. Their ends are exact: they are computed, not looked for.
func (s *Schedule) Spans(from, until time.Time) []Span {
	if !from.Before(until) {
		return nil
	}
	pieces := s.pieces(from, until)
	edges := s.edges(pieces, from, until)
	slices.SortStableFunc(pieces, func(a, b piece) int { return a.from.Compare(b.from) })
	var spans []Span
	var live []piece
	next := 0
	for i, edge := range edges[:len(edges)-1] {
		for ; next < len(pieces) && !pieces[next].from.After(edge); next++ {
			live = append(live, pieces[next])
		}
		live = slices.DeleteFunc(live, func(p piece) bool { return !edge.Before(p.until) })
		places := s.settled(live, edge)
		if n := len(spans); n > 0 && slices.Equal(spans[n-1].Places, places) {
			spans[n-1].Until = edges[i+1]
			continue
		}
		spans = append(spans, Span{edge, edges[i+1], places})
	}
	return spans
}

// edges are the instants at which who is on call may change, in order, with both ends.
func (s *Schedule) edges(pieces []piece, from, until time.Time) []time.Time {
	edges := []time.Time{from, until}
	for _, p := range pieces {
		edges = append(edges, p.from, p.until)
	}
	for _, o := range s.rota.Overrides {
		edges = append(edges, o.From, o.Until)
	}
	for _, w := range s.rota.Swaps {
		edges = append(edges, w.From, w.Until, w.BackFrom, w.BackUntil)
	}
	for _, a := range s.facts.Absences {
		edges = append(edges, a.From, a.Until)
	}
	edges = slices.DeleteFunc(edges, func(t time.Time) bool { return t.Before(from) || t.After(until) })
	for i := range edges {
		edges[i] = edges[i].In(s.zone)
	}
	slices.SortFunc(edges, time.Time.Compare)
	return slices.CompactFunc(edges, time.Time.Equal)
}

// Gaps lists the times between two instants in which nobody who can be reached is on call.
func (s *Schedule) Gaps(from, until time.Time, reached func(oncall.EngineerID) bool) []oncall.Gap {
	var gaps []oncall.Gap
	for _, span := range s.Spans(from, until) {
		covered := slices.ContainsFunc(span.Places, func(p Place) bool { return reached(p.Engineer) })
		switch n := len(gaps); {
		case covered:
		case n > 0 && gaps[n-1].Until.Equal(span.From):
			gaps[n-1].Until = span.Until
		default:
			gaps = append(gaps, oncall.Gap{From: span.From, Until: span.Until})
		}
	}
	return gaps
}
