package rota

import (
	"fmt"
	"time"

	"hotline/ical"
	"hotline/oncall"
)

// Handover is one stretch of an engineer's duty at one level without a break.
type Handover struct {
	Place
	From  time.Time
	Until time.Time
}

// Duties lists who has which duty between two instants, in the order in which they begin. A duty that changes its reason
// (a swap, an override) is another one.
func (s *Schedule) Duties(from, until time.Time) []Handover {
	var list []Handover
	open := map[Place]int{} // the duty that goes on, by its index
	for _, span := range s.Spans(from, until) {
		next := map[Place]int{}
		for _, p := range span.Places {
			i, goesOn := open[p]
			if !goesOn {
				i = len(list)
				list = append(list, Handover{Place: p, From: span.From})
			}
			list[i].Until = span.Until
			next[p] = i
		}
		open = next
	}
	return list
}

// Feed gives the duties of a rota as events of a calendar; of one engineer, or of all where id is empty. name gives an
// engineer's name.
func (s *Schedule) Feed(from, until time.Time, id oncall.EngineerID, name func(oncall.EngineerID) string) []ical.Event {
	var list []ical.Event
	for _, d := range s.Duties(from, until) {
		if id != "" && d.Engineer != id {
			continue
		}
		began := fmt.Sprint(d.From.Unix())
		if d.From.Equal(from) { // it began before, and is the same event tomorrow
			began = "before"
		}
		e := ical.Event{
			UID:  fmt.Sprintf("%s-%s-%d-%s@hotline", s.rota.ID, d.Engineer, d.Level, began),
			From: d.From, Until: d.Until, Note: d.Why,
			Summary: fmt.Sprintf("%s on call, level %d (%s)", name(d.Engineer), d.Level, s.rota.Name),
		}
		if d.For != "" {
			e.Note += ", for " + name(d.For)
		}
		list = append(list, e)
	}
	return list
}
