package cdr

import (
	"slices"
	"time"
)

// Load is when callers call, and how long those who reached a human waited for one.
type Load struct {
	Calls       int
	Hours       [7][24]int // calls begun, by weekday (0 is Sunday) and hour of a zone
	Reached     int        // calls in which an engineer accepted
	Median, P90 time.Duration
}

// accepted is the result of a leg whose engineer pressed the key.
const accepted = "accepted"

// human is how long a caller waited until the engineer who accepted picked up; ok is false where nobody accepted.
func (c Call) human() (wait time.Duration, ok bool) {
	for _, l := range c.Legs {
		if l.Result == accepted && !l.Answered.IsZero() && (!ok || l.Answered.Sub(c.Started) < wait) {
			wait, ok = l.Answered.Sub(c.Started), true
		}
	}
	return wait, ok
}

// LoadOf measures calls, in a zone. The median and the 90th percentile are by nearest rank.
func LoadOf(list []Call, zone *time.Location) Load {
	l := Load{Calls: len(list)}
	var waits []time.Duration
	for _, c := range list {
		at := c.Started.In(zone)
		l.Hours[at.Weekday()][at.Hour()]++
		if wait, ok := c.human(); ok {
			waits = append(waits, wait)
		}
	}
	if l.Reached = len(waits); l.Reached > 0 {
		slices.Sort(waits)
		l.Median, l.P90 = waits[(l.Reached*50+99)/100-1], waits[(l.Reached*90+99)/100-1]
	}
	return l
}
