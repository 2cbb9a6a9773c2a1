package rota

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/ical"
	"hotline/oncall"
	"hotline/sla"
)

// What an engineer's absences may hold at most.
const (
	MostAbsences = 1000
	mostAbsent   = 366 * 24 * time.Hour
	mostNote     = 200 // characters
)

// Check refuses an absence that has no time or too much of it.
func (a Absence) Check() error {
	switch d := a.Until.Sub(a.From); {
	case d <= 0:
		return fmt.Errorf("it ends before it begins")
	case d > mostAbsent:
		return fmt.Errorf("it is %d days long; use at most 366", d/(24*time.Hour))
	}
	return nil
}

// ReadAbsences reads the events of an engineer's iCalendar file (RFC 5545) as absences, in the order of their times. Whole days
// and times without a zone are of the zone given. Of several versions of one event the newest counts. An event that cannot be
// taken over exactly (one that repeats, an unknown zone) is left out and named, as are cancelled ones and those that say
// that the person is free (TRANSPARENT).
func ReadAbsences(r io.Reader, id oncall.EngineerID, zone *time.Location) (list []Absence, left []sla.LeftOut, err error) {
	lines, err := ical.Read(r)
	if err != nil {
		return nil, nil, err
	}
	var events []*event
	var open *event
	inside := 0 // components within the event, such as alarms
	for _, l := range lines {
		switch {
		case open == nil && l.Name == "BEGIN" && strings.EqualFold(l.Value, "VEVENT"):
			open, inside = &event{line: l.Number, zone: zone}, 0
			events = append(events, open)
		case open == nil && l.Name == "METHOD" && strings.EqualFold(l.Value, "CANCEL"): // RFC 5546 section 3.2.5
			return nil, nil, fmt.Errorf("line %d: METHOD:CANCEL: the file cancels events and adds none; remove their absences: %w", l.Number, ical.ErrBad)
		case open == nil:
		case l.Name == "BEGIN":
			inside++
		case l.Name == "END" && inside > 0:
			inside--
		case l.Name == "END":
			open = nil
		case inside == 0:
			open.read(l)
		}
	}
	if open != nil {
		return nil, nil, fmt.Errorf("line %d: the event has no END: %w", open.line, ical.ErrBad)
	}
	newest := map[string]*event{}
	for _, e := range events {
		if known := newest[e.uid]; e.uid != "" && (known == nil || e.sequence >= known.sequence) {
			newest[e.uid] = e
		}
	}
	for _, e := range events {
		a := Absence{Engineer: id, From: e.from, Until: e.end(), Note: e.note, UID: e.uid}
		switch why := e.why(a, newest[e.uid]); {
		case why != "":
			left = append(left, sla.LeftOut{Line: e.line, Why: why})
		case len(list) == MostAbsences:
			return nil, nil, fmt.Errorf("line %d: the file has more than %d events: %w", e.line, MostAbsences, ical.ErrBad)
		default:
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b Absence) int { return a.From.Compare(b.From) })
	return list, left, nil
}

// event is one VEVENT, half read.
type event struct {
	line        int
	zone        *time.Location
	uid         string
	sequence    int
	from, until time.Time
	wholeDay    bool
	length      func(time.Time) time.Time // by a DURATION
	free        bool
	cancelled   bool
	note        string
	wrong       string // why it cannot be taken
	said        ical.Once
}

func (e *event) read(l ical.Line) {
	var err error
	switch {
	case e.said.Again(l.Name):
		err = fmt.Errorf("%s stands there twice; say it once", l.Name)
	default:
		err = e.take(l)
	}
	if err != nil && e.wrong == "" {
		e.wrong = fmt.Sprintf("line %d: %v", l.Number, err)
	}
}

func (e *event) take(l ical.Line) (err error) {
	switch l.Name {
	case "UID":
		e.uid = ical.Text(l.Value, mostNote)
	case "SEQUENCE":
		e.sequence, err = strconv.Atoi(l.Value)
	case "DTSTART":
		e.from, e.wholeDay, err = e.instant(l)
	case "DTEND":
		e.until, _, err = e.instant(l)
	case "DURATION":
		e.length, err = duration(l.Value)
	case "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID":
		err = fmt.Errorf("%s is not read; list the absences one by one", l.Name)
	case "STATUS":
		e.cancelled = strings.EqualFold(l.Value, "CANCELLED")
	case "TRANSP":
		e.free = strings.EqualFold(l.Value, "TRANSPARENT")
	case "SUMMARY":
		e.note = ical.Text(l.Value, mostNote)
	}
	return err
}

// instant reads a date or a date-time (sections 3.3.4 and 3.3.5): in UTC, in the zone that it names, else in the reader's.
func (e *event) instant(l ical.Line) (at time.Time, wholeDay bool, err error) {
	value := ical.Text(l.Value, 40)
	zone := e.zone
	if id := l.Param("TZID"); id != "" {
		if zone, err = sla.Zone(id); err != nil {
			return at, false, fmt.Errorf("zone %q is unknown; use a name such as Europe/Rome", ical.Text(id, 40))
		}
	}
	if day, err := time.Parse("20060102", value); err == nil {
		return sla.WallClock(zone, day), true, nil
	}
	if at, err = time.Parse("20060102T150405Z", value); err == nil {
		return at, false, nil
	}
	shown, err := time.Parse("20060102T150405", value)
	if err != nil {
		return at, false, fmt.Errorf("%q is neither a date nor a time", value)
	}
	return sla.WallClock(zone, shown), false, nil
}

var durations = regexp.MustCompile(`^\+?P(?:(\d{1,3})W|(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?)$`)

// duration reads a duration (section 3.3.6): its weeks and days are by the wall clock, its hours are real.
func duration(value string) (func(time.Time) time.Time, error) {
	m := durations.FindStringSubmatch(value)
	if m == nil || strings.HasSuffix(value, "P") || strings.HasSuffix(value, "T") {
		return nil, fmt.Errorf("DURATION %q cannot be read", ical.Text(value, 40))
	}
	var n [6]int
	for i := range m[1:] {
		n[i+1], _ = strconv.Atoi(m[i+1]) // empty is 0
	}
	return func(from time.Time) time.Time {
		y, mo, d := from.Date()
		shown := time.Date(y, mo, d+7*n[1]+n[2], from.Hour(), from.Minute(), from.Second(), 0, time.UTC)
		at := from
		if n[1]+n[2] > 0 {
			at = sla.WallClock(from.Location(), shown)
		}
		return at.Add(time.Duration(n[3])*time.Hour + time.Duration(n[4])*time.Minute + time.Duration(n[5])*time.Second)
	}, nil
}

// end is where the event ends: DTEND, else its duration; a date alone lasts that day.
func (e *event) end() time.Time {
	switch {
	case !e.until.IsZero():
		return e.until
	case e.from.IsZero():
		return e.from
	case e.length != nil:
		return e.length(e.from)
	case e.wholeDay:
		y, m, d := e.from.Date()
		return sla.WallClock(e.from.Location(), time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC))
	}
	return e.from
}

// why says why an event is no absence; empty when it is one.
func (e *event) why(a Absence, newest *event) string {
	switch {
	case e.uid != "" && newest != e:
		return fmt.Sprintf("line %d has a newer version of the event", newest.line)
	case e.cancelled:
		return "the event is cancelled"
	case e.free:
		return "the event does not take the person's time (TRANSP:TRANSPARENT)"
	case e.wrong != "":
		return e.wrong
	case e.from.IsZero():
		return "the event has no DTSTART"
	}
	if err := a.Check(); err != nil {
		return "the event cannot be taken: " + err.Error()
	}
	return ""
}
