package sla

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Timeline is how the clocks of one request stand: a pure fold of what happened to it, step by step. Its zero value is a
// request that nobody opened. A value: taking a step leaves it as it was.
type Timeline struct {
	Agreed   *Agreement // in force now
	Category Category
	Opened   time.Time
	Clocks   []Clock
	Pauses   []Pause
	Stamps   Stamps
}

// StepKind is what can happen to a request's clocks.
type StepKind string

// The steps.
const (
	Begun   StepKind = "begun"   // opened, with its first terms and category
	Agreed  StepKind = "agreed"  // other terms, another category, or both
	Stamped StepKind = "stamped" // somebody got in contact, intervened or restored, now or as it is entered later
	Paused  StepKind = "paused"
	Resumed StepKind = "resumed"
	Looked  StepKind = "looked" // time passed: warnings and breaches are raised
	Unmet   StepKind = "unmet"  // what met a clock did not hold: it runs on where it stood then
)

// Step is one thing that happened.
type Step struct {
	Kind     StepKind
	At       time.Time
	Clock    Kind       // of Stamped and Unmet
	Why      Reason     // of Paused and Resumed
	Category Category   // of Begun and Agreed
	Terms    *Agreement // of Begun; of Agreed nil keeps those in force
	Happened time.Time  // of Stamped, where it is entered later: when it really happened; At is when it was entered
}

// late tells whether a step corrects what stands on record.
func (s Step) late() bool { return s.Kind == Stamped && !s.Happened.IsZero() }

// What a step brings with it.
const (
	Warn    = "warn"    // a warning was raised
	Breach  = "breach"  // a clock broke
	Implied = "implied" // a clock was met because a later one was: restored without an intervention on record
	Moved   = "moved"   // a due time changed; zero: no clock
	Undone  = "undone"  // a breach was taken back: what met the clock in time was entered later
)

// Effect is one consequence of a step.
type Effect struct {
	What         string
	Clock        Kind
	Alarm        string // of Warn and Breach: which line of the policy
	Then         bool   // of Warn and Breach: the step itself brought it, not the time before
	Was, Becomes time.Time
}

// ErrNotBegun is a timeline whose first step does not open it.
var ErrNotBegun = errors.New("the first step must open the request")

// Fold takes every step in order.
func Fold(steps []Step) (Timeline, []Effect, error) {
	var c Timeline
	var all []Effect
	for n, s := range steps {
		next, effects, err := c.Take(s)
		if err != nil {
			return c, all, fmt.Errorf("step %d: %w", n, err)
		}
		c, all = next, append(all, effects...)
	}
	return c, all, nil
}

// Take gives the course after one step and what came of it: first what was due until then, then the step itself. What
// was kept or broken before is never rewritten, but by what is entered later: an earlier act than the one on record is
// judged anew, by its own instant.
func (c Timeline) Take(s Step) (Timeline, []Effect, error) {
	s.At = s.At.Truncate(time.Second)
	next := c.clone()
	if s.Kind == Begun {
		next = Timeline{Opened: s.At}
	} else if c.Agreed == nil {
		return c, nil, ErrNotBegun
	}
	var happened []Effect
	if !s.late() { // else the entry may show that nothing was due
		happened = next.look(s.At)
	}
	before := slices.Clone(next.Clocks)
	switch s.Kind {
	case Begun, Agreed:
		if next.Category = s.Category; s.Terms != nil {
			next.Agreed = s.Terms
		}
		if next.Agreed == nil {
			return c, nil, ErrNotBegun
		}
		next.renew()
	case Stamped:
		happened = append(happened, next.stamp(s)...)
	case Unmet:
		next.unmeet(s)
	case Paused:
		if next.pausedFor(s.Why) < 0 {
			next.Pauses = append(next.Pauses, Pause{Why: s.Why, From: s.At})
		}
	case Resumed:
		if n := next.pausedFor(s.Why); n >= 0 {
			next.Pauses[n].Until = later(s.At, next.Pauses[n].From)
		}
	}
	if err := next.settle(); err != nil {
		return c, nil, err
	}
	for _, h := range next.look(s.At) { // other terms may have run out already
		if h.Then = true; h.What != Breach {
			happened = append(happened, h)
		}
	}
	happened = append(happened, verdicts(before, next.Clocks)...)
	if s.Kind != Begun {
		happened = append(happened, moves(before, next.Clocks)...)
	}
	return next, happened, nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (c Timeline) clone() Timeline {
	c.Clocks, c.Pauses = slices.Clone(c.Clocks), slices.Clone(c.Pauses)
	for i := range c.Clocks {
		c.Clocks[i].Warnings = slices.Clone(c.Clocks[i].Warnings)
	}
	return c
}

// look raises what is due at an instant. A clock that is met at its due time is kept, so it breaks after it.
func (c *Timeline) look(at time.Time) []Effect {
	var list []Effect
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if k.settled() || k.Projected {
			continue
		}
		for n := range k.Warnings {
			if w := &k.Warnings[n]; w.RaisedAt.IsZero() && !w.At.IsZero() && !w.At.After(at) {
				w.RaisedAt = at
				list = append(list, Effect{What: Warn, Clock: k.Kind, Alarm: w.ID})
			}
		}
		if !k.Paused && at.After(k.Due) {
			k.BrokenAt = k.Due
			list = append(list, Effect{What: Breach, Clock: k.Kind, Alarm: AtBreach})
		}
	}
	return list
}

// renew sets every clock anew but those that are kept or broken. Warnings that were raised stay raised.
func (c *Timeline) renew() {
	old := c.Clocks
	c.Clocks = nil
	limits := c.Agreed.Limits(c.Category)
	for _, kind := range Kinds() {
		n := slices.IndexFunc(old, func(k Clock) bool { return k.Kind == kind })
		switch {
		case n >= 0 && old[n].settled():
			c.Clocks = append(c.Clocks, old[n])
		case limits != Limits{}:
			k := Clock{Kind: kind, Limit: limits.of(kind), Terms: c.Agreed.id}
			if n >= 0 {
				k.Warnings = old[n].Warnings
			}
			c.Clocks = append(c.Clocks, k)
		}
	}
}

func (c *Timeline) pausedFor(why Reason) int {
	return slices.IndexFunc(c.Pauses, func(p Pause) bool { return p.Why == why && p.Until.IsZero() })
}

// Paused tells whether something stops clocks now.
func (c Timeline) Paused(why Reason) bool { return c.pausedFor(why) >= 0 }

// settle works out where every clock stands that is neither kept nor broken.
func (c *Timeline) settle() error {
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if !k.settled() {
			if err := c.promise(k); err != nil {
				return fmt.Errorf("setting the %s clock: %w", k.Kind, err)
			}
		}
		if at := *c.Stamps.at(k.Kind); k.MetAt.IsZero() && !at.IsZero() {
			if k.BrokenAt.IsZero() && !k.Paused && at.After(k.Due) { // while it stands still it does not run out
				k.BrokenAt = k.Due
			}
			k.MetAt, k.Paused = at, false
			k.Spent = c.Agreed.spent(k.From, at, c.stopping(k.Kind))
		}
	}
	return nil
}

// promise sets start, due time and warnings of a clock that runs.
func (c *Timeline) promise(k *Clock) error {
	k.From, k.Projected = c.Opened, false
	if k.Kind == Restore {
		k.From = c.Stamps.Intervention
		if k.Projected = k.From.IsZero(); k.Projected {
			k.From = of(c.Clocks, Intervention).Due
		}
	}
	pauses := c.stopping(k.Kind)
	end, paused, err := c.Agreed.run(k.From, k.Limit, pauses)
	if err != nil {
		return err
	}
	k.Due, k.Paused = end, paused
	raised := k.Warnings
	k.Warnings = nil
	for _, a := range c.Agreed.Alarms {
		if a.Clock != k.Kind || a.ID() == AtBreach || k.Projected {
			continue
		}
		w := Warning{ID: a.ID()}
		if end, paused, err = c.Agreed.run(k.From, a.after(k.Limit), pauses); err != nil {
			return err
		}
		if !paused {
			w.At = end
		}
		if n := slices.IndexFunc(raised, func(r Warning) bool { return r.ID == w.ID }); n >= 0 {
			w.RaisedAt = raised[n].RaisedAt
		}
		k.Warnings = append(k.Warnings, w)
	}
	return nil
}

func of(clocks []Clock, kind Kind) Clock {
	for _, k := range clocks {
		if k.Kind == kind {
			return k
		}
	}
	return Clock{}
}

// stopping lists the pauses that stop a clock, in order and merged.
func (c *Timeline) stopping(kind Kind) []Pause {
	var list []Pause
	for _, p := range c.Pauses {
		if !c.Agreed.Stops.Stop(p.Why, kind) {
			continue
		}
		if n := len(list); n > 0 && (list[n-1].Until.IsZero() || !p.From.After(list[n-1].Until)) {
			if last := &list[n-1]; !last.Until.IsZero() && (p.Until.IsZero() || p.Until.After(last.Until)) {
				last.Until = p.Until
			}
			continue
		}
		list = append(list, p)
	}
	return list
}

// run is Add without the pauses: the earliest instant at which d of working time outside them is spent. In a pause that
// goes on, it is when that would be without it, and paused is true. A pause that begins when d is spent
// stops nothing.
func (a *Agreement) run(from time.Time, d time.Duration, pauses []Pause) (end time.Time, paused bool, err error) {
	for _, p := range pauses {
		if !p.Until.IsZero() && !p.Until.After(from) {
			continue
		}
		begin := later(p.From, from)
		spent := a.hours.Between(from, begin)
		if spent >= d {
			break
		}
		d -= spent
		if p.Until.IsZero() {
			end, err = a.hours.Add(begin, d)
			return end, true, err
		}
		from = p.Until
	}
	end, err = a.hours.Add(from, d)
	return end, false, err
}

// spent is Between without the pauses.
func (a *Agreement) spent(from, until time.Time, pauses []Pause) time.Duration {
	sum := a.hours.Between(from, until)
	for _, p := range pauses {
		end := until
		if !p.Until.IsZero() && p.Until.Before(until) {
			end = p.Until
		}
		sum -= a.hours.Between(later(p.From, from), end)
	}
	return sum
}

// moves lists the due times that differ.
func moves(before, after []Clock) []Effect {
	var list []Effect
	for _, k := range Kinds() {
		if was, is := of(before, k).Due, of(after, k).Due; !was.Equal(is) {
			list = append(list, Effect{What: Moved, Clock: k, Was: was, Becomes: is})
		}
	}
	return list
}
