package sla

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// What an iCalendar file of holidays may hold at most.
const (
	maxCalendarOctets = 1 << 20
	maxClosures       = 5000
	maxClosureDays    = 366
	maxNote           = 200 // characters
)

// ErrBadICalendar is a file that is no iCalendar, or of which nothing can be taken; the message names the line.
var ErrBadICalendar = errors.New("bad iCalendar file")

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

// ReadHolidays reads the whole-day events of an iCalendar file (RFC 5545) as closures: each date as an exception, and an
// event that comes back every year on its date as a yearly one, from its first year on. Of several versions of one event
// the newest counts. An event that cannot be taken over exactly (a time of day, another kind of repetition, single
// occurrences that were moved) is left out and named, as are cancelled ones. A file of which nothing can be taken is
// refused.
func ReadHolidays(r io.Reader) (Closures, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxCalendarOctets+1))
	if err != nil {
		return Closures{}, fmt.Errorf("reading an iCalendar file: %w", err)
	}
	if len(text) > maxCalendarOctets {
		return Closures{}, fmt.Errorf("it is larger than %d octets: %w", maxCalendarOctets, ErrBadICalendar)
	}
	lines := unfold(text)
	if len(lines) == 0 || lines[0].name != "BEGIN" || !strings.EqualFold(lines[0].value, "VCALENDAR") {
		return Closures{}, fmt.Errorf("line 1: it does not begin with BEGIN:VCALENDAR: %w", ErrBadICalendar)
	}
	f := feed{}
	for _, l := range lines {
		if err := f.take(l); err != nil {
			return Closures{}, fmt.Errorf("line %d: %w: %w", l.number, err, ErrBadICalendar)
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

// contentLine is one line of RFC 5545 section 3.1, unfolded.
type contentLine struct {
	number int    // of its first line in the file
	name   string // in capitals
	value  string
}

// unfold joins the lines that go on with a blank (a fold may lie within a character, so octets are joined), and takes
// each line apart.
func unfold(text []byte) []contentLine {
	type folded struct {
		number int
		octets []byte
	}
	var raw []folded
	for n, l := range bytes.Split(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\n")) {
		l = bytes.TrimSuffix(l, []byte("\r"))
		if len(l) > 0 && (l[0] == ' ' || l[0] == '\t') && len(raw) > 0 {
			last := &raw[len(raw)-1]
			last.octets = append(last.octets, l[1:]...)
			continue
		}
		raw = append(raw, folded{n + 1, bytes.Clone(l)})
	}
	var lines []contentLine
	for _, f := range raw {
		if l, ok := apart(strings.ToValidUTF8(string(f.octets), "\ufffd")); ok {
			l.number = f.number
			lines = append(lines, l)
		}
	}
	return lines
}

// apart splits name, parameters and value; a colon or semicolon between quotes belongs to a parameter. The parameters
// say nothing that the values of dates do not say themselves.
func apart(text string) (contentLine, bool) {
	quoted := false
	for i, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ':' && !quoted:
			name, _, _ := strings.Cut(text[:i], ";")
			return contentLine{name: strings.ToUpper(strings.TrimSpace(name)), value: strings.TrimSpace(text[i+1:])}, true
		}
	}
	return contentLine{}, false
}

// noteOf is a SUMMARY as a note: its escapes undone (RFC 5545 section 3.3.11), without characters that steer a terminal
// or turn the direction of the text.
func noteOf(value string) string {
	text := strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(value)
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, text)
	runes := []rune(strings.TrimSpace(text))
	return string(runes[:min(len(runes), maxNote)])
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
