package sla

import (
	"fmt"
	"strings"
	"time"
)

// Language is one in which accounts are written.
type Language string

// The languages of accounts. Holidays keep the names that they have where they are kept.
const (
	Italian Language = "it"
	English Language = "en"
)

// words are what an account is written with.
type words struct {
	days                                     [7]string
	months                                   [12]string
	kinds                                    map[Kind]string
	whys                                     map[Why]string
	opened, counted, due, projected          string
	kept, late, broken, still, from, running string
	twice, skipped, first, second            string // when the wall clock is set back or forward
}

func wordsOf(l Language) words {
	if l == Italian {
		return words{
			days: [7]string{"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"},
			months: [12]string{
				"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
			},
			kinds: map[Kind]string{Contact: "contatto", Intervention: "intervento", Restore: "ripristino"},
			whys: map[Why]string{
				Break: "pausa", NightTime: "notte", Weekend: "fine settimana", Feast: "giorno festivo", Closure: "chiusura",
				"paused:customer": "in attesa del cliente", "paused:remote_access": "accesso remoto revocato", "paused:closed": "ticket chiuso",
			},
			opened: "aperto", counted: "ore contate", due: "scadenza", projected: "scadenza prevista, dall'intervento", kept: "rispettato",
			late: "compiuto in ritardo", broken: "non rispettato", still: "fermo da", from: "fermo", running: "dall'intervento di",
			twice: "l'ora %s vale due volte", skipped: "l'ora %s manca", first: "prima volta", second: "seconda volta",
		}
	}
	return words{
		days: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		months: [12]string{
			"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
		},
		kinds: map[Kind]string{Contact: "contact", Intervention: "intervention", Restore: "restore"},
		whys: map[Why]string{
			Break: "break", NightTime: "night", Weekend: "weekend", Feast: "holiday", Closure: "closed",
			"paused:customer": "waiting for the customer", "paused:remote_access": "remote access withdrawn", "paused:closed": "ticket closed",
		},
		opened: "opened", counted: "counted", due: "due", projected: "projected, from the intervention on", kept: "kept",
		late: "met too late", broken: "broken", still: "paused since", from: "paused", running: "from the intervention on",
		twice: "the hour %s comes twice", skipped: "the hour %s is missing", first: "first time", second: "second time",
	}
}

// Instant tells a point in time with its day, in the zone that it carries: "Monday 23 November 2026 09:01".
func Instant(t time.Time, l Language) string {
	s := sentence{words: wordsOf(l), zone: t.Location()}
	return s.date(t, true)
}

// In names a clock: "intervento", "intervention".
func (k Kind) In(l Language) string { return wordsOf(l).kinds[k] }

// In words a part: "holiday (Natale)", "waiting for the customer".
func (p Part) In(l Language) string {
	w := wordsOf(l)
	if p.Counts {
		return w.counted
	}
	if p.Name != "" {
		return w.whys[p.Why] + " (" + p.Name + ")"
	}
	return w.whys[p.Why]
}

// In tells the account in one sentence: "intervention: opened Friday 20 November 2026 17:20; counted 17:20-18:00;
// weekend; Monday 9:00-10:00; paused 10:00-10:30, waiting for the customer; 10:30-12:50; due Monday 23 November 12:50".
func (a Account) In(l Language) string {
	w := wordsOf(l)
	s := sentence{words: w, zone: a.zone}
	start := w.opened
	if !a.Clock.From.Equal(a.Opened) {
		start = w.running
	}
	s.say("%s: %s %s", w.kinds[a.Clock.Kind], start, s.date(a.Clock.From, true))
	first := true
	for _, p := range a.Parts {
		switch paused := strings.HasPrefix(string(p.Why), "paused:"); {
		case p.Counts && first:
			s.say("%s %s", w.counted, s.span(p))
			first = false
		case p.Counts:
			s.say("%s", s.span(p))
		case paused && p.Until.IsZero():
			s.say("%s %s, %s", w.still, s.date(p.From, false), p.In(l))
		case paused:
			s.say("%s %s, %s", w.from, s.span(p), p.In(l))
		default:
			s.say("%s", p.In(l))
		}
	}
	if c := a.Clock; (!c.Paused || c.Projected) && !(c.BrokenAt.IsZero() && c.MetAt.After(c.Due)) { // met while it stood still
		s.say("%s %s", w.due, s.date(c.Due, false))
	}
	switch c := a.Clock; {
	case c.Projected:
		s.say("%s", w.projected)
	case !c.MetAt.IsZero() && !c.BrokenAt.IsZero():
		s.say("%s; %s %s", w.broken, w.late, s.date(c.MetAt, false))
	case !c.MetAt.IsZero():
		s.say("%s %s", w.kept, s.date(c.MetAt, false))
	case !c.BrokenAt.IsZero():
		s.say("%s", w.broken)
	}
	return strings.Join(s.parts, "; ")
}

// sentence grows part by part and names a day once.
type sentence struct {
	words
	zone  *time.Location
	day   string // spoken last
	parts []string
}

func (s *sentence) say(format string, args ...any) {
	s.parts = append(s.parts, fmt.Sprintf(format, args...))
}

// date is an instant with its day; seconds are told only where there are some.
func (s *sentence) date(t time.Time, year bool) string {
	t = t.In(s.zone)
	text := fmt.Sprintf("%s %d %s", s.days[t.Weekday()], t.Day(), s.months[t.Month()-1])
	if year {
		text += fmt.Sprintf(" %d", t.Year())
	}
	s.day = t.Format(time.DateOnly)
	return text + " " + s.time(t)
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
		text += " (" + s.first + ")"
	case !since.IsZero() && wallShift(since) < 0 && t.Sub(since) < -wallShift(since):
		text += " (" + s.second + ")"
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
			text += ", " + fmt.Sprintf(s.twice, after.Format("15:04")+"-"+before.Format("15:04"))
		case shift > 0:
			text += ", " + fmt.Sprintf(s.skipped, before.Format("15:04")+"-"+after.Format("15:04"))
		}
	}
}

// moment is an instant without its day where that was spoken last.
func (s *sentence) moment(t time.Time) string {
	t = t.In(s.zone)
	if s.day == t.Format(time.DateOnly) {
		return s.time(t)
	}
	s.day = t.Format(time.DateOnly)
	return fmt.Sprintf("%s %d %s", s.days[t.Weekday()], t.Day(), s.time(t))
}

func (s *sentence) span(p Part) string {
	from := s.moment(p.From)
	if midnight := p.Until.In(s.zone); midnight.Format("15:04:05") == "00:00:00" && s.day == midnight.Add(-time.Second).Format(time.DateOnly) {
		return from + "-24:00" + s.wallTurns(p)
	}
	return from + "-" + s.moment(p.Until) + s.wallTurns(p)
}
