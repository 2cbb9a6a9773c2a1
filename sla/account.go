package sla

import (
	"fmt"
	"strings"
	"time"
)

// Words gives the words of one language by their ids, such as "account-due" or "weekday-1"; package prompts/written has
// them. A language without one of them gives the id back. Safe for concurrent use.
type Words interface{ Text(id string) string }

// Instant tells a point in time with its day, in the zone that it carries: "Monday 23 November 2026 09:01".
func Instant(t time.Time, w Words) string {
	s := sentence{words: w, zone: t.Location()}
	return s.date(t, "date-with-year")
}

// In tells in words what a part is: "holiday (Natale)", "waiting for the customer". Holidays keep the names that their
// calendar gives them.
func (p Part) In(w Words) string {
	why := p.Why
	if p.Counts {
		why = Counted
	}
	text := w.Text("why-" + strings.ReplaceAll(string(why), ":", "-"))
	if p.Name != "" && !p.Counts {
		return text + " (" + p.Name + ")"
	}
	return text
}

// In tells the account in one sentence: "intervention: opened Friday 20 November 2026 17:20; counted 17:20-18:00;
// weekend; Monday 9:00-10:00; paused 10:00-10:30, waiting for the customer; 10:30-12:50; due Monday 23 November 12:50".
func (a Account) In(w Words) string {
	s := sentence{words: w, zone: a.zone}
	start := "account-opened"
	if !a.Clock.From.Equal(a.Opened) {
		start = "account-from-intervention"
	}
	s.say("%s: %s %s", w.Text("clock-"+string(a.Clock.Kind)), w.Text(start), s.date(a.Clock.From, "date-with-year"))
	first := true
	for _, p := range a.Parts {
		switch paused := strings.HasPrefix(string(p.Why), "paused:"); {
		case p.Counts && first:
			s.say("%s %s", p.In(w), s.period(p))
			first = false
		case p.Counts:
			s.say("%s", s.period(p))
		case paused && p.Until.IsZero():
			s.say("%s %s, %s", w.Text("account-paused-since"), s.date(p.From, "date"), p.In(w))
		case paused:
			s.say("%s %s, %s", w.Text("account-paused"), s.period(p), p.In(w))
		default:
			s.say("%s", p.In(w))
		}
	}
	s.ending(a.Clock)
	return strings.Join(s.parts, "; ")
}

// ending tells when the clock is or was due, and how it ended.
func (s *sentence) ending(c Clock) {
	w := s.words
	metInPause := c.BrokenAt.IsZero() && c.MetAt.After(c.Due) // what is due by then is not known
	if (!c.Paused || c.Projected) && !metInPause {
		s.say("%s %s", w.Text("account-due"), s.date(c.Due, "date"))
	}
	switch {
	case c.Projected:
		s.say("%s", w.Text("account-projected"))
	case !c.MetAt.IsZero() && !c.BrokenAt.IsZero():
		s.say("%s; %s %s", w.Text("account-broken"), w.Text("account-late"), s.date(c.MetAt, "date"))
	case !c.MetAt.IsZero():
		s.say("%s %s", w.Text("account-kept"), s.date(c.MetAt, "date"))
	case !c.BrokenAt.IsZero():
		s.say("%s", w.Text("account-broken"))
	}
}

// sentence grows part by part and names a day once.
type sentence struct {
	words Words
	zone  *time.Location
	day   string // spoken last
	parts []string
}

func (s *sentence) say(format string, args ...any) {
	s.parts = append(s.parts, fmt.Sprintf(format, args...))
}

// date is an instant with its day, in the form that the language gives dates under an id. Seconds are told only where
// there are some.
func (s *sentence) date(t time.Time, form string) string {
	t = t.In(s.zone)
	s.day = t.Format(time.DateOnly)
	weekday, month := s.words.Text(fmt.Sprintf("weekday-%d", t.Weekday())), s.words.Text(fmt.Sprintf("month-%d", t.Month()))
	return fmt.Sprintf(s.words.Text(form), weekday, t.Day(), month, t.Year()) + " " + s.time(t)
}

// time is the time of day, with which of the two it is where the wall shows it twice.
func (s *sentence) time(t time.Time) string {
	text := t.Format("15:04")
	if t.Second() != 0 {
		text = t.Format("15:04:05")
	}
	since, until := t.ZoneBounds()
	switch {
	case !until.IsZero() && wallShift(until) < 0 && until.Sub(t) <= -wallShift(until):
		text += " (" + s.words.Text("account-first-time") + ")"
	case !since.IsZero() && wallShift(since) < 0 && t.Sub(since) < -wallShift(since):
		text += " (" + s.words.Text("account-second-time") + ")"
	}
	return text
}

// wallShift is how far the wall clock is set forward at an instant, negative when it is set back.
func wallShift(at time.Time) time.Duration {
	_, before := at.Add(-time.Second).Zone()
	_, after := at.Zone()
	return time.Duration(after-before) * time.Second
}

// wallTurns tells the hours that the wall showed twice, or not at all, within a part.
func (s *sentence) wallTurns(p Part) string {
	text := ""
	for at := p.From.In(s.zone); ; {
		_, until := at.ZoneBounds()
		if until.IsZero() || !until.Before(p.Until) {
			return text
		}
		at = until.In(s.zone)
		shift := wallShift(at)
		_, offset := at.Zone()
		after := at.UTC().Add(time.Duration(offset) * time.Second) // what the wall shows behind the shift, and before it
		before := after.Add(-shift)
		switch {
		case shift < 0:
			text += ", " + fmt.Sprintf(s.words.Text("account-hour-twice"), after.Format("15:04")+"-"+before.Format("15:04"))
		case shift > 0:
			text += ", " + fmt.Sprintf(s.words.Text("account-hour-missing"), before.Format("15:04")+"-"+after.Format("15:04"))
		}
	}
}

// moment is an instant without its day where that was spoken last.
func (s *sentence) moment(t time.Time) string {
	t = t.In(s.zone)
	if s.day == t.Format(time.DateOnly) {
		return s.time(t)
	}
	return s.date(t, "date-short")
}

// period is a part from its beginning to its end: "09:00-10:00". Midnight at its end is 24:00.
func (s *sentence) period(p Part) string {
	from := s.moment(p.From)
	if midnight := p.Until.In(s.zone); midnight.Format("15:04:05") == "00:00:00" && s.day == midnight.Add(-time.Second).Format(time.DateOnly) {
		return from + "-24:00" + s.wallTurns(p)
	}
	return from + "-" + s.moment(p.Until) + s.wallTurns(p)
}
