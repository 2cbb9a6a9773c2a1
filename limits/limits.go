// Package limits is how long a text from outside may be, and what of it is kept: one table for the whole house.
//
// Who calls, writes or imports chooses these texts; a database, a journal and a screen have to bear them. They are bounded
// where they enter, and once more at the desk, where nothing is kept that was not.
package limits

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits, in characters (Unicode code points). A character has at most four octets of UTF-8, so that the longest line is
// still short enough for an index of PostgreSQL (2,704 octets).
const (
	Number = 64     // a telephone number, or what stands in its place: ITU-T E.164 has 15 digits
	Line   = 200    // a name, an address, an identifier, a header of a message
	CallID = 255    // of SIP
	Fact   = 2_000  // one fact of a history's line
	Text   = 20_000 // what somebody has written or said
	Facts  = 100    // of one line
	cut    = "…"
	bad    = "\uFFFD"
)

// Plain is a text of at most so many characters that can be kept and shown: UTF-8 without NUL and without characters that
// steer a terminal. What is cut off is marked. Line ends and tabs stay.
func Plain(s string, most int) string {
	if len(s) <= most && clean(s, false) {
		return s
	}
	return shorten(s, most, false)
}

// OneLine is Plain on one line: line ends and tabs are blanks.
func OneLine(s string, most int) string {
	if len(s) <= most && clean(s, true) {
		return s
	}
	return shorten(s, most, true)
}

func steers(r rune, line bool) bool {
	switch r {
	case '\n', '\r', '\t':
		return line
	}
	return r == 0 || line && unicode.IsControl(r)
}

func clean(s string, line bool) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f { // most texts have none of these, and need no closer look
			return cleanRunes(s, line)
		}
	}
	return true
}

func cleanRunes(s string, line bool) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return steers(r, line) })
}

// shorten never looks at more of a text than it keeps.
func shorten(s string, most int, line bool) string {
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n == most {
			kept := []rune(b.String())
			return string(kept[:most-1]) + cut
		}
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], bad):
			b.WriteString(bad)
		case !steers(r, line):
			b.WriteRune(r)
		case r == 0:
			continue
		default:
			b.WriteByte(' ')
		}
		n++
	}
	return b.String()
}
