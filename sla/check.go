package sla

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrBadCalendar is a calendar that cannot be meant; the message names the place.
var ErrBadCalendar = errors.New("bad calendar")

// place names where in a calendar or a level something is wrong.
func place(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func (c Calendar) bad(where, what string) error {
	return fmt.Errorf("calendar %s, %s: %s: %w", c.ID, where, what, ErrBadCalendar)
}

// readable refuses what no arithmetic could be done with.
func (c Calendar) readable() error {
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" || c.Zone == "Local" {
		return c.bad("zone", fmt.Sprintf("%q is unknown; use a name such as Europe/Rome", c.Zone))
	}
	if _, ok := holidaySets()[c.Holidays]; c.Holidays != "" && !ok {
		return c.bad("holidays", fmt.Sprintf("%q is unknown; use one of %s, or nothing", c.Holidays, strings.Join(HolidaySets(), ", ")))
	}
	if c.Patron != "" && !dayOfYear(c.Patron) {
		return c.bad("patron", fmt.Sprintf("%q is no day; write it as MM-DD", c.Patron))
	}
	if err := c.intervals("week", c.Week); err != nil {
		return err
	}
	for n, y := range c.Yearly {
		if !dayOfYear(y.Day) {
			return c.bad(place("yearly[%d]", n), fmt.Sprintf("%q is no day; write it as MM-DD", y.Day))
		}
		if err := c.intervals("yearly "+y.Day, y.Hours); err != nil {
			return err
		}
	}
	for n, e := range c.Exceptions {
		if _, err := time.Parse(time.DateOnly, e.Date); err != nil {
			return c.bad(place("exceptions[%d]", n), fmt.Sprintf("%q is no date; write it as YYYY-MM-DD", e.Date))
		}
		if err := c.intervals("exception "+e.Date, e.Hours); err != nil {
			return err
		}
	}
	return nil
}

// dayOfYear tells whether the text is a day of some year, 29 February included.
func dayOfYear(text string) bool {
	_, err := time.Parse(time.DateOnly, leapYear+text)
	return err == nil
}

func (c Calendar) intervals(where string, list []Interval) error {
	for n, i := range list {
		if what := i.wrong(); what != "" {
			return c.bad(place("%s[%d]", where, n), what)
		}
	}
	return nil
}

func (i Interval) wrong() string {
	switch {
	case i.Day < time.Sunday || i.Day > time.Saturday:
		return fmt.Sprintf("weekday %d: use 0 (Sunday) to 6", i.Day)
	case i.From < 0 || i.From >= 24*time.Hour:
		return fmt.Sprintf("interval %s: it must begin within its day", i)
	case i.Until == i.From:
		return fmt.Sprintf("interval %s is empty", i)
	case i.Until < i.From:
		return fmt.Sprintf("interval %s must end after it began; over midnight, write 30:00 for six in the morning", i)
	case i.Until-i.From > week:
		return fmt.Sprintf("interval %s is longer than a week", i)
	case i.From%time.Minute != 0 || i.Until%time.Minute != 0:
		return fmt.Sprintf("interval %s: use whole minutes", i)
	}
	return ""
}

func (i Interval) String() string { return clock(i.From) + "-" + clock(i.Until) }

func clock(d time.Duration) string { return fmt.Sprintf("%02d:%02d", d/time.Hour, d/time.Minute%60) }

// Check refuses what cannot be meant, when a calendar is saved: beside what Hours refuses, intervals that overlap, dates
// that stand twice, and a calendar that is never open. The error wraps ErrBadCalendar or ErrNeverOpen and names the place.
func (c Calendar) Check() error {
	if err := c.readable(); err != nil {
		return err
	}
	if err := c.overlaps("week", c.Week, true); err != nil {
		return err
	}
	open, dates := len(c.Week) > 0, map[string]bool{}
	for n, y := range c.Yearly {
		if dates[y.Day] {
			return c.bad(place("yearly[%d]", n), y.Day+" stands there twice")
		}
		if err := c.overlaps("yearly "+y.Day, y.Hours, false); err != nil {
			return err
		}
		dates[y.Day], open = true, open || len(y.Hours) > 0
	}
	for n, e := range c.Exceptions {
		if dates[e.Date] {
			return c.bad(place("exceptions[%d]", n), e.Date+" stands there twice")
		}
		if err := c.overlaps("exception "+e.Date, e.Hours, false); err != nil {
			return err
		}
		dates[e.Date] = true
	}
	if !open {
		return fmt.Errorf("calendar %s, week: give it at least one working interval: %w", c.ID, ErrNeverOpen)
	}
	return nil
}

// overlaps refuses intervals that share time; a week's are compared round the week.
func (c Calendar) overlaps(where string, list []Interval, weekly bool) error {
	type run struct {
		from, until time.Duration
		n           int
	}
	var runs []run
	for n, i := range list {
		begin := i.From
		if weekly {
			begin += time.Duration(i.Day) * 24 * time.Hour
		}
		runs = append(runs, run{begin, begin + i.Until - i.From, n})
	}
	slices.SortFunc(runs, func(a, b run) int { return int((a.from - b.from) / time.Minute) })
	for n, r := range runs {
		next := run{}
		switch {
		case n+1 < len(runs):
			next = runs[n+1]
		case weekly:
			next = runs[0]
			next.from += week
		default:
			return nil
		}
		if r.until > next.from {
			return c.bad(place("%s[%d]", where, r.n), fmt.Sprintf("%s %s overlaps %s %s", list[r.n].Day, list[r.n], list[next.n].Day, list[next.n]))
		}
	}
	return nil
}
