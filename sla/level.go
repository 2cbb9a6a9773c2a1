package sla

import "time"

// Limits are the promised spans of one category, in working time of the contract's calendar. All zero means no promise.
type Limits struct {
	Contact      time.Duration `json:"contact"`
	Intervention time.Duration `json:"intervention"`
	Restore      time.Duration `json:"restore"`
}

// Level is a level of support with its defaults; every contract may override each of them.
type Level struct {
	ID          LevelID    `json:"id"`
	Name        string     `json:"name"`
	Calendar    CalendarID `json:"calendar"`
	Blocking    Limits     `json:"blocking"`
	NonBlocking Limits     `json:"non_blocking"`
	Stops       Stops      `json:"stops"`  // nil: DefaultStops
	Alarms      []Alarm    `json:"alarms"` // nil: DefaultAlarms
	Version     int        `json:"version,omitempty"`
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
