package sla

import "time"

// CalendarID names a calendar of working hours.
type CalendarID string

// Calendar is a week of working intervals in one zone, minus holidays, plus exceptions.
type Calendar struct {
	ID         CalendarID  `json:"id"`
	Name       string      `json:"name"`
	Zone       string      `json:"zone"`             // IANA name, e.g. "Europe/Rome"
	Week       []Interval  `json:"week"`             // working intervals; the gaps between are breaks; always open: Sunday 0h for 168h
	Holidays   string      `json:"holidays"`         // "it": the Italian public holidays, computed; "": none
	Patron     string      `json:"patron,omitempty"` // patron saint's day as "MM-DD", a further holiday
	Exceptions []Exception `json:"exceptions,omitempty"`
}

// Interval is working time on one weekday by the wall clock; it may run over midnight.
type Interval struct {
	Day   time.Weekday  `json:"day"`
	From  time.Duration `json:"from"`  // since midnight
	Until time.Duration `json:"until"` // since midnight of Day; over 24h runs into the next days
}

// Exception replaces one date's hours: closed when it has no intervals (a works outing), open on a holiday otherwise.
type Exception struct {
	Date  string     `json:"date"`            // "2026-12-24" in the calendar's zone
	Hours []Interval `json:"hours,omitempty"` // Day is ignored
	Note  string     `json:"note,omitempty"`
}

// Clock is one promise of a ticket.
type Clock struct {
	Kind      Kind          `json:"kind"`
	Due       time.Time     `json:"due"`
	MetAt     time.Time     `json:"met_at,omitzero"`
	BrokenAt  time.Time     `json:"broken_at,omitzero"`
	Projected bool          `json:"projected"` // restore before the intervention: can be neither warned nor broken
	Limit     time.Duration `json:"limit"`     // working time
	From      time.Time     `json:"from"`      // where it began to run
}
