package escalation

import (
	"fmt"
	"time"

	"hotline/sla"
)

// Appointment is a test call that comes back every week, by the wall clock of the contact's zone: an engineer who expects it switches
// do-not-disturb on, and learns whether the line breaks through.
type Appointment struct {
	Day time.Weekday
	At  time.Duration // since midnight
}

func (a *Appointment) check() error {
	if a != nil && (a.Day < time.Sunday || a.Day > time.Saturday || a.At < 0 || a.At >= 24*time.Hour) {
		return refused("test_call", fmt.Errorf("the test call is on weekday %d at %s; use 0 (Sunday) to 6, and a time of the day", a.Day, a.At))
	}
	return nil
}

// TestBefore is the latest instant at or before now at which a test call was agreed; false where none is, or the engineer is never rung.
func (c Contact) TestBefore(now time.Time) (at time.Time, agreed bool) {
	return c.test(now, -1, func(at time.Time) bool { return !at.After(now) })
}

// TestAfter is the next instant after now at which a test call was agreed.
func (c Contact) TestAfter(now time.Time) (at time.Time, agreed bool) {
	return c.test(now, 1, func(at time.Time) bool { return at.After(now) })
}

// test walks days, from today on, until an instant of the appointment fits.
func (c Contact) test(now time.Time, step int, fits func(time.Time) bool) (at time.Time, agreed bool) {
	zone, err := c.zone()
	if c.Test == nil || c.Silence != nil || err != nil {
		return at, false
	}
	y, m, d := now.In(zone).Date()
	for days := 0; days >= -8 && days <= 8; days += step {
		day := time.Date(y, m, d+days, 0, 0, 0, 0, time.UTC)
		if at = sla.WallClock(zone, day.Add(c.Test.At)); day.Weekday() == c.Test.Day && fits(at) {
			return at, true
		}
	}
	return time.Time{}, false
}
