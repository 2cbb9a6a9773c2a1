package oncall

import (
	"fmt"
	"sort"
	"time"
)

// place is one engineer on duty at a level.
type place struct {
	engineer EngineerID
	level    int
	order    int
}

// Plan lists the telephones to be rung at now: level by level, within a level in the rota's order, each engineer's
// phones in theirs, nobody twice. gap tells that nobody with a telephone is on duty: the operator must hear of it.
func Plan(r Rota, engineers []Engineer, now time.Time) (attempts []Attempt, gap bool, err error) {
	duty, err := r.duty(now)
	if err != nil {
		return nil, true, err
	}
	byID := map[EngineerID]Engineer{}
	for _, e := range engineers {
		byID[e.ID] = e
	}
	called := map[EngineerID]bool{}
	for _, p := range duty {
		e, known := byID[p.engineer]
		if !known || called[p.engineer] {
			continue
		}
		called[p.engineer] = true
		for _, phone := range e.Phones {
			attempts = append(attempts, Attempt{Engineer: e.ID, Name: e.Name, Level: p.level, Phone: phone, Language: e.Language})
		}
	}
	return attempts, len(attempts) == 0, nil
}

// First puts one engineer's telephones in front of the others: who has a ticket in hand is rung before the chain, on duty
// or not. Attempts stay as they are when the engineer is unknown or has no telephone.
func First(attempts []Attempt, engineers []Engineer, id EngineerID) []Attempt {
	var front []Attempt
	for _, e := range engineers {
		if e.ID != id || id == "" {
			continue
		}
		for _, phone := range e.Phones {
			front = append(front, Attempt{Engineer: e.ID, Name: e.Name, Phone: phone, Language: e.Language})
		}
	}
	if len(front) == 0 {
		return attempts
	}
	for _, a := range attempts {
		if a.Engineer != id {
			front = append(front, a)
		}
	}
	return front
}

// duty gives those on duty at now after the overrides, in the order in which they are called.
func (r Rota) duty(now time.Time) ([]place, error) {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil || r.Zone == "" {
		return nil, fmt.Errorf("rota: zone %q is unknown; use a name such as Europe/Rome", r.Zone)
	}
	var duty []place
	for _, s := range r.Shifts {
		if s.covers(now, zone) {
			duty = append(duty, place{s.Engineer, s.Level, s.Order})
		}
	}
	for _, o := range r.Overrides {
		if !now.Before(o.From) && now.Before(o.Until) {
			duty = o.apply(duty)
		}
	}
	sort.SliceStable(duty, func(i, j int) bool {
		if duty[i].level != duty[j].level {
			return duty[i].level < duty[j].level
		}
		return duty[i].order < duty[j].order
	})
	return duty, nil
}

// covers tells whether the shift runs at now. Its ends are wall-clock times: a shift from 22:00 for 8 hours ends at
// 06:00 by the wall also in the nights in which the clocks change.
func (s Shift) covers(now time.Time, zone *time.Location) bool {
	local := now.In(zone)
	for back := range 8 {
		day := time.Date(local.Year(), local.Month(), local.Day()-back, 12, 0, 0, 0, time.UTC)
		if day.Weekday() != s.Day {
			continue
		}
		from, until := wall(day, s.From, zone), wall(day, s.From+s.Length, zone)
		if !now.Before(from) && now.Before(until) {
			return true
		}
	}
	return false
}

func wall(day time.Time, of time.Duration, zone *time.Location) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), int(of/time.Hour), int(of/time.Minute)%60, 0, 0, zone)
}

// apply takes the override's engineer off the level and puts the substitute in the same place; a substitute without
// somebody to replace joins at the level's end.
func (o Override) apply(duty []place) []place {
	var next []place
	order, replaced := 1<<30, false
	for _, p := range duty {
		if p.level == o.Level && p.engineer == o.Engineer {
			if !replaced {
				order, replaced = p.order, true
			}
			continue
		}
		next = append(next, p)
	}
	if o.Instead != "" && (replaced || o.Engineer == "") {
		next = append(next, place{o.Instead, o.Level, order})
	}
	return next
}

// Check refuses a rota that cannot be meant: unknown zone or engineers, shifts without length, overrides that end
// before they begin or that speak twice of one place at one time.
func (r Rota) Check(engineers []Engineer) error {
	if _, err := time.LoadLocation(r.Zone); err != nil || r.Zone == "" {
		return fmt.Errorf("rota: zone %q is unknown; use a name such as Europe/Rome", r.Zone)
	}
	known := map[EngineerID]bool{"": true}
	for _, e := range engineers {
		known[e.ID] = true
	}
	for i, s := range r.Shifts {
		switch {
		case s.Engineer == "" || !known[s.Engineer]:
			return fmt.Errorf("shift %d: engineer %q is unknown", i+1, s.Engineer)
		case s.Level < 1:
			return fmt.Errorf("shift %d: level %d; levels begin at 1", i+1, s.Level)
		case s.Day < time.Sunday || s.Day > time.Saturday:
			return fmt.Errorf("shift %d: weekday %d; use 0 (Sunday) to 6", i+1, s.Day)
		case s.From < 0 || s.From >= 24*time.Hour:
			return fmt.Errorf("shift %d: it begins at %s; use a time within the day", i+1, s.From)
		case s.Length <= 0 || s.Length > 7*24*time.Hour:
			return fmt.Errorf("shift %d: it is %s long; use up to 168h", i+1, s.Length)
		}
	}
	for i, o := range r.Overrides {
		switch {
		case !known[o.Engineer] || !known[o.Instead]:
			return fmt.Errorf("override %d: engineer %q or %q is unknown", i+1, o.Engineer, o.Instead)
		case o.Engineer == "" && o.Instead == "":
			return fmt.Errorf("override %d: it names nobody", i+1)
		case o.Level < 1:
			return fmt.Errorf("override %d: level %d; levels begin at 1", i+1, o.Level)
		case !o.From.Before(o.Until):
			return fmt.Errorf("override %d: it ends before it begins", i+1)
		}
		for j, other := range r.Overrides[:i] {
			same := o.Engineer != "" && other.Engineer == o.Engineer && other.Level == o.Level
			if same && o.From.Before(other.Until) && other.From.Before(o.Until) {
				return fmt.Errorf("override %d: override %d replaces %s at level %d at the same time", i+1, j+1, o.Engineer, o.Level)
			}
		}
	}
	return nil
}

// Gap is a time in which nobody with a telephone is on duty.
type Gap struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Gaps lists the gaps between two instants, to the quarter of an hour.
func Gaps(r Rota, engineers []Engineer, from, until time.Time) ([]Gap, error) {
	const step = 15 * time.Minute
	var gaps []Gap
	for at := from; at.Before(until); at = at.Add(step) {
		_, gap, err := Plan(r, engineers, at)
		if err != nil {
			return nil, err
		}
		end := at.Add(step)
		if end.After(until) {
			end = until
		}
		if n := len(gaps); gap && n > 0 && gaps[n-1].Until.Equal(at) {
			gaps[n-1].Until = end
		} else if gap {
			gaps = append(gaps, Gap{at, end})
		}
	}
	return gaps, nil
}
