package stored

import (
	"time"

	"hotline/sla"
)

// Limits are the promised spans of one category; spans are nanoseconds.
type Limits struct {
	Contact      time.Duration `json:"contact"`
	Intervention time.Duration `json:"intervention"`
	Restore      time.Duration `json:"restore"`
}

// Level is a level of support.
type Level struct {
	ID          sla.LevelID    `json:"id"`
	Name        string         `json:"name"`
	Calendar    sla.CalendarID `json:"calendar"`
	Blocking    Limits         `json:"blocking"`
	NonBlocking Limits         `json:"non_blocking"`
	Stops       sla.Stops      `json:"stops"`
	Alarms      []Alarm        `json:"alarms"`
	Version     int            `json:"version,omitempty"`
}

// OfLevel is the stored form of a level.
func OfLevel(l sla.Level) Level {
	return Level{
		ID: l.ID, Name: l.Name, Calendar: l.Calendar, Blocking: Limits(l.Blocking), NonBlocking: Limits(l.NonBlocking),
		Stops: l.Stops, Alarms: each(l.Alarms, ofAlarm), Version: l.Version,
	}
}

// Domain is the level.
func (l Level) Domain() sla.Level {
	return sla.Level{
		ID: l.ID, Name: l.Name, Calendar: l.Calendar, Blocking: sla.Limits(l.Blocking), NonBlocking: sla.Limits(l.NonBlocking),
		Stops: l.Stops, Alarms: each(l.Alarms, Alarm.domain), Version: l.Version,
	}
}

// Alarm is one line of the policy for warnings and breaches.
type Alarm struct {
	Clock sla.Kind      `json:"clock"`
	Share int           `json:"share,omitempty"`
	Left  time.Duration `json:"left,omitempty"`
	Do    []sla.Action  `json:"do"`
	Night sla.Night     `json:"night,omitempty"`
}

func ofAlarm(a sla.Alarm) Alarm { return Alarm(a) }

func (a Alarm) domain() sla.Alarm { return sla.Alarm(a) }

// Terms are what a request was promised.
type Terms struct {
	Level       sla.LevelID `json:"level"`
	Calendar    Calendar    `json:"calendar"`
	Blocking    Limits      `json:"blocking"`
	NonBlocking Limits      `json:"non_blocking"`
	Stops       sla.Stops   `json:"stops"`
	Alarms      []Alarm     `json:"alarms"`
}

// OfTerms is the stored form of terms.
func OfTerms(t sla.Terms) Terms {
	return Terms{
		Level: t.Level, Calendar: OfCalendar(t.Calendar), Blocking: Limits(t.Blocking), NonBlocking: Limits(t.NonBlocking),
		Stops: t.Stops, Alarms: each(t.Alarms, ofAlarm),
	}
}

// Domain is the terms.
func (t Terms) Domain() sla.Terms {
	return sla.Terms{
		Level: t.Level, Calendar: t.Calendar.Domain(), Blocking: sla.Limits(t.Blocking), NonBlocking: sla.Limits(t.NonBlocking),
		Stops: t.Stops, Alarms: each(t.Alarms, Alarm.domain),
	}
}

// Clock is one promise of a ticket.
type Clock struct {
	Kind      sla.Kind      `json:"kind"`
	Due       time.Time     `json:"due"`
	MetAt     time.Time     `json:"met_at,omitzero"`
	BrokenAt  time.Time     `json:"broken_at,omitzero"`
	Projected bool          `json:"projected"`
	Paused    bool          `json:"paused"`
	Limit     time.Duration `json:"limit"`
	From      time.Time     `json:"from"`
	Spent     time.Duration `json:"spent"`
	Warnings  []Warning     `json:"warnings,omitempty"`
	Terms     string        `json:"terms,omitempty"`
}

func ofClock(c sla.Clock) Clock {
	return Clock{
		Kind: c.Kind, Due: c.Due, MetAt: c.MetAt, BrokenAt: c.BrokenAt, Projected: c.Projected, Paused: c.Paused, Limit: c.Limit,
		From: c.From, Spent: c.Spent, Warnings: OfWarnings(c.Warnings), Terms: c.Terms,
	}
}

func (c Clock) domain() sla.Clock {
	return sla.Clock{
		Kind: c.Kind, Due: c.Due, MetAt: c.MetAt, BrokenAt: c.BrokenAt, Projected: c.Projected, Paused: c.Paused, Limit: c.Limit,
		From: c.From, Spent: c.Spent, Warnings: Warnings(c.Warnings), Terms: c.Terms,
	}
}

// Warning is an instant at which somebody wants to know of a clock.
type Warning struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at,omitzero"`
	RaisedAt time.Time `json:"raised_at,omitzero"`
}

// OfWarnings is the stored form of warnings.
func OfWarnings(list []sla.Warning) []Warning {
	return each(list, func(w sla.Warning) Warning { return Warning(w) })
}

// Warnings are the warnings of a stored form.
func Warnings(list []Warning) []sla.Warning {
	return each(list, func(w Warning) sla.Warning { return sla.Warning(w) })
}

// Pause is a stretch in which some clocks stood still.
type Pause struct {
	Why   sla.Reason `json:"why"`
	From  time.Time  `json:"from"`
	Until time.Time  `json:"until,omitzero"`
}

// OfPauses is the stored form of pauses.
func OfPauses(list []sla.Pause) []Pause {
	return each(list, func(p sla.Pause) Pause { return Pause(p) })
}

// Pauses are the pauses of a stored form.
func Pauses(list []Pause) []sla.Pause {
	return each(list, func(p Pause) sla.Pause { return sla.Pause(p) })
}

// Stamps are the first instants at which somebody acted.
type Stamps struct {
	Contact      time.Time `json:"contact,omitzero"`
	Intervention time.Time `json:"intervention,omitzero"`
	Restore      time.Time `json:"restore,omitzero"`
}
