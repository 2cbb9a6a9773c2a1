package sla

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// CalendarID names a calendar of working hours.
type CalendarID string

// Calendar is when somebody works. Each date runs from midnight to midnight in the calendar's zone. The first of these that has
// an entry for a date decides: an exception for that very date, a rule for that day of every year, a public holiday (closed), the
// week. Check refuses a calendar that makes no sense.
type Calendar struct {
	ID         CalendarID
	Name       string
	Zone       string     // IANA name, e.g. "Europe/Rome"
	Week       []Interval // working intervals; the gaps between are breaks; always open: Sunday 0h for 168h
	Holidays   string     // a set computed for any year, such as "it" or "de-by" (HolidaySets); "": none
	Patron     string     // patron saint's day as "MM-DD", a further holiday
	Yearly     []Yearly
	Exceptions []Exception
	Version    int // of the document; 0 in terms, which are named by what they say
}

// Interval is working time on one weekday by the wall clock; it may run over midnight. It begins at the first instant
// at which the wall shows From or a later time, and ends likewise: an hour that autumn repeats counts twice, one that
// spring skips not at all. Whole minutes.
type Interval struct {
	Day   time.Weekday
	From  time.Duration // since midnight
	Until time.Duration // since midnight of Day; over 24h runs into the next days
}

// Exception replaces one date's hours: closed when it has no intervals (a works outing), open on a holiday otherwise.
// What the day before would have left running over midnight ends at that date's midnight.
type Exception struct {
	Date  string     // "2026-12-24" in the calendar's zone
	Hours []Interval // Day is ignored
	Note  string
}

// Yearly is an exception of every year: a half-holiday (24 December until noon) or a closure that is nobody's law.
type Yearly struct {
	Day   string     // "12-24"
	Hours []Interval // Day is ignored; none: closed
	Note  string
	Since int // first year; 0: every year before
	Until int // last year; 0: for ever
}

// in tells whether the rule speaks of a year.
func (y Yearly) in(year int) bool { return year >= y.Since && (y.Until == 0 || year <= y.Until) }

// Zone reads the name of a time zone that somebody writes. It refuses names that mean another zone on each machine (Local, localtime,
// posixrules), that mean none (Factory), and the trees posix/ and right/, which not every machine has and of which the second one counts
// leap seconds. Documents of before that name one of them are served as they always were.
func Zone(name string) (*time.Location, error) {
	machines := []string{"", "Local", "localtime", "posixrules", "Factory"}
	zone, err := time.LoadLocation(name)
	if err != nil || slices.Contains(machines, name) || strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") {
		return nil, fmt.Errorf("zone %q is unknown; use a name such as Europe/Rome", name)
	}
	return zone, nil
}
