package sla

import (
	"errors"
	"fmt"
	"time"

	"hotline/validation"
)

// The calendars that the default levels use.
const (
	OfficeHours   CalendarID = "office"
	ExtendedHours CalendarID = "long"
	RoundTheClock CalendarID = "always"
)

// DefaultCalendars are the hours of the policy's levels: office hours, longer days with Saturday, round the clock. Every
// contract may name another one.
func DefaultCalendars() []Calendar {
	office := Calendar{ID: OfficeHours, Name: "Mon-Fri 9-13 and 14-18", Zone: "Europe/Rome", Holidays: "it"}
	long := Calendar{ID: ExtendedHours, Name: "Mon-Fri 8-20, Sat 8-13", Zone: "Europe/Rome", Holidays: "it"}
	for d := time.Monday; d <= time.Friday; d++ {
		office.Week = append(office.Week, Interval{d, 9 * time.Hour, 13 * time.Hour}, Interval{d, 14 * time.Hour, 18 * time.Hour})
		long.Week = append(long.Week, Interval{d, 8 * time.Hour, 20 * time.Hour})
	}
	long.Week = append(long.Week, Interval{time.Saturday, 8 * time.Hour, 13 * time.Hour})
	always := Calendar{ID: RoundTheClock, Name: "24 hours, 365 days", Zone: "Europe/Rome", Week: []Interval{{time.Sunday, 0, week}}}
	return []Calendar{office, long, always}
}

// DefaultLevels are the levels with the policy's limits. The contact time, which the policy names without a value, is one
// working hour for a blocking anomaly and four for another.
func DefaultLevels() []Level {
	level := func(id LevelID, name string, calendar CalendarID, blocking, other time.Duration) Level {
		return Level{
			ID: id, Name: name, Calendar: calendar,
			Blocking:    Limits{Contact: time.Hour, Intervention: 4 * time.Hour, Restore: blocking},
			NonBlocking: Limits{Contact: 4 * time.Hour, Intervention: 8 * time.Hour, Restore: other},
		}
	}
	return []Level{
		level(Professional, "Professional", OfficeHours, 4*time.Hour, 8*time.Hour),
		level(Advanced, "Advanced", ExtendedHours, 4*time.Hour, 8*time.Hour),
		level(Extended, "Extended", RoundTheClock, 2*time.Hour, 4*time.Hour),
		{ID: OnRequest, Name: "Support on Request", Calendar: OfficeHours}, // as soon as possible: no limit
	}
}

// Terms are the level's promise by its own limits, in the hours of a calendar.
func (l Level) Terms(c Calendar) Terms {
	c.Version = 0
	t := Terms{Level: l.ID, Calendar: c, Blocking: l.Blocking, NonBlocking: l.NonBlocking, Stops: l.Stops, Alarms: l.Alarms}
	if t.Stops == nil {
		t.Stops = DefaultStops()
	}
	if t.Alarms == nil {
		t.Alarms = DefaultAlarms()
	}
	return t
}

// Check refuses limits that cannot be right, with the place named.
func (l Level) Check() error {
	if l.ID == "" || l.Calendar == "" {
		return validation.Field("calendar", fmt.Errorf("level %q: it needs an id and a calendar", l.ID))
	}
	for _, c := range []Category{Blocking, NonBlocking} {
		if err := l.Limits(c).Check(); err != nil {
			return validation.Field(string(c), fmt.Errorf("level %s, %s: %w", l.ID, c, err))
		}
	}
	if err := errors.Join(l.Stops.Check(), CheckAlarms(l.Alarms)); err != nil {
		return fmt.Errorf("level %s: %w", l.ID, err)
	}
	return nil
}

// Check refuses promises that cannot be right: a category has all three or none, each of whole seconds up to a year.
func (l Limits) Check() error {
	if l == (Limits{}) {
		return nil
	}
	for _, k := range Kinds() {
		if d := l.of(k); d <= 0 || d > 366*24*time.Hour || d%time.Second != 0 {
			return validation.Field(string(k), fmt.Errorf("%s limit %s: use whole seconds above 0, up to 8784h, or leave all three out for no promise", k, d))
		}
	}
	return nil
}

// PriorityOf is the policy's table: priority by level and category, 1 highest; 0 without a category.
func PriorityOf(level LevelID, c Category) Priority {
	row, ok := map[Category][3]Priority{
		//          Extended, contracts, on Request
		Blocking:    {1, 2, 3},
		NonBlocking: {3, 3, 4},
		Question:    {4, 4, 5},
		Change:      {5, 5, 5},
		Feature:     {5, 5, 5},
	}[c]
	if !ok {
		return 0
	}
	switch level {
	case Extended:
		return row[0]
	case OnRequest:
		return row[2]
	}
	return row[1]
}
