package sla

import "time"

// Limits are the promised spans of one category, in working time of the contract's calendar. All zero means no promise.
type Limits struct {
	Contact      time.Duration
	Intervention time.Duration
	Restore      time.Duration
}

// Level is a level of support with its defaults; every contract may override each of them.
type Level struct {
	ID          LevelID
	Name        string
	Calendar    CalendarID
	Blocking    Limits
	NonBlocking Limits
	Stops       Stops   // nil: DefaultStops
	Alarms      []Alarm // nil: DefaultAlarms
	Version     int
}

// Limits gives the spans promised for a category; none for a category without clocks.
func (l Level) Limits(c Category) Limits {
	switch c {
	case Blocking:
		return l.Blocking
	case NonBlocking:
		return l.NonBlocking
	}
	return Limits{}
}

// of gives the limit of one clock.
func (l Limits) of(k Kind) time.Duration {
	switch k {
	case Contact:
		return l.Contact
	case Intervention:
		return l.Intervention
	case Restore:
		return l.Restore
	}
	return 0
}
