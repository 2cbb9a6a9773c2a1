package sla

import "time"

// Clock is one promise of a ticket. BrokenAt is zero or the due time itself.
type Clock struct {
	Kind      Kind
	Due       time.Time
	MetAt     time.Time
	BrokenAt  time.Time
	Projected bool          // restore before the intervention: can be neither warned nor broken
	Paused    bool          // stands still: the due time is what it would be without the pause that goes on
	Limit     time.Duration // working time
	From      time.Time     // where it began to run
	Spent     time.Duration // working time used up when it was met; pauses do not count
	Warnings  []Warning
	Terms     string // by which it was set (Terms.ID)
}

// Warning is an instant before the due time at which somebody wants to know.
type Warning struct {
	ID       string    // of the alarm: "75%", "-30m"
	At       time.Time // zero: not before the clock runs on
	RaisedAt time.Time // once
}

// settled tells whether nothing can change the clock's promise any more.
func (c Clock) settled() bool { return !c.MetAt.IsZero() || !c.BrokenAt.IsZero() }

// Runs tells whether the clock still promises something and time is passing for it.
func (c Clock) Runs() bool { return !c.settled() && !c.Projected && !c.Paused }

// Met tells when a clock was met; zero when it was not, or is not there.
func Met(clocks []Clock, k Kind) time.Time {
	for _, c := range clocks {
		if c.Kind == k {
			return c.MetAt
		}
	}
	return time.Time{}
}

// NextAlarm is the instant at which the next warning or breach is to be raised. A clock met at its due time is kept, so
// that a breach is known one second later.
func NextAlarm(clocks []Clock) (time.Time, bool) {
	var first time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	for _, c := range clocks {
		if c.settled() || c.Projected {
			continue
		}
		for _, w := range c.Warnings {
			if w.RaisedAt.IsZero() {
				sooner(w.At)
			}
		}
		if !c.Paused {
			sooner(c.Due.Add(time.Second))
		}
	}
	return first, !first.IsZero()
}

// Reason is why clocks stand still.
type Reason string

// The reasons for a pause. Each is a fact that staff set, never deduced from something that is missing.
const (
	ForCustomer Reason = "customer"      // the customer owes an answer
	NoAccess    Reason = "remote_access" // remote access to the installation was withdrawn
	Ended       Reason = "closed"        // the ticket is closed or marked: nobody owes anything, every clock stands still
)

// Pause is a stretch in which some clocks stood still.
type Pause struct {
	Why   Reason
	From  time.Time
	Until time.Time // zero: it goes on
}

// Stamps are the first instants at which somebody acted; they outlive a change of the category.
type Stamps struct {
	Contact      time.Time
	Intervention time.Time
	Restore      time.Time
}

func (s *Stamps) at(k Kind) *time.Time {
	switch k {
	case Contact:
		return &s.Contact
	case Intervention:
		return &s.Intervention
	}
	return &s.Restore
}
