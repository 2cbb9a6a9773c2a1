// Package ical is the grammar of iCalendar files (RFC 5545): content lines in, content lines out. What an event means is
// for those who read it: closures for calendars (sla), absences for rotas (oncall/rota).
package ical

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// MaxOctets is how long a file may be.
const MaxOctets = 1 << 20

// ErrBad is a file that is no iCalendar, or of which nothing can be taken; the message names the line.
var ErrBad = errors.New("bad iCalendar file")

// Line is one content line (section 3.1), unfolded.
type Line struct {
	Number int    // of its first line in the file, from 1
	Name   string // in capitals
	Params string // as written, from the first semicolon on; empty where there are none
	Value  string
}

// Read gives the content lines of a file. It refuses a file that is too long or does not begin as an iCalendar; lines
// without a colon are left out.
func Read(r io.Reader) ([]Line, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxOctets+1))
	if err != nil {
		return nil, fmt.Errorf("reading an iCalendar file: %w", err)
	}
	if len(text) > MaxOctets {
		return nil, fmt.Errorf("it is larger than %d octets: %w", MaxOctets, ErrBad)
	}
	lines := unfold(text)
	if len(lines) == 0 || lines[0].Name != "BEGIN" || !strings.EqualFold(lines[0].Value, "VCALENDAR") {
		return nil, fmt.Errorf("line 1: it does not begin with BEGIN:VCALENDAR: %w", ErrBad)
	}
	return lines, nil
}

// Param gives a parameter's value without its quotes; empty when the line does not have it.
func (l Line) Param(name string) string {
	rest := l.Params
	for rest != "" {
		end, quoted := len(rest), false
		for i, r := range rest[1:] {
			if r == '"' {
				quoted = !quoted
			}
			if r == ';' && !quoted {
				end = i + 1
				break
			}
		}
		key, value, _ := strings.Cut(rest[1:end], "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
		rest = rest[end:]
	}
	return ""
}

// unfold joins the lines that go on with a blank (a fold may lie within a character, so octets are joined), and takes
// each line apart.
func unfold(text []byte) []Line {
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
	var lines []Line
	for _, f := range raw {
		if l, ok := split(strings.ToValidUTF8(string(f.octets), "\ufffd")); ok {
			l.Number = f.number
			lines = append(lines, l)
		}
	}
	return lines
}

// split separates name, parameters and value; a colon or semicolon between quotes belongs to a parameter.
func split(text string) (Line, bool) {
	quoted := false
	for i, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ':' && !quoted:
			name, _, _ := strings.Cut(text[:i], ";")
			return Line{Name: strings.ToUpper(strings.TrimSpace(name)), Params: text[len(name):i], Value: strings.TrimSpace(text[i+1:])}, true
		}
	}
	return Line{}, false
}

// Text is a value of type TEXT (section 3.3.11) on one line, at most so many characters long: its escapes undone, without
// characters that steer a terminal or turn the direction of the text.
func Text(value string, most int) string {
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
	return string(runes[:min(len(runes), most)])
}

// Once is the properties of an event that stood there so far. One that may stand there once says nothing clear when it stands there twice
// (RFC 5545 section 3.6.1).
type Once []string

// Again tells whether a property stands there once more that must not.
func (o *Once) Again(name string) bool {
	if !slices.Contains([]string{"UID", "SEQUENCE", "RECURRENCE-ID", "DTSTART", "DTEND", "DURATION", "RRULE", "STATUS", "SUMMARY", "TRANSP"}, name) {
		return false
	}
	again := slices.Contains(*o, name)
	*o = append(*o, name)
	return again
}
