package sla

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hotline/ical"
)

// feed is a file half read.
type feed struct {
	event  *closure
	inside int // components within the event, such as alarms: their lines are not the event's
	events []closure
}

// closure is one event.
type closure struct {
	line        int
	uid         string
	sequence    int
	from, until time.Time
	days        int
	month, day  int // that a yearly rule names; 0: the event's own
	yearly      bool
	last        time.Time // of a yearly rule with UNTIL
	count       int       // of a yearly rule with COUNT
	cancelled   bool
	occurrence  bool // RECURRENCE-ID: it replaces one occurrence of another event
	note        string
	wrong       string // why it cannot be taken
	said        ical.Once
}

func (f *feed) take(l ical.Line) error {
	switch {
	case f.event == nil:
		switch {
		case l.Name == "BEGIN" && strings.EqualFold(l.Value, "VEVENT"):
			f.event = &closure{line: l.Number}
		case l.Name == "METHOD" && strings.EqualFold(l.Value, "CANCEL"): // RFC 5546 section 3.2.5
			return fmt.Errorf("METHOD:CANCEL: the file cancels events and adds none; remove their dates from the calendar")
		}
	case l.Name == "BEGIN":
		f.inside++
	case l.Name == "END" && f.inside > 0:
		f.inside--
	case l.Name == "END":
		f.events = append(f.events, *f.event)
		f.event = nil
	case f.inside == 0:
		if err := f.event.read(l.Name, l.Value); err != nil && f.event.wrong == "" {
			f.event.wrong = fmt.Sprintf("line %d: %v", l.Number, err)
		}
	}
	return nil
}

func (e *closure) read(name, value string) (err error) {
	if e.said.Again(name) {
		return fmt.Errorf("%s stands there twice; say it once", name)
	}
	switch name {
	case "UID":
		e.uid = value
	case "SEQUENCE":
		e.sequence, err = strconv.Atoi(value)
	case "RECURRENCE-ID":
		e.occurrence = true
	case "DTSTART":
		e.from, err = wholeDay(value)
	case "DTEND":
		e.until, err = wholeDay(value)
	case "DURATION":
		e.days, err = wholeDays(value)
	case "RRULE":
		err = e.repeat(value)
	case "RDATE", "EXDATE", "EXRULE":
		err = fmt.Errorf("%s is not read; list the dates one by one", name)
	case "STATUS":
		e.cancelled = strings.EqualFold(value, "CANCELLED")
	case "SUMMARY":
		e.note = ical.Text(value, maxNote)
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
		case name == "COUNT" && err == nil && n > 0 && n <= lastYear:
			e.count = n
		case name == "UNTIL" && len(value) >= len(icalDate):
			if e.last, err = wholeDay(value[:len(icalDate)]); err != nil {
				return fmt.Errorf("RRULE %q: UNTIL is no date", rule)
			}
		default:
			return fmt.Errorf("RRULE %q: only FREQ=YEARLY on the event's own date is read; list the dates one by one", rule)
		}
	}
	if !e.yearly {
		return fmt.Errorf("RRULE %q: only FREQ=YEARLY is read; list the dates one by one", rule)
	}
	return nil
}

// icalDate is how a whole day is written (RFC 5545 section 3.3.4).
const icalDate = "20060102"

func wholeDay(value string) (time.Time, error) {
	d, err := time.Parse(icalDate, value)
	if err != nil {
		return d, fmt.Errorf("%q is no whole day; closures are dates such as VALUE=DATE:20261224", clipped(value))
	}
	return d, nil
}

// wholeDays reads a duration in days or in weeks (RFC 5545 section 3.3.6).
func wholeDays(value string) (int, error) {
	text, begun := strings.CutPrefix(strings.TrimPrefix(value, "+"), "P")
	unit := 1
	number, whole := strings.CutSuffix(text, "D")
	if weeks, ok := strings.CutSuffix(text, "W"); ok {
		number, whole, unit = weeks, true, 7
	}
	n, err := strconv.Atoi(number)
	if err != nil || !begun || !whole || n < 1 || n > maxClosureDays/unit {
		return 0, fmt.Errorf("DURATION %q: use whole days, at most %d", clipped(value), maxClosureDays)
	}
	return n * unit, nil
}

func clipped(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "..."
	}
	return text
}

// closures turns the events into dates. Of the events with one UID the one of the highest SEQUENCE counts, the later one
// in the file where they are equal (RFC 5545 section 3.8.7.4).
func (f *feed) closures() (c Closures) {
	newest, moved := map[string]int{}, map[string]bool{}
	for i, e := range f.events {
		if e.uid == "" {
			continue
		}
		moved[e.uid] = moved[e.uid] || e.occurrence
		if known, ok := newest[e.uid]; !ok || e.sequence >= f.events[known].sequence {
			newest[e.uid] = i
		}
	}
	for i, e := range f.events {
		why := ""
		switch {
		case e.uid != "" && moved[e.uid]:
			why = "single occurrences of the event were moved (RECURRENCE-ID); list the dates one by one"
		case e.uid != "" && newest[e.uid] != i:
			why = fmt.Sprintf("line %d has a newer version of the event", f.events[newest[e.uid]].line)
		case e.cancelled:
			why = "the event is cancelled"
		case e.occurrence:
			why = "RECURRENCE-ID without a UID"
		default:
			why = c.keep(e)
		}
		if why != "" {
			c.Left = append(c.Left, LeftOut{e.line, why})
		}
	}
	return c
}

// keep adds an event's dates, or says why it cannot be taken.
func (c *Closures) keep(e closure) (wrong string) {
	switch {
	case e.wrong != "":
		return e.wrong
	case e.from.IsZero():
		return "the event has no DTSTART"
	case (e.month != 0 && e.month != int(e.from.Month())) || (e.day != 0 && e.day != e.from.Day()):
		return "the event comes back on another date than its own; list the dates one by one"
	case e.day != 0 && e.month == 0: // RFC 5545 section 3.3.10: BYMONTHDAY alone is that day of every month
		return "the event comes back in every month; list the dates one by one"
	}
	if e.count > 0 && e.from.Month() == time.February && e.from.Day() == 29 {
		return "29 February with a COUNT comes back in leap years only; list the dates one by one"
	}
	days := max(e.days, 1)
	if !e.until.IsZero() {
		days = int(e.until.Sub(e.from) / (24 * time.Hour))
	}
	if days < 1 || days > maxClosureDays || len(c.Dates)+len(c.Days)+days > maxClosures {
		return fmt.Sprintf("the event has %d days; an event has 1 to %d, a file %d", days, maxClosureDays, maxClosures)
	}
	if e.yearly && e.overLeapDay(days) {
		return "the event lasts over the end of February and has other dates in leap years; list the dates one by one"
	}
	for n := range days {
		d := e.from.AddDate(0, 0, n)
		switch {
		case d.Year() > lastYear:
			return "the event ends after the year 9999"
		case e.yearly:
			c.Days = append(c.Days, Yearly{Day: d.Format(monthDay), Note: e.note, Since: d.Year(), Until: e.lastYear(d.Year() - e.from.Year())})
		default:
			c.Dates = append(c.Dates, Exception{Date: d.Format(time.DateOnly), Note: e.note})
		}
	}
	return ""
}

// overLeapDay tells whether an event of so many days holds a 29 February, in the years that have one.
func (e closure) overLeapDay(days int) bool {
	leap := time.Date(2000, time.February, 29, 0, 0, 0, 0, time.UTC)
	for _, year := range []int{1999, 2000} { // in which it begins
		first := time.Date(year, e.from.Month(), e.from.Day(), 0, 0, 0, 0, time.UTC)
		if last := first.AddDate(0, 0, days-1); days > 1 && !first.After(leap) && !last.Before(leap) {
			return true
		}
	}
	return false
}

// lastYear is the last year of a yearly event's day that lies so many years after the event's first one; 0: no end.
func (e closure) lastYear(later int) int {
	switch {
	case e.count > 0:
		return e.from.Year() + e.count - 1 + later
	case e.last.IsZero():
		return 0
	}
	last := e.last.Year()
	if e.last.YearDay() < time.Date(last, e.from.Month(), e.from.Day(), 0, 0, 0, 0, time.UTC).YearDay() {
		last--
	}
	return last + later
}
