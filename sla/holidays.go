package sla

import (
	"slices"
	"time"
)

// rule says on which day of a year a holiday falls. One of them:
//
//	a fixed day          {month, day}
//	from Easter Sunday   {easter: true, shift: days}
//	a weekday            {month, nth, weekday}: the nth of the month, -1 the last
//	the weekday before   {month, day, before: true, weekday}: the last one before the day
type rule struct {
	name         string
	month        time.Month
	day          int
	easter       bool
	shift        int
	nth          int
	weekday      time.Weekday
	before       bool
	since, until int  // years, both included; 0: without end
	substitute   bool // when it falls on a Saturday or Sunday the next free weekday is a holiday too
	not          []int
}

func fixed(month time.Month, day int, name string) rule {
	return rule{name: name, month: month, day: day}
}

func easter(shift int, name string) rule { return rule{name: name, easter: true, shift: shift} }

func nth(n int, weekday time.Weekday, month time.Month, name string) rule {
	return rule{name: name, month: month, nth: n, weekday: weekday}
}

// once is a holiday of one year alone.
func once(year int, month time.Month, day int, name string) rule {
	return fixed(month, day, name).from(year).to(year)
}

func (r rule) from(year int) rule { r.since = year; return r }
func (r rule) to(year int) rule   { r.until = year; return r }

// except leaves years out, in which it was moved by a proclamation.
func (r rule) except(years ...int) rule { r.not = years; return r }

// substituted gives the holiday a substitute day.
func (r rule) substituted() rule { r.substitute = true; return r }

// holiday is one date that is a holiday; at noon UTC, so that only its date counts.
type holiday struct {
	date time.Time
	name string
}

func noon(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
}

func (r rule) in(year int) (time.Time, bool) {
	if year < r.since || (r.until != 0 && year > r.until) || slices.Contains(r.not, year) {
		return time.Time{}, false
	}
	switch {
	case r.easter:
		month, day := Easter(year)
		return noon(year, month, day+r.shift), true
	case r.before:
		date := noon(year, r.month, r.day-1)
		return date.AddDate(0, 0, -(int(date.Weekday()-r.weekday+7) % 7)), true
	case r.nth > 0:
		date := noon(year, r.month, 1)
		return date.AddDate(0, 0, int(r.weekday-date.Weekday()+7)%7+7*(r.nth-1)), true
	case r.nth < 0:
		date := noon(year, r.month+1, 0)
		return date.AddDate(0, 0, -(int(date.Weekday()-r.weekday+7) % 7)), true
	}
	return noon(year, r.month, r.day), true
}

// holidaysOf lists the calendar's holidays of a year, substitute days included. Where two fall together the first rule
// names the date.
func (h *Hours) holidaysOf(year int) []holiday {
	var list []holiday
	if p := h.calendar.Patron; p != "" {
		d, err := time.Parse(time.DateOnly, leapYear+p) // a leap year; readable has looked at it
		if date := noon(year, d.Month(), d.Day()); err == nil && date.Day() == d.Day() {
			list = append(list, holiday{date, "Santo patrono"})
		}
	}
	if set, ok := holidaySets()[h.calendar.Holidays]; ok {
		list = append(list, publicHolidays(set(), year)...)
	}
	return unique(list)
}

// publicHolidays lists a year of a set. Only its own days move a substitute day: what a calendar adds, such as the
// patron's day, is no public holiday.
func publicHolidays(rules []rule, year int) []holiday {
	var list []holiday
	for _, r := range rules {
		if d, falls := r.in(year); falls {
			list = append(list, holiday{d, r.name})
		}
	}
	for _, r := range rules {
		d, falls := r.in(year)
		if !falls || !r.substitute || (d.Weekday() != time.Saturday && d.Weekday() != time.Sunday) {
			continue
		}
		for taken(list, d) || d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
			d = d.AddDate(0, 0, 1)
		}
		list = append(list, holiday{d, r.name + " (substitute day)"})
	}
	return list
}

func taken(list []holiday, d time.Time) bool {
	return slices.ContainsFunc(list, func(h holiday) bool { return h.date.Equal(d) })
}

func unique(list []holiday) []holiday {
	var out []holiday
	for _, h := range list {
		if !taken(out, h.date) {
			out = append(out, h)
		}
	}
	return out
}

// Holiday names the public holiday of the date, or nothing. Only the date of t counts, in whatever zone it carries.
func (h *Hours) Holiday(t time.Time) string {
	return h.year(t.Year()).holidays[dateOf(t)]
}

// Easter is the date of Easter Sunday in the Gregorian calendar, by the anonymous computus (Meeus, Jones, Butcher),
// valid from 1583 on.
func Easter(year int) (time.Month, int) {
	golden := year % 19
	century, rest := year/100, year%100
	moon := (19*golden + century - century/4 - (century-(century+8)/25+1)/3 + 15) % 30
	weekday := (32 + 2*(century%4) + 2*(rest/4) - moon - rest%4) % 7
	shift := (golden + 11*moon + 22*weekday) / 451
	sum := moon + weekday - 7*shift + 114
	return time.Month(sum / 31), sum%31 + 1
}
