package sla

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// ID names the terms by what they say: equal terms have equal names. It is the beginning of the SHA-256 of their text.
// The names stand in every database, so the text of terms that could be written before must stay the same, octet by octet.
func (t Terms) ID() string {
	sum := sha256.Sum256(t.text())
	return hex.EncodeToString(sum[:12])
}

// text is the JSON of the terms as it always was. It is written by hand, because terms are named at each change of a ticket.
// What is empty and may be left out is left out.
func (t Terms) text() []byte {
	b := append(make([]byte, 0, 2048), `{"level":`...)
	b = appendText(b, string(t.Level))
	b = t.Calendar.appendText(append(b, `,"calendar":`...))
	b = t.Blocking.appendText(append(b, `,"blocking":`...))
	b = t.NonBlocking.appendText(append(b, `,"non_blocking":`...))
	b = t.Stops.appendText(append(b, `,"stops":`...))
	b = appendList(append(b, `,"alarms":`...), t.Alarms, Alarm.appendText)
	return append(b, '}')
}

func (c Calendar) appendText(b []byte) []byte {
	b = appendText(append(b, `{"id":`...), string(c.ID))
	b = appendText(append(b, `,"name":`...), c.Name)
	b = appendText(append(b, `,"zone":`...), c.Zone)
	b = appendList(append(b, `,"week":`...), c.Week, Interval.appendText)
	b = appendText(append(b, `,"holidays":`...), c.Holidays)
	if c.Patron != "" {
		b = appendText(append(b, `,"patron":`...), c.Patron)
	}
	if len(c.Yearly) > 0 {
		b = appendList(append(b, `,"yearly":`...), c.Yearly, Yearly.appendText)
	}
	if len(c.Exceptions) > 0 {
		b = appendList(append(b, `,"exceptions":`...), c.Exceptions, Exception.appendText)
	}
	return append(appendCount(b, `,"version":`, c.Version), '}')
}

func (y Yearly) appendText(b []byte) []byte {
	b = appendText(append(b, `{"day":`...), y.Day)
	b = appendHours(b, y.Hours, y.Note)
	b = appendCount(b, `,"since":`, y.Since)
	return append(appendCount(b, `,"until":`, y.Until), '}')
}

func (e Exception) appendText(b []byte) []byte {
	b = appendText(append(b, `{"date":`...), e.Date)
	return append(appendHours(b, e.Hours, e.Note), '}')
}

func (i Interval) appendText(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"day":`...), int64(i.Day), 10)
	b = appendSpan(b, `,"from":`, i.From)
	return append(appendSpan(b, `,"until":`, i.Until), '}')
}

func (l Limits) appendText(b []byte) []byte {
	b = appendSpan(b, `{"contact":`, l.Contact)
	b = appendSpan(b, `,"intervention":`, l.Intervention)
	return append(appendSpan(b, `,"restore":`, l.Restore), '}')
}

func (s Stops) appendText(b []byte) []byte {
	if s == nil {
		return append(b, "null"...)
	}
	b = append(b, '{')
	for i, why := range slices.Sorted(maps.Keys(s)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendList(append(appendText(b, string(why)), ':'), s[why], func(k Kind, b []byte) []byte { return appendText(b, string(k)) })
	}
	return append(b, '}')
}

func (a Alarm) appendText(b []byte) []byte {
	b = appendText(append(b, `{"clock":`...), string(a.Clock))
	b = appendCount(b, `,"share":`, a.Share)
	if a.Left != 0 {
		b = appendSpan(b, `,"left":`, a.Left)
	}
	b = appendList(append(b, `,"do":`...), a.Do, func(do Action, b []byte) []byte { return appendText(b, string(do)) })
	if a.Night != "" {
		b = appendText(append(b, `,"night":`...), string(a.Night))
	}
	return append(b, '}')
}

// appendHours writes the hours and the note of a day, each where there is one.
func appendHours(b []byte, hours []Interval, note string) []byte {
	if len(hours) > 0 {
		b = appendList(append(b, `,"hours":`...), hours, Interval.appendText)
	}
	if note != "" {
		b = appendText(append(b, `,"note":`...), note)
	}
	return b
}

// appendList writes a list; one that is nil has another text than an empty one.
func appendList[T any](b []byte, list []T, write func(T, []byte) []byte) []byte {
	if list == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = write(v, b)
	}
	return append(b, ']')
}

// appendSpan writes a span in nanoseconds.
func appendSpan(b []byte, name string, d time.Duration) []byte {
	return strconv.AppendInt(append(b, name...), int64(d), 10)
}

// appendCount writes a number that is not zero.
func appendCount(b []byte, name string, n int) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(append(b, name...), int64(n), 10)
}

// appendText writes a text as encoding/json does.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // texts always marshal
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
