package rota

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"hotline/oncall"
	"hotline/sla"
	"hotline/validation"
)

// What a rota may hold at most.
const (
	mostLayers = 50
	mostTurns  = 200
	mostSwaps  = 1000
	shortest   = 15 * time.Minute // of a turn
	longest    = 366 * 24 * time.Hour
	wallTime   = "2006-01-02T15:04"
)

// ErrRota is a rota that cannot be right; the message says what to change.
var ErrRota = errors.New("the rota cannot be used")

// ready reads a layer's times.
func (l Layer) ready(f Facts) (layer, error) {
	ready := layer{Layer: l}
	var err error
	if ready.start, err = wallOf(l.Start); err != nil {
		return ready, validation.Field("start", fmt.Errorf("start %q: %w", l.Start, err))
	}
	if l.Until != "" {
		if ready.until, err = wallOf(l.Until); err != nil {
			return ready, validation.Field("until", fmt.Errorf("until %q: %w", l.Until, err))
		}
	}
	if len(l.Turns) == 0 || len(l.Turns) > mostTurns {
		return ready, validation.Field("turns", fmt.Errorf("it has %d turns; use 1 to %d", len(l.Turns), mostTurns))
	}
	for i, t := range l.Turns {
		length, err := l.length(t)
		if err != nil {
			return ready, turnRefused(i, err)
		}
		ready.lengths = append(ready.lengths, length)
		ready.cycle += length
	}
	if l.Follow.Calendar != "" {
		if ready.hours = f.Calendars[l.Follow.Calendar]; ready.hours == nil {
			return ready, validation.Field("follow", fmt.Errorf("it follows calendar %q, which does not exist", l.Follow.Calendar))
		}
	}
	return ready, nil
}

// turnRefused is a complaint about a turn. One about the rotation, which all turns have, is none about the turn.
func turnRefused(i int, err error) error {
	named := fmt.Errorf("turn %d: %w", i+1, err)
	if field, _ := validation.Of(err); field == "rotation" {
		return named
	}
	return validation.Field(fmt.Sprintf("turns[%d]", i), named)
}

// wallOf reads a time on the wall, as if that were UTC's.
func wallOf(text string) (time.Time, error) {
	t, err := time.Parse(wallTime, text)
	if err != nil || t.Year() < 2000 || t.Year() > 2199 {
		return t, fmt.Errorf("write a time of the rota's zone from 2000 to 2199, such as 2026-01-05T09:00")
	}
	return t, nil
}

// length is how long a turn is by the wall clock.
func (l Layer) length(t Turn) (time.Duration, error) {
	length := t.Length
	switch l.Rotation {
	case Daily:
		length = 24 * time.Hour * time.Duration(max(l.Every, 1))
	case Weekly:
		length = 7 * 24 * time.Hour * time.Duration(max(l.Every, 1))
	case Custom:
	default:
		return 0, validation.Field("rotation", fmt.Errorf("rotation %q; use daily, weekly or custom", l.Rotation))
	}
	switch {
	case l.Rotation != Custom && t.Length != 0:
		return 0, fmt.Errorf("only the turns of a custom rotation have lengths of their own")
	case l.Every < 0 || l.Every > 366, length < shortest || length > longest:
		return 0, fmt.Errorf("it lasts %s; use 15 minutes to 366 days", length)
	}
	return length, nil
}

// Check refuses a rota that makes no sense. It refuses what Ready refuses, unknown engineers, layers without a level or a name of
// their own, and hours that overlap. It refuses swaps of one engineer with himself, and swaps that end before they begin. Of
// shifts and overrides it refuses what oncall.Rota.Check refuses. An override that is not over at now must replace somebody who
// is on call in it.
func (r Rota) Check(engineers []oncall.Engineer, f Facts, now time.Time) error {
	many := fmt.Errorf("give it a name, at most %d layers and %d swaps", mostLayers, mostSwaps)
	switch {
	case strings.TrimSpace(r.Name) == "":
		return refused("name", many)
	case len(r.Layers) > mostLayers:
		return refused("layers", many)
	case len(r.Swaps) > mostSwaps:
		return refused("swaps", many)
	}
	f.Absences = nil // who is away may be replaced
	s, err := r.Ready(f)
	if err != nil {
		return refused("", err)
	}
	if _, err := sla.Zone(r.Zone); err != nil {
		return refused("zone", err)
	}
	if err := (oncall.Rota{Zone: r.Zone, Shifts: r.Shifts}).Check(engineers, now); err != nil {
		return refused("", err)
	}
	known := map[oncall.EngineerID]bool{"": true}
	for _, e := range engineers {
		known[e.ID] = true
	}
	names := map[string]bool{}
	for i, l := range r.Layers {
		if err := l.check(known, names); err != nil {
			return refused(fmt.Sprintf("layers[%d]", i), fmt.Errorf("layer %d: %w", i+1, err))
		}
	}
	for i, w := range r.Swaps {
		if err := w.check(known); err != nil {
			return refused(fmt.Sprintf("swaps[%d]", i), fmt.Errorf("swap %d: %w", i+1, err))
		}
	}
	return s.overrides(known, now)
}

// refused is a rota that cannot be used for what is wrong with a field.
func refused(path string, err error) error {
	return fmt.Errorf("%w: %w", validation.Field(path, err), ErrRota)
}

func (l Layer) check(known map[oncall.EngineerID]bool, names map[string]bool) error {
	if l.Level < 1 || l.Level > 100 {
		return validation.Field("level", fmt.Errorf("level %d; levels go from 1 to 100", l.Level))
	}
	if strings.TrimSpace(l.Name) == "" || names[l.Name] {
		return validation.Field("name", errors.New("give it a name that no other layer has"))
	}
	names[l.Name] = true
	for i, t := range l.Turns {
		if !known[t.Engineer] {
			return turnRefused(i, validation.Field("engineer", fmt.Errorf("engineer %q is unknown", t.Engineer)))
		}
	}
	for i, h := range l.Hours {
		if h.Day < 0 || h.Day > 6 || h.From < 0 || h.From >= 24*time.Hour || h.Until <= h.From || h.Until-h.From > 7*24*time.Hour {
			return validation.Field(fmt.Sprintf("hours[%d]", i), fmt.Errorf("hours %d: from %s until %s; use a weekday, a time within it, and an end at most a week later", i+1, h.From, h.Until))
		}
		for j, o := range l.Hours[:i] {
			if overlaps(h, o) {
				return validation.Field(fmt.Sprintf("hours[%d]", i), fmt.Errorf("hours %d overlap with hours %d", i+1, j+1))
			}
		}
	}
	return nil
}

// overlaps tells whether two intervals share time of a week.
func overlaps(a, b sla.Interval) bool {
	const week = 7 * 24 * time.Hour
	begin := func(i sla.Interval) time.Duration { return time.Duration(i.Day)*24*time.Hour + i.From }
	ahead := (begin(b) - begin(a) + week) % week
	return ahead < a.Until-a.From || week-ahead < b.Until-b.From
}

func (w Swap) check(known map[oncall.EngineerID]bool) error {
	switch {
	case w.Engineer == "" || w.With == "" || !known[w.Engineer] || !known[w.With]:
		return validation.Field("engineer", fmt.Errorf("engineer %q or %q is unknown", w.Engineer, w.With))
	case w.Engineer == w.With:
		return validation.Field("with", fmt.Errorf("%s cannot swap with themselves", w.Engineer))
	case !w.From.Before(w.Until):
		return validation.Field("until", errors.New("it ends before it begins"))
	case w.BackUntil.Before(w.BackFrom):
		return validation.Field("back_until", errors.New("what is given back ends before it begins"))
	}
	return nil
}

// overrides refuses overrides that name nobody known, speak twice of one place, or replace somebody who is not on call.
func (s *Schedule) overrides(known map[oncall.EngineerID]bool, now time.Time) error {
	for i := range s.rota.Overrides {
		if err := s.override(i, known, now); err != nil {
			return refused(fmt.Sprintf("overrides[%d]", i), fmt.Errorf("override %d: %w", i+1, err))
		}
	}
	return nil
}

func (s *Schedule) override(i int, known map[oncall.EngineerID]bool, now time.Time) error {
	o := s.rota.Overrides[i]
	if err := o.Check(known); err != nil {
		return err
	}
	switch {
	case slices.ContainsFunc(s.rota.Overrides[:i], o.Repeats):
		return fmt.Errorf("%s is replaced at level %d at the same time already", o.Engineer, o.Level)
	case o.Until.After(now) && !s.replaces(i):
		return validation.Field("engineer", fmt.Errorf("%s is not on call at level %d in that time, so nobody would be replaced; name who is on call, or leave engineer out to add somebody", o.Engineer, o.Level))
	}
	return nil
}

// replaces tells whether an override finds whom it replaces, by the layers and by the overrides before it.
func (s *Schedule) replaces(i int) bool {
	o := s.rota.Overrides[i]
	if o.Engineer == "" {
		return true
	}
	before := *s
	before.rota.Overrides = s.rota.Overrides[:i]
	until := o.Until
	if most := o.From.Add(longest); until.After(most) {
		until = most
	}
	return slices.ContainsFunc(before.Spans(o.From, until), func(span Span) bool {
		return slices.ContainsFunc(span.Places, func(p Place) bool { return p.Engineer == o.Engineer && p.Level == o.Level })
	})
}

// CheckServes refuses a rota beside others where nothing says which of two goes first for some request.
func (r Rota) CheckServes(others []Rota) error {
	for _, o := range others {
		if o.ID != r.ID && o.ID != Main && r.ID != Main && r.Serves.Overlap(o.Serves) {
			return refused("serves", fmt.Errorf("rota %s serves some of the same requests, and nothing says which goes first; let one of them serve something that the other does not", o.ID))
		}
	}
	return nil
}

// Beside refuses a rota that does not go with those that stand at the moment of the write: it comes to serve what another one serves.
// Stores ask it in the transaction of the write.
func (r Rota) Beside(others []Rota) error {
	if slices.ContainsFunc(others, func(o Rota) bool { return o.ID == r.ID && reflect.DeepEqual(o.Serves, r.Serves) }) {
		return nil // an overlap of before must not stand in the way of an override
	}
	return r.CheckServes(others)
}

// Names lists the engineers whom the rota names, each once.
func (r Rota) Names() []oncall.EngineerID {
	var list []oncall.EngineerID
	for _, s := range r.Shifts {
		list = append(list, s.Engineer)
	}
	for _, l := range r.Layers {
		for _, t := range l.Turns {
			list = append(list, t.Engineer)
		}
	}
	for _, o := range r.Overrides {
		list = append(list, o.Engineer, o.Instead)
	}
	for _, w := range r.Swaps {
		list = append(list, w.Engineer, w.With)
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(id oncall.EngineerID) bool { return id == "" })
}
