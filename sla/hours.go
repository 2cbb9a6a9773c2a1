package sla

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrNeverOpen is a calendar without a single working hour in sight.
var ErrNeverOpen = errors.New("calendar has no working hours")

// Span is working time between two instants, From included and Until not.
type Span struct{ From, Until time.Time }

// Duration is the real time of the span; over a change of the clocks it differs from what the wall shows.
func (s Span) Duration() time.Duration { return s.Until.Sub(s.From) }

// The years whose working time is kept once it was worked out; others are worked out anew each time they are asked for.
const (
	firstKept = 1970
	yearsKept = 180
)

// Hours is a calendar made ready for arithmetic: its zone is loaded and its rules are checked. It gives the same
// answers for ever and is safe for concurrent use; each year is worked out when it is first asked for.
type Hours struct {
	calendar   Calendar
	zone       *time.Location
	week       [7][]stretch // of each weekday, what runs over from the days before included
	exceptions map[date]Exception
	yearly     map[date][]Yearly // of the year 0; one day may have a rule for some years and another for the others
	years      [yearsKept]atomic.Pointer[year]
}

// stretch is working time of one date, in seconds since its midnight by the wall clock.
type stretch struct{ from, until int64 }

const (
	daySeconds = 24 * 60 * 60
	week       = 7 * 24 * time.Hour // the longest interval: always open is one interval of seven days
)

// Hours makes the calendar ready. It refuses what cannot be counted with; Check refuses more, when a calendar is saved.
func (c Calendar) Hours() (*Hours, error) {
	if err := c.readable(); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return nil, fmt.Errorf("calendar %s: zone %q is unknown; use a name such as Europe/Rome", c.ID, c.Zone)
	}
	h := &Hours{calendar: c, zone: zone, exceptions: map[date]Exception{}, yearly: map[date][]Yearly{}}
	for _, i := range c.Week {
		h.repeat(i)
	}
	for _, e := range c.Exceptions {
		day, _ := time.Parse(time.DateOnly, e.Date) // readable has looked at it
		h.exceptions[dateOf(day)] = e
	}
	for _, y := range c.Yearly {
		day, _ := time.Parse(time.DateOnly, leapYear+y.Day)
		h.yearly[dateOf(day).yearly()] = append(h.yearly[dateOf(day).yearly()], y)
	}
	return h, nil
}

// repeat puts an interval on the weekdays that it touches.
func (h *Hours) repeat(i Interval) {
	from, until := seconds(i.From), seconds(i.Until)
	for ahead := int64(0); ahead*daySeconds < until; ahead++ {
		s := stretch{max(from-ahead*daySeconds, 0), min(until-ahead*daySeconds, daySeconds)}
		if day := (int(i.Day) + int(ahead)) % 7; s.from < s.until {
			h.week[day] = append(h.week[day], s)
		}
	}
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// Zone is the calendar's zone: in it times are spoken.
func (h *Hours) Zone() *time.Location { return h.zone }

// Calendar is what the hours were made of. Nobody may write to its slices.
func (h *Hours) Calendar() Calendar { return h.calendar }

// date is a day of the calendar as a number, 20261224, which is quicker to look up than its text.
type date int

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date(y*10000 + int(m)*100 + d)
}

// yearly is the same day of the year 0.
func (d date) yearly() date { return d % 10000 }

func (d date) year() int { return int(d / 10000) }

// How a day of every year is written, and the year in which each of them exists.
const (
	monthDay = "01-02"
	leapYear = "2000-"
)

// own gives the intervals of a date that does not follow the week; special is false for one that does.
func (h *Hours) own(d date, holiday bool) (hours []Interval, special bool) {
	if len(h.exceptions) > 0 {
		if e, ok := h.exceptions[d]; ok {
			return e.Hours, true
		}
	}
	if len(h.yearly) > 0 {
		if y, ok := h.yearlyRule(d); ok {
			return y.Hours, true
		}
	}
	return nil, holiday
}

// yearlyRule is the rule of every year that speaks of a date.
func (h *Hours) yearlyRule(d date) (Yearly, bool) {
	for _, y := range h.yearly[d.yearly()] {
		if y.in(d.year()) {
			return y, true
		}
	}
	return Yearly{}, false
}

// longestRun is how many days an interval can reach ahead.
const longestRun = 7

// stretches gives a date's working time by the wall clock, perhaps overlapping and in no order. Where the date itself is
// ordinary, what an exception of the days before left running reaches into it.
func (h *Hours) stretches(day time.Time, holiday bool) []stretch {
	if hours, special := h.own(dateOf(day), holiday); special {
		return clip(nil, hours, 0)
	}
	list := h.week[day.Weekday()]
	if len(h.exceptions)+len(h.yearly) == 0 {
		return list
	}
	list = list[:len(list):len(list)]
	for back := 1; back <= longestRun; back++ {
		if hours, special := h.own(dateOf(day.AddDate(0, 0, -back)), false); special {
			list = clip(list, hours, int64(back))
		}
	}
	return list
}

// clip adds the parts of intervals that lie on the date so many days after theirs.
func clip(list []stretch, hours []Interval, ahead int64) []stretch {
	for _, i := range hours {
		s := stretch{max(seconds(i.From)-ahead*daySeconds, 0), min(seconds(i.Until)-ahead*daySeconds, daySeconds)}
		if s.from < s.until {
			list = append(list, s)
		}
	}
	return list
}
