package stored

import (
	"time"

	"hotline/sla"
)

// Calendar is when somebody works.
type Calendar struct {
	ID         sla.CalendarID `json:"id"`
	Name       string         `json:"name"`
	Zone       string         `json:"zone"`
	Week       []Interval     `json:"week"`
	Holidays   string         `json:"holidays"`
	Patron     string         `json:"patron,omitempty"`
	Yearly     []Yearly       `json:"yearly,omitempty"`
	Exceptions []Exception    `json:"exceptions,omitempty"`
	Version    int            `json:"version,omitempty"`
}

// Interval is working time on one weekday, Sunday 0, in nanoseconds since midnight.
type Interval struct {
	Day   time.Weekday  `json:"day"`
	From  time.Duration `json:"from"`
	Until time.Duration `json:"until"`
}

// Exception replaces one date's hours.
type Exception struct {
	Date  string     `json:"date"`
	Hours []Interval `json:"hours,omitempty"`
	Note  string     `json:"note,omitempty"`
}

// Yearly is an exception of every year.
type Yearly struct {
	Day   string     `json:"day"`
	Hours []Interval `json:"hours,omitempty"`
	Note  string     `json:"note,omitempty"`
	Since int        `json:"since,omitempty"`
	Until int        `json:"until,omitempty"`
}

// OfCalendar is the stored form of a calendar.
func OfCalendar(c sla.Calendar) Calendar {
	return Calendar{
		ID: c.ID, Name: c.Name, Zone: c.Zone, Week: ofIntervals(c.Week), Holidays: c.Holidays, Patron: c.Patron,
		Yearly: each(c.Yearly, func(y sla.Yearly) Yearly {
			return Yearly{Day: y.Day, Hours: ofIntervals(y.Hours), Note: y.Note, Since: y.Since, Until: y.Until}
		}),
		Exceptions: each(c.Exceptions, func(e sla.Exception) Exception {
			return Exception{Date: e.Date, Hours: ofIntervals(e.Hours), Note: e.Note}
		}),
		Version: c.Version,
	}
}

// Domain is the calendar.
func (c Calendar) Domain() sla.Calendar {
	return sla.Calendar{
		ID: c.ID, Name: c.Name, Zone: c.Zone, Week: intervals(c.Week), Holidays: c.Holidays, Patron: c.Patron,
		Yearly: each(c.Yearly, func(y Yearly) sla.Yearly {
			return sla.Yearly{Day: y.Day, Hours: intervals(y.Hours), Note: y.Note, Since: y.Since, Until: y.Until}
		}),
		Exceptions: each(c.Exceptions, func(e Exception) sla.Exception {
			return sla.Exception{Date: e.Date, Hours: intervals(e.Hours), Note: e.Note}
		}),
		Version: c.Version,
	}
}

func ofIntervals(list []sla.Interval) []Interval {
	return each(list, func(i sla.Interval) Interval { return Interval(i) })
}

func intervals(list []Interval) []sla.Interval {
	return each(list, func(i Interval) sla.Interval { return sla.Interval(i) })
}
