package oncall

import (
	"fmt"
	"time"

	"hotline/sla"
	"hotline/validation"
)

// Check refuses a rota that makes no sense. It refuses an unknown zone, unknown engineers, shifts without length, and shifts that
// stand there twice. It refuses overrides that end before they begin, that overlap at one place, or that replace somebody who is
// not on duty then. Overrides that are over at now are history: nobody is looked for in them.
func (r Rota) Check(engineers []Engineer, now time.Time) error {
	zone, err := sla.Zone(r.Zone)
	if err != nil {
		return validation.Field("zone", err)
	}
	known := map[EngineerID]bool{"": true}
	for _, e := range engineers {
		known[e.ID] = true
	}
	for i, s := range r.Shifts {
		if err := s.check(known); err != nil {
			return shiftRefused(i, err)
		}
		for j, other := range r.Shifts[:i] {
			if s.Engineer == other.Engineer && s.Level == other.Level && s.overlaps(other) {
				return shiftRefused(i, fmt.Errorf("%s is on duty at level %d by shift %d already for a part of that time; let one end where the other begins", s.Engineer, s.Level, j+1))
			}
		}
	}
	for i, o := range r.Overrides {
		if err := o.Check(known); err != nil {
			return overrideRefused(i, err)
		}
		if j, twice := r.replacesTwice(i); twice {
			return overrideRefused(i, fmt.Errorf("override %d replaces %s at level %d at the same time", j+1, o.Engineer, o.Level))
		}
		if o.Until.After(now) && !r.finds(i, zone) {
			return overrideRefused(i, validation.Field("engineer", fmt.Errorf("%s is not on duty at level %d between %s and %s, so nobody would be replaced; name who is on duty, or leave engineer out to add somebody",
				o.Engineer, o.Level, o.From.In(zone).Format("2006-01-02 15:04"), o.Until.In(zone).Format("2006-01-02 15:04"))))
		}
	}
	return nil
}

func shiftRefused(i int, err error) error {
	return validation.Field(fmt.Sprintf("shifts[%d]", i), fmt.Errorf("shift %d: %w", i+1, err))
}

func overrideRefused(i int, err error) error {
	return validation.Field(fmt.Sprintf("overrides[%d]", i), fmt.Errorf("override %d: %w", i+1, err))
}

// overlaps tells whether two shifts share time of a week.
func (s Shift) overlaps(other Shift) bool {
	const week = 7 * 24 * time.Hour
	begin := func(s Shift) time.Duration { return time.Duration(s.Day)*24*time.Hour + s.From }
	ahead := (begin(other) - begin(s) + week) % week // how long after s the other begins
	return ahead < s.Length || week-ahead < other.Length
}

func (s Shift) check(known map[EngineerID]bool) error {
	switch {
	case s.Engineer == "" || !known[s.Engineer]:
		return validation.Field("engineer", fmt.Errorf("engineer %q is unknown", s.Engineer))
	case s.Level < 1:
		return validation.Field("level", fmt.Errorf("level %d; levels begin at 1", s.Level))
	case s.Day < time.Sunday || s.Day > time.Saturday:
		return validation.Field("day", fmt.Errorf("weekday %d; use 0 (Sunday) to 6", s.Day))
	case s.From < 0 || s.From >= 24*time.Hour:
		return validation.Field("from", fmt.Errorf("it begins at %s; use a time within the day", s.From))
	case s.Length <= 0 || s.Length > 7*24*time.Hour:
		return validation.Field("length", fmt.Errorf("it is %s long; use up to 168h", s.Length))
	}
	return nil
}

// Check refuses an override that cannot be right by itself: of nobody who is known, at no level, or that ends before it begins.
func (o Override) Check(known map[EngineerID]bool) error {
	switch {
	case !known[o.Engineer] || !known[o.Instead]:
		return validation.Field("engineer", fmt.Errorf("engineer %q or %q is unknown", o.Engineer, o.Instead))
	case o.Engineer == "" && o.Instead == "":
		return validation.Field("engineer", fmt.Errorf("it names nobody"))
	case o.Level < 1:
		return validation.Field("level", fmt.Errorf("level %d; levels begin at 1", o.Level))
	case !o.From.Before(o.Until):
		return validation.Field("until", fmt.Errorf("it ends before it begins"))
	}
	return nil
}

// replacesTwice finds an earlier override that replaces the same engineer at the same level at the same time.
func (r Rota) replacesTwice(i int) (earlier int, twice bool) {
	for j, other := range r.Overrides[:i] {
		if r.Overrides[i].Repeats(other) {
			return j, true
		}
	}
	return 0, false
}

// Repeats tells whether both replace the same engineer at the same level at the same time.
func (o Override) Repeats(other Override) bool {
	return o.Engineer != "" && other.Engineer == o.Engineer && other.Level == o.Level && o.From.Before(other.Until) && other.From.Before(o.Until)
}

// finds tells whether the engineer whom an override replaces is on duty at its level at some time within it. A shift or an
// earlier override puts engineers on duty. One that replaces nobody by intent finds everybody.
func (r Rota) finds(i int, zone *time.Location) bool {
	o := r.Overrides[i]
	if o.Engineer == "" {
		return true
	}
	for _, other := range r.Overrides[:i] {
		if other.Instead == o.Engineer && other.Level == o.Level && o.From.Before(other.Until) && other.From.Before(o.Until) {
			return true
		}
	}
	until := o.Until
	if most := o.From.Add(2 * longestShift * 24 * time.Hour); until.After(most) { // the weeks are alike
		until = most
	}
	for _, s := range r.Shifts {
		if s.Engineer == o.Engineer && s.Level == o.Level && len(s.runs(zone, o.From, until)) > 0 {
			return true
		}
	}
	return false
}
