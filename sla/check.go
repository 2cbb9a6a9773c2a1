package sla

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/validation"
)

// ErrBadCalendar is a calendar that cannot be right; the message names the place.
var ErrBadCalendar = errors.New("bad calendar")

// place names where in a calendar or a level something is wrong.
func place(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// bad refuses the field at a path, which is its place for people, too.
func (c Calendar) bad(path, what string) error { return c.badAt(path, path, what) }

func (c Calendar) badAt(path, where, what string) error {
	return fmt.Errorf("%w: %w", validation.Field(path, fmt.Errorf("calendar %s, %s: %s", c.ID, where, what)), ErrBadCalendar)
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
	if err := c.intervals("week", "week", c.Week); err != nil {
		return err
	}
	for n, y := range c.Yearly {
		if !dayOfYear(y.Day) {
			return c.bad(place("yearly[%d]", n), fmt.Sprintf("%q is no day; write it as MM-DD", y.Day))
		}
		if y.Since < 0 || y.Since > lastYear || y.Until < 0 || y.Until > lastYear || (y.Until != 0 && y.Until < y.Since) {
			return c.bad(place("yearly[%d]", n), fmt.Sprintf("from %d until %d: use years up to %d, the first not after the last", y.Since, y.Until, lastYear))
		}
		if err := c.intervals(place("yearly[%d].hours", n), "yearly "+y.Day, y.Hours); err != nil {
			return err
		}
	}
	for n, e := range c.Exceptions {
		if _, err := time.Parse(time.DateOnly, e.Date); err != nil {
			return c.bad(place("exceptions[%d]", n), fmt.Sprintf("%q is no date; write it as YYYY-MM-DD", e.Date))
		}
		if err := c.intervals(place("exceptions[%d].hours", n), "exception "+e.Date, e.Hours); err != nil {
			return err
		}
	}
	return nil
}

// lastYear is the last one that a date can be written in.
const lastYear = 9999

// dayOfYear tells whether the text is a day of some year, 29 February included.
func dayOfYear(text string) bool {
	_, err := time.Parse(time.DateOnly, leapYear+text)
	return err == nil
}

func (c Calendar) intervals(path, where string, list []Interval) error {
	for n, i := range list {
		if what := i.wrong(); what != "" {
			return c.badAt(place("%s[%d]", path, n), place("%s[%d]", where, n), what)
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

// When a calendar is saved, Check refuses what is wrong in it: beside what Hours refuses, intervals that overlap, dates that
// stand twice, and a calendar that is never open. The error wraps ErrBadCalendar or ErrNeverOpen and names the place.
func (c Calendar) Check() error {
	if err := c.readable(); err != nil {
		return err
	}
	if _, err := Zone(c.Zone); err != nil {
		return c.bad("zone", err.Error())
	}
	if err := c.overlaps("week", "week", c.Week, true); err != nil {
		return err
	}
	for n, y := range c.Yearly {
		if c.saidBefore(n) {
			return c.bad(place("yearly[%d]", n), y.Day+" stands there twice")
		}
		if err := c.overlaps(place("yearly[%d].hours", n), "yearly "+y.Day, y.Hours, false); err != nil {
			return err
		}
	}
	dates := map[string]bool{}
	for n, e := range c.Exceptions {
		if dates[e.Date] {
			return c.bad(place("exceptions[%d]", n), e.Date+" stands there twice")
		}
		if err := c.overlaps(place("exceptions[%d].hours", n), "exception "+e.Date, e.Hours, false); err != nil {
			return err
		}
		dates[e.Date] = true
	}
	return c.opens()
}

// saidBefore tells whether an earlier yearly rule speaks of the same day in one of the same years.
func (c Calendar) saidBefore(n int) bool {
	y := c.Yearly[n]
	return slices.ContainsFunc(c.Yearly[:n], func(other Yearly) bool {
		return other.Day == y.Day && (y.in(max(y.Since, other.Since)) && other.in(max(y.Since, other.Since)))
	})
}

// After so many years each date has fallen on each weekday, 29 February too; and Easter has come early and late.
const (
	firstSample = 2001
	lastSample  = 2040
)

// opens refuses a calendar that is never open but for single dates: without a working interval, or with each day of the
// year closed by a rule.
func (c Calendar) opens() error {
	c.Exceptions = nil
	h, err := c.Hours()
	if err != nil {
		return err
	}
	var years []int
	for _, y := range c.Yearly { // a closure that ends is no closure for ever
		if y.Until != 0 && y.Until < lastYear {
			years = append(years, y.Until+1)
		}
	}
	for year := firstSample; year <= lastSample; year++ {
		years = append(years, year)
	}
	for _, year := range years {
		if h.workOut(year).total > 0 {
			return nil
		}
	}
	return validation.Field("week", fmt.Errorf("calendar %s, week: give it at least one working interval that no rule of every year closes: %w", c.ID, ErrNeverOpen))
}

// overlaps refuses intervals that share time; a week's are compared round the week.
func (c Calendar) overlaps(path, where string, list []Interval, weekly bool) error {
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
			return c.badAt(place("%s[%d]", path, r.n), place("%s[%d]", where, r.n), fmt.Sprintf("%s %s overlaps %s %s", list[r.n].Day, list[r.n], list[next.n].Day, list[next.n]))
		}
	}
	return nil
}
