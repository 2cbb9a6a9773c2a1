package sla

import (
	"fmt"
	"time"
)

// Start sets the clocks of a request opened at opened: contact and intervention run from the opening; restore is
// projected from the intervention's due time, since it runs from the intervention itself. A category without promises,
// and a level without limits, has none.
func Start(h *Hours, l Limits, c Category, opened time.Time) ([]Clock, error) {
	if !c.Clocked() || l == (Limits{}) {
		return nil, nil
	}
	opened = opened.Truncate(time.Second)
	var clocks []Clock
	for _, k := range []struct {
		kind  Kind
		limit time.Duration
	}{{Contact, l.Contact}, {Intervention, l.Intervention}} {
		due, err := h.Add(opened, k.limit)
		if err != nil {
			return nil, fmt.Errorf("setting the %s clock: %w", k.kind, err)
		}
		clocks = append(clocks, Clock{Kind: k.kind, From: opened, Limit: k.limit, Due: due})
	}
	restore, err := run(h, Restore, l.Restore, clocks[1].Due)
	restore.Projected = true
	return append(clocks, restore), err
}

func run(h *Hours, kind Kind, limit time.Duration, from time.Time) (Clock, error) {
	due, err := h.Add(from, limit)
	if err != nil {
		return Clock{}, fmt.Errorf("setting the %s clock: %w", kind, err)
	}
	return Clock{Kind: kind, From: from, Limit: limit, Due: due}, nil
}

// Meet stamps a clock as met at the given instant. Meeting the intervention sets the restore clock running from there.
// A clock that was met keeps its first instant. The given clocks are left as they are.
func Meet(h *Hours, clocks []Clock, kind Kind, at time.Time) ([]Clock, error) {
	at = at.Truncate(time.Second)
	next := append([]Clock(nil), clocks...)
	for i := range next {
		c := &next[i]
		if c.Kind == kind && c.MetAt.IsZero() {
			c.MetAt = at
			if at.After(c.Due) && c.BrokenAt.IsZero() && !c.Projected {
				c.BrokenAt = c.Due
			}
		}
		if kind == Intervention && c.Kind == Restore && c.Projected {
			restore, err := run(h, Restore, c.Limit, at)
			if err != nil {
				return nil, err
			}
			restore.MetAt = c.MetAt
			*c = restore
		}
	}
	return next, nil
}

// Break marks the clocks whose due time passed unmet before now; broken_at is the due time itself. A projected clock
// can be neither warned nor broken. It returns the kinds that broke in this step.
func Break(clocks []Clock, now time.Time) (next []Clock, broken []Kind) {
	next = append([]Clock(nil), clocks...)
	for i := range next {
		c := &next[i]
		if c.runs() && now.After(c.Due) {
			c.BrokenAt = c.Due
			broken = append(broken, c.Kind)
		}
	}
	return next, broken
}

// runs tells whether the clock still promises something.
func (c Clock) runs() bool { return c.MetAt.IsZero() && c.BrokenAt.IsZero() && !c.Projected }

// Next is the clock that runs out first, and whether there is one.
func Next(clocks []Clock) (Clock, bool) {
	var first Clock
	found := false
	for _, c := range clocks {
		if c.runs() && (!found || c.Due.Before(first.Due)) {
			first, found = c, true
		}
	}
	return first, found
}

// Restart sets the clocks anew for another category or other limits, from the same opening, and keeps what was met: an
// assessment never erases that somebody was in contact.
func Restart(h *Hours, l Limits, c Category, opened time.Time, old []Clock) ([]Clock, error) {
	clocks, err := Start(h, l, c, opened)
	if err != nil {
		return nil, err
	}
	for _, kind := range []Kind{Contact, Intervention, Restore} {
		for _, o := range old {
			if o.Kind != kind || o.MetAt.IsZero() {
				continue
			}
			if clocks, err = Meet(h, clocks, kind, o.MetAt); err != nil {
				return nil, err
			}
		}
	}
	return clocks, nil
}
