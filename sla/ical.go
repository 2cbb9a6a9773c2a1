package sla

import (
	"fmt"
	"io"

	"hotline/ical"
)

// What an iCalendar file of holidays may hold at most.
const (
	maxClosures    = 5000
	maxClosureDays = 366
	maxNote        = 200 // characters
)

// ErrBadICalendar is a file that is no iCalendar, or one without anything that can be used; the message names the line.
var ErrBadICalendar = ical.ErrBad

// Closures is what an iCalendar file says of closed days.
type Closures struct {
	Dates []Exception
	Days  []Yearly
	Left  []LeftOut // events that were not taken, in the order of the file
}

// LeftOut is an event that was not taken.
type LeftOut struct {
	Line int // of its BEGIN, from 1
	Why  string
}

// String is one line for people.
func (l LeftOut) String() string { return fmt.Sprintf("line %d: %s", l.Line, l.Why) }

// ReadHolidays reads the whole-day events of an iCalendar file (RFC 5545) as closures. Each date becomes an exception. An event
// that comes back every year on its date becomes a yearly exception, from its first year on. Of several versions of one event the
// newest counts. An event that cannot be taken over exactly (a time of day, another kind of repetition, single occurrences that
// were moved) is left out and named, as are cancelled ones. A file without anything that can be used is refused.
func ReadHolidays(r io.Reader) (Closures, error) {
	lines, err := ical.Read(r)
	if err != nil {
		return Closures{}, err
	}
	f := feed{}
	for _, l := range lines {
		if err := f.take(l); err != nil {
			return Closures{}, fmt.Errorf("line %d: %w: %w", l.Number, err, ErrBadICalendar)
		}
	}
	if f.event != nil {
		return Closures{}, fmt.Errorf("line %d: the event has no END: %w", f.event.line, ErrBadICalendar)
	}
	c := f.closures()
	if len(c.Dates)+len(c.Days) == 0 && len(c.Left) > 0 {
		return Closures{}, fmt.Errorf("%s: %w", c.Left[0], ErrBadICalendar)
	}
	return c, nil
}

// Import adds closures to a calendar. A date that the calendar speaks of already stays as it is.
func (c Calendar) Import(closures Closures) Calendar {
	known := map[string]bool{}
	for _, e := range c.Exceptions {
		known[e.Date] = true
	}
	c.Exceptions, c.Yearly = c.Exceptions[:len(c.Exceptions):len(c.Exceptions)], c.Yearly[:len(c.Yearly):len(c.Yearly)]
	for _, e := range closures.Dates {
		if !known[e.Date] {
			c.Exceptions, known[e.Date] = append(c.Exceptions, e), true
		}
	}
	for _, y := range closures.Days {
		if c.Yearly = append(c.Yearly, y); c.saidBefore(len(c.Yearly) - 1) {
			c.Yearly = c.Yearly[:len(c.Yearly)-1]
		}
	}
	return c
}
