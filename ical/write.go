package ical

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Event is one entry of a calendar that is written.
type Event struct {
	UID         string // the same for the same event for ever
	From, Until time.Time
	Summary     string
	Note        string // empty: none
}

// foldAt is how many octets a line has at most, its line break left out (section 3.1).
const foldAt = 75

// instant is how a date-time in UTC is written (section 3.3.5).
const instant = "20060102T150405Z"

// Write gives a calendar as a file: name is what the reader's program calls it, now the instant at which it was made.
func Write(name string, now time.Time, events []Event) []byte {
	var b strings.Builder
	put := func(line string) { b.WriteString(fold(line)) }
	for _, l := range []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//hotline//on call//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"} {
		put(l)
	}
	put("X-WR-CALNAME:" + escape(name))
	put("REFRESH-INTERVAL;VALUE=DURATION:PT15M") // RFC 7986 section 5.7
	for _, e := range events {
		put("BEGIN:VEVENT")
		put("UID:" + escape(e.UID))
		put("DTSTAMP:" + now.UTC().Format(instant))
		put("DTSTART:" + e.From.UTC().Format(instant))
		put("DTEND:" + e.Until.UTC().Format(instant))
		put("SUMMARY:" + escape(e.Summary))
		if e.Note != "" {
			put("DESCRIPTION:" + escape(e.Note))
		}
		put("TRANSP:TRANSPARENT") // who is on call is not busy
		put("END:VEVENT")
	}
	put("END:VCALENDAR")
	return []byte(b.String())
}

// escape writes a text as a value of type TEXT; characters that steer a terminal are left out.
func escape(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(text, "\ufffd"))
	text = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(text)
}

// fold breaks a line so that no part is longer than 75 octets and no character is torn, and ends it.
func fold(line string) string {
	var b strings.Builder
	width := 0
	for _, r := range line {
		n := utf8.RuneLen(r)
		if width+n > foldAt {
			b.WriteString("\r\n ")
			width = 1
		}
		b.WriteRune(r)
		width += n
	}
	b.WriteString("\r\n")
	return b.String()
}
