package sla

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Part is one stretch of a clock's life: working time that counted, or time that did not with its reason.
type Part struct {
	From   time.Time
	Until  time.Time
	Counts bool
	Spent  time.Duration // working time used up at Until
	Why    Why
	Name   string // of the holiday, or the note of the closure
}

// Why is what a part is.
type Why string

// What parts are; a pause is "paused:" and its reason.
const (
	Counted   Why = "counted"
	Break     Why = "break"
	NightTime Why = "night"
	Weekend   Why = "weekend"
	Feast     Why = "holiday"
	Closure   Why = "closure"
)

// Account is where every minute of a clock went, up to its due time; of one that was kept, up to its meeting; of a clock that
// stands still, up to the pause.
type Account struct {
	Clock  Clock
	Opened time.Time
	Parts  []Part
	zone   *time.Location
}

// end is where the account of a clock ends.
func (k Clock) end() time.Time {
	if !k.MetAt.IsZero() && k.BrokenAt.IsZero() {
		return k.MetAt
	}
	return k.Due
}

// Explain accounts for a clock of the course, by the terms that are given: those under which it was set.
func (c Timeline) Explain(a *Agreement, k Clock) Account {
	c.Agreed = a
	acc := Account{Clock: k, Opened: c.Opened, zone: a.hours.zone}
	from, stop := k.From, k.end()
	for _, p := range c.stopping(k.Kind) {
		if !p.Until.IsZero() && !p.Until.After(from) {
			continue
		}
		begin := later(p.From, from)
		if !begin.Before(stop) && !k.Paused {
			break
		}
		acc.stretch(a.hours, from, begin)
		if p.Until.IsZero() && k.Projected { // it does not run yet, so it cannot stand still
			from = begin
			break
		}
		part := Part{From: begin, Until: p.Until, Spent: acc.spent(), Why: "paused:" + Why(p.Why)}
		if p.Until.IsZero() && k.MetAt.IsZero() { // it stands still
			acc.Parts = append(acc.Parts, part)
			return acc
		}
		if p.Until.IsZero() || p.Until.After(stop) {
			part.Until = stop
		}
		if begin.Before(part.Until) {
			acc.Parts = append(acc.Parts, part)
		}
		from = later(part.Until, begin)
	}
	acc.stretch(a.hours, from, stop)
	return acc
}

// Try accounts for the clocks that a request would have if it came in at an instant, such as "2026-11-20 17:20" in the
// calendar's zone, or RFC 3339; no accounts where nothing is promised. ErrBadInstant when at
// cannot be read.
func Try(t Terms, c Category, at string) ([]Account, error) {
	a, err := t.Ready()
	if err != nil {
		return nil, err
	}
	opened, err := instantIn(at, a.hours.zone)
	if err != nil {
		return nil, err
	}
	course, _, err := Fold([]Step{{Kind: Begun, At: opened, Category: c, Terms: a}})
	if err != nil {
		return nil, err
	}
	var list []Account
	for _, k := range course.Clocks {
		list = append(list, course.Explain(a, k))
	}
	return list, nil
}

// ErrBadInstant is a text that is no instant; the message says how one is written.
var ErrBadInstant = errors.New("no instant")

// The years within which instants are taken: what follows one by years must still be a time that can be written.
const (
	earliestYear = 1970
	latestYear   = 9000
)

func instantIn(text string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		t, err := time.ParseInLocation(layout, text, zone)
		if err == nil && (t.UTC().Year() < earliestYear || t.In(zone).Year() >= latestYear) {
			return t, fmt.Errorf("%q is %w that can be reckoned with; use one of the years %d to %d", text, ErrBadInstant, earliestYear, latestYear-1)
		}
		if err == nil {
			return t.In(zone), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is %w; write it as 2026-11-20 17:20, or with a zone as 2026-11-20T17:20:00+01:00", text, ErrBadInstant)
}

func (a *Account) spent() time.Duration {
	if n := len(a.Parts); n > 0 {
		return a.Parts[n-1].Spent
	}
	return 0
}

// stretch accounts for the time between two instants in which nothing was paused.
func (a *Account) stretch(h *Hours, from, until time.Time) {
	spent := a.spent()
	for _, s := range h.Spans(from, until) {
		if from.Before(s.From) {
			a.Parts = append(a.Parts, h.gap(from, s.From, spent))
		}
		spent += s.Duration()
		a.Parts = append(a.Parts, Part{From: s.From, Until: s.Until, Counts: true, Spent: spent, Why: Counted})
		from = s.Until
	}
	if from.Before(until) {
		a.Parts = append(a.Parts, h.gap(from, until, spent))
	}
}

// gap says why nothing counted between two instants: the closures and holidays that lie in between, else what kind of
// gap it is.
func (h *Hours) gap(from, until time.Time, spent time.Duration) Part {
	p := Part{From: from, Until: until, Spent: spent, Why: NightTime}
	first, last := from.In(h.zone), until.In(h.zone)
	var names []string
	for day := noon(first.Date()); !day.After(noon(last.Date())); day = day.AddDate(0, 0, 1) {
		if day.Equal(noon(last.Date())) && seconds(last.Sub(h.midnight(last))) == 0 {
			break
		}
		why, name := h.closed(day)
		if why == "" {
			continue
		}
		if p.Why != Feast {
			p.Why = why
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for n, name := range names {
		if n > 0 {
			p.Name += ", "
		}
		p.Name += name
	}
	if p.Why == NightTime {
		p.Why = h.rest(first, last)
	}
	return p
}

// evening is the hour from which on the end of a free day belongs to the night.
const evening = 20 * time.Hour

// rest names a gap in which no date was closed as an exception. It is a weekend if it has daylight hours of a free Saturday or
// Sunday, and a break if there is work before and after it on the same date. All else is a night, also the gap before a clock
// that began too early.
func (h *Hours) rest(from, until time.Time) Why {
	var free Why
	for day := h.midnight(from); day.Before(until); day = h.midnight(day.AddDate(0, 0, 1)) {
		next := h.midnight(day.AddDate(0, 0, 1))
		if len(h.Spans(day, next)) > 0 || !from.Before(day.Add(evening)) {
			continue
		}
		if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday {
			return Weekend
		}
		free = Closure
	}
	midnight := h.midnight(from)
	next := h.midnight(midnight.AddDate(0, 0, 1))
	switch {
	case free != "":
		return free
	case !until.After(next) && len(h.Spans(midnight, from)) > 0 && len(h.Spans(until, next)) > 0:
		return Break
	}
	return NightTime
}

func (h *Hours) midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, h.zone)
}

// closed tells why a whole date is closed, if it is.
func (h *Hours) closed(day time.Time) (Why, string) {
	holiday := h.Holiday(day)
	hours, special := h.own(dateOf(day), holiday != "")
	if !special || len(hours) > 0 {
		return "", ""
	}
	if e, ok := h.exceptions[dateOf(day)]; ok {
		return Closure, e.Note
	}
	if y, ok := h.yearlyRule(dateOf(day)); ok {
		return Closure, y.Note
	}
	return Feast, holiday
}
