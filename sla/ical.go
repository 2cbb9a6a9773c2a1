package sla

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// What an iCalendar file of holidays may hold at most.
const (
	maxCalendarOctets = 1 << 20
	maxClosures       = 5000
	maxClosureDays    = 366
)

// ErrBadICalendar is a file that is no iCalendar, or says what a calendar of closures cannot take; the message names
// the line.
var ErrBadICalendar = errors.New("bad iCalendar file")

// ReadHolidays reads the whole-day events of an iCalendar file (RFC 5545) as closures: each date as an exception, and an
// event that comes back every year on its date as a yearly one. Cancelled events are left out. What it cannot take over
// exactly (a time of day, another kind of repetition) it refuses rather than guess.
func ReadHolidays(r io.Reader) ([]Exception, []Yearly, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxCalendarOctets+1))
	if err != nil {
		return nil, nil, fmt.Errorf("reading an iCalendar file: %w", err)
	}
	if len(text) > maxCalendarOctets {
		return nil, nil, fmt.Errorf("it is larger than %d octets: %w", maxCalendarOctets, ErrBadICalendar)
	}
	f := feed{}
	lines := unfold(string(text))
	if len(lines) == 0 || !strings.EqualFold(strings.TrimSpace(lines[0].text), "BEGIN:VCALENDAR") {
		return nil, nil, fmt.Errorf("line 1: it does not begin with BEGIN:VCALENDAR: %w", ErrBadICalendar)
	}
	for _, l := range lines {
		if err := f.take(l); err != nil {
			return nil, nil, fmt.Errorf("line %d: %w: %w", l.number, err, ErrBadICalendar)
		}
	}
	if f.event != nil {
		return nil, nil, fmt.Errorf("line %d: the event has no END: %w", f.event.line, ErrBadICalendar)
	}
	return f.dates, f.days, nil
}

// line is one content line with the number of its first line in the file.
type line struct {
	number int
	text   string
}

// unfold joins lines that go on with a blank.
func unfold(text string) []line {
	var lines []line
	s := bufio.NewScanner(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	s.Buffer(nil, maxCalendarOctets+1)
	for n := 1; s.Scan(); n++ {
		t := strings.TrimSuffix(s.Text(), "\r")
		if len(t) > 0 && (t[0] == ' ' || t[0] == '\t') && len(lines) > 0 {
			lines[len(lines)-1].text += t[1:]
			continue
		}
		lines = append(lines, line{n, t})
	}
	return lines
}

// feed is a file half read.
type feed struct {
	event  *closure
	inside int // components within the event, such as alarms: their lines are not the event's
	dates  []Exception
	days   []Yearly
}

// closure is one event.
type closure struct {
	line            int
	from, until     time.Time
	days            int
	month, day      int // that a yearly rule names; 0: the event's own
	yearly, dropped bool
	note            string
}

func (f *feed) take(l line) error {
	name, value, found := strings.Cut(l.text, ":")
	if !found {
		return nil
	}
	name, params, _ := strings.Cut(name, ";")
	name, value = strings.ToUpper(name), strings.TrimSpace(value)
	switch {
	case f.event == nil:
		if name == "BEGIN" && strings.EqualFold(value, "VEVENT") {
			f.event = &closure{line: l.number}
		}
		return nil
	case name == "BEGIN":
		f.inside++
		return nil
	case name == "END" && f.inside > 0:
		f.inside--
		return nil
	case name == "END":
		e := f.event
		f.event = nil
		return f.keep(e)
	case f.inside > 0:
		return nil
	}
	return f.event.read(name, params, value)
}

func (e *closure) read(name, params, value string) (err error) {
	switch name {
	case "DTSTART":
		e.from, err = wholeDay(params, value)
	case "DTEND":
		e.until, err = wholeDay(params, value)
	case "DURATION":
		days, ok := strings.CutPrefix(value, "P")
		days, whole := strings.CutSuffix(days, "D")
		if e.days, err = strconv.Atoi(days); err != nil || !ok || !whole || e.days < 1 || e.days > maxClosureDays {
			err = fmt.Errorf("DURATION %q: use whole days", value)
		}
	case "RRULE":
		err = e.repeat(value)
	case "RDATE", "EXDATE":
		err = fmt.Errorf("%s is not read; list the dates one by one", name)
	case "STATUS":
		e.dropped = strings.EqualFold(value, "CANCELLED")
	case "SUMMARY":
		e.note = strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(value)
		e.note = string([]rune(e.note)[:min(len([]rune(e.note)), 200)])
	}
	return err
}

// repeat reads a rule that says nothing but "every year on this date", in one of the ways in which calendars write it.
func (e *closure) repeat(rule string) error {
	for _, part := range strings.Split(strings.ToUpper(rule), ";") {
		name, value, _ := strings.Cut(part, "=")
		n, err := strconv.Atoi(value)
		switch {
		case part == "FREQ=YEARLY":
			e.yearly = true
		case part == "INTERVAL=1", name == "WKST":
		case name == "BYMONTH" && err == nil:
			e.month = n
		case name == "BYMONTHDAY" && err == nil:
			e.day = n
		default:
			return fmt.Errorf("RRULE %q: only FREQ=YEARLY on the event's own date is read; list the dates one by one", rule)
		}
	}
	if !e.yearly {
		return fmt.Errorf("RRULE %q: only FREQ=YEARLY is read; list the dates one by one", rule)
	}
	return nil
}

func wholeDay(params, value string) (time.Time, error) {
	d, err := time.Parse("20060102", value)
	if err != nil {
		return d, fmt.Errorf("%q with %q is no whole day; closures are dates such as VALUE=DATE:20261224", value, params)
	}
	return d, nil
}

// keep turns an event into its dates.
func (f *feed) keep(e *closure) error {
	if e.dropped {
		return nil
	}
	if e.from.IsZero() {
		return fmt.Errorf("the event of line %d has no DTSTART", e.line)
	}
	if (e.month != 0 && e.month != int(e.from.Month())) || (e.day != 0 && e.day != e.from.Day()) {
		return fmt.Errorf("the event of line %d comes back on another date than its own; list the dates one by one", e.line)
	}
	days := max(e.days, 1)
	if !e.until.IsZero() {
		days = int(e.until.Sub(e.from) / (24 * time.Hour))
	}
	if days < 1 || days > maxClosureDays || len(f.dates)+len(f.days)+days > maxClosures {
		return fmt.Errorf("the event of line %d has %d days; an event has 1 to %d, a file %d", e.line, days, maxClosureDays, maxClosures)
	}
	for n := range days {
		d := e.from.AddDate(0, 0, n)
		if e.yearly {
			f.days = append(f.days, Yearly{Day: d.Format(monthDay), Note: e.note})
			continue
		}
		f.dates = append(f.dates, Exception{Date: d.Format(time.DateOnly), Note: e.note})
	}
	return nil
}

// Import adds closures to a calendar. A date that the calendar speaks of already stays as it is.
func (c Calendar) Import(dates []Exception, days []Yearly) Calendar {
	known := map[string]bool{}
	for _, e := range c.Exceptions {
		known[e.Date] = true
	}
	for _, y := range c.Yearly {
		known[y.Day] = true
	}
	c.Exceptions, c.Yearly = c.Exceptions[:len(c.Exceptions):len(c.Exceptions)], c.Yearly[:len(c.Yearly):len(c.Yearly)]
	for _, e := range dates {
		if !known[e.Date] {
			c.Exceptions, known[e.Date] = append(c.Exceptions, e), true
		}
	}
	for _, y := range days {
		if !known[y.Day] {
			c.Yearly, known[y.Day] = append(c.Yearly, y), true
		}
	}
	return c
}
