package sla

import (
	"errors"
	"fmt"
	"sort"
	"time"
)

// ErrNeverOpen is a calendar without a single working hour in sight.
var ErrNeverOpen = errors.New("calendar has no working hours")

// horizon bounds every search in days: ten years without an open hour is a calendar that never opens.
const horizon = 3660

// Span is working time between two instants, From included and Until not.
type Span struct{ From, Until time.Time }

// Duration is the real time of the span; over a change of the clocks it differs from what the wall shows.
func (s Span) Duration() time.Duration { return s.Until.Sub(s.From) }

// Hours is a calendar made ready for arithmetic: its zone is loaded and its rules are checked. Immutable and safe for
// concurrent use.
type Hours struct {
	calendar   Calendar
	zone       *time.Location
	exceptions map[string]Exception
}

// Hours checks the calendar and makes it ready.
func (c Calendar) Hours() (*Hours, error) {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil || c.Zone == "" {
		return nil, fmt.Errorf("calendar %s: zone %q is unknown; use a name such as Europe/Rome", c.ID, c.Zone)
	}
	if c.Holidays != "" && c.Holidays != "it" {
		return nil, fmt.Errorf("calendar %s: holidays %q are unknown; use \"it\" or nothing", c.ID, c.Holidays)
	}
	if _, err := time.Parse("01-02", c.Patron); c.Patron != "" && err != nil {
		return nil, fmt.Errorf("calendar %s: patron's day %q is no date; write it as MM-DD", c.ID, c.Patron)
	}
	h := &Hours{calendar: c, zone: zone, exceptions: map[string]Exception{}}
	for _, i := range c.Week {
		if err := i.check(); err != nil {
			return nil, fmt.Errorf("calendar %s: %w", c.ID, err)
		}
	}
	for _, e := range c.Exceptions {
		if _, err := time.Parse(time.DateOnly, e.Date); err != nil {
			return nil, fmt.Errorf("calendar %s: exception %q is no date; write it as YYYY-MM-DD", c.ID, e.Date)
		}
		for _, i := range e.Hours {
			if err := i.check(); err != nil {
				return nil, fmt.Errorf("calendar %s, %s: %w", c.ID, e.Date, err)
			}
		}
		h.exceptions[e.Date] = e
	}
	return h, nil
}

// week is the longest interval: always open is one interval of seven days.
const week = 7 * 24 * time.Hour

func (i Interval) check() error {
	switch {
	case i.Day < time.Sunday || i.Day > time.Saturday:
		return fmt.Errorf("weekday %d: use 0 (Sunday) to 6", i.Day)
	case i.From < 0 || i.From >= 24*time.Hour:
		return fmt.Errorf("interval from %s: it must begin within its day", i.From)
	case i.Until <= i.From:
		return fmt.Errorf("interval from %s until %s: it must end after it began", i.From, i.Until)
	case i.Until-i.From > week:
		return fmt.Errorf("interval from %s until %s: it is longer than a week", i.From, i.Until)
	}
	return nil
}

// Zone is the calendar's zone: in it times are spoken.
func (h *Hours) Zone() *time.Location { return h.zone }

// day gives the intervals that begin on the given date. A date's exception replaces the week's hours; a holiday has
// none.
func (h *Hours) day(year int, month time.Month, day int) []Interval {
	date := time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
	if e, ok := h.exceptions[date.Format(time.DateOnly)]; ok {
		return e.Hours
	}
	if h.Holiday(date) != "" {
		return nil
	}
	var list []Interval
	for _, i := range h.calendar.Week {
		if i.Day == date.Weekday() {
			list = append(list, i)
		}
	}
	return list
}

// wall is the instant at which the wall clock shows the time of day; in the hour that spring skips it is the instant of
// the change's other side, in the hour that autumn repeats the first of the two.
func (h *Hours) wall(year int, month time.Month, day int, of time.Duration) time.Time {
	return time.Date(year, month, day, int(of/time.Hour), int(of/time.Minute)%60, int(of/time.Second)%60, 0, h.zone)
}

// spans gives the working time that touches the date, merged and in order. Intervals over midnight reach into the days
// behind, so the week before is looked at too; a day that an exception or a holiday closes stays closed for them.
func (h *Hours) spans(year int, month time.Month, day int) []Span {
	from, until := h.wall(year, month, day, 0), h.wall(year, month, day+1, 0)
	if h.closed(year, month, day) {
		return nil
	}
	var list []Span
	for back := 7; back >= 0; back-- {
		d := time.Date(year, month, day-back, 12, 0, 0, 0, time.UTC)
		for _, i := range h.day(d.Year(), d.Month(), d.Day()) {
			s := Span{h.wall(d.Year(), d.Month(), d.Day(), i.From), h.wall(d.Year(), d.Month(), d.Day(), i.Until)}
			s.From, s.Until = latest(s.From, from), earliest(s.Until, until)
			if s.From.Before(s.Until) {
				list = append(list, s)
			}
		}
	}
	return merge(list)
}

// closed tells whether nothing of another day's interval may reach into this date.
func (h *Hours) closed(year int, month time.Month, day int) bool {
	date := time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
	if e, ok := h.exceptions[date.Format(time.DateOnly)]; ok {
		return len(e.Hours) == 0
	}
	return h.Holiday(date) != ""
}

func merge(list []Span) []Span {
	sort.Slice(list, func(i, j int) bool { return list[i].From.Before(list[j].From) })
	var merged []Span
	for _, s := range list {
		if n := len(merged); n > 0 && !s.From.After(merged[n-1].Until) {
			merged[n-1].Until = latest(merged[n-1].Until, s.Until)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
