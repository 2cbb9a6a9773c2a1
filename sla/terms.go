package sla

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline/validation"
)

// Terms are what one request was promised when it was opened, or when it last followed a change. They are a copy, so an edit of a
// level or a calendar moves no running deadline by itself.
type Terms struct {
	Level       LevelID
	Calendar    Calendar
	Blocking    Limits
	NonBlocking Limits
	Stops       Stops
	Alarms      []Alarm
}

// Limits are the spans promised for a category; none for one without clocks.
func (t Terms) Limits(c Category) Limits {
	return Level{Blocking: t.Blocking, NonBlocking: t.NonBlocking}.Limits(c)
}

// Agreement is terms made ready for arithmetic. Immutable and safe for concurrent use.
type Agreement struct {
	Terms
	id    string
	hours *Hours
}

// Ready makes the terms ready.
func (t Terms) Ready() (*Agreement, error) {
	hours, err := t.Calendar.Hours()
	if err != nil {
		return nil, fmt.Errorf("terms of level %s: %w", t.Level, err)
	}
	return &Agreement{t, t.ID(), hours}, nil
}

// ID is that of the terms.
func (a *Agreement) ID() string { return a.id }

// Hours are the calendar's.
func (a *Agreement) Hours() *Hours { return a.hours }

// Stops says which clocks stand still for which reason.
type Stops map[Reason][]Kind

// DefaultStops: nobody can work on a system that he cannot reach, or whose owner he waits for; to get in contact he can.
func DefaultStops() Stops {
	return Stops{ForCustomer: {Intervention, Restore}, NoAccess: {Intervention, Restore}}
}

// Stop tells whether a pause stops a clock. A closed ticket stops all of them.
func (s Stops) Stop(why Reason, k Kind) bool { return why == Ended || slices.Contains(s[why], k) }

// Check refuses reasons and clocks that do not exist.
func (s Stops) Check() error {
	for _, why := range slices.Sorted(maps.Keys(s)) {
		if why != ForCustomer && why != NoAccess {
			return validation.Field("stops", fmt.Errorf("stops: %q is no reason; use %s or %s", why, ForCustomer, NoAccess))
		}
		for _, k := range s[why] {
			if !slices.Contains(Kinds(), k) {
				return validation.Field("stops", fmt.Errorf("stops, %s: %q is no clock; use contact, intervention or restore", why, k))
			}
		}
	}
	return nil
}

// Action is what a warning or a breach sets off, besides its line in the history.
type Action string

// The actions of the policy.
const (
	Notify  Action = "notify"  // tell the staff
	Manager Action = "manager" // tell the manager
	Ring    Action = "ring"    // ring the rota
	Raise   Action = "raise"   // raise the escalation level: one step of priority up
)

// Night says what an action does whose instant falls outside the ticket's working hours.
type Night string

// By default an action waits for the next opening: nothing raised at midnight by accident wakes anybody.
const (
	NightWait Night = "wait"
	NightAct  Night = "act"
)

// Alarm is one line of the policy for warnings and breaches of one clock. It is due when a share of the limit is used up, or when
// so much working time is left. With neither, it is due when the limit is broken.
type Alarm struct {
	Clock Kind
	Share int           // percent of the limit, 1 to 99
	Left  time.Duration // working time
	Do    []Action
	Night Night // empty: wait
}

// AtBreach is the id of the alarms that a breach raises.
const AtBreach = "due"

// ID names the instant: "75%", "-30m" or "due".
func (a Alarm) ID() string {
	switch {
	case a.Share > 0:
		return fmt.Sprintf("%d%%", a.Share)
	case a.Left > 0:
		return fmt.Sprintf("-%dm", a.Left/time.Minute)
	}
	return AtBreach
}

// after is the working time after which a warning is raised.
func (a Alarm) after(limit time.Duration) time.Duration {
	if a.Share > 0 {
		return (limit / 100 * time.Duration(a.Share)).Truncate(time.Second)
	}
	return max(limit-a.Left, 0)
}

// DefaultAlarms warn the staff when three quarters are used up; a breach tells the manager, and one of contact or
// intervention rings the rota.
func DefaultAlarms() []Alarm {
	var list []Alarm
	for _, k := range Kinds() {
		broken := []Action{Manager, Ring}
		if k == Restore {
			broken = []Action{Manager}
		}
		list = append(list, Alarm{Clock: k, Share: 75, Do: []Action{Notify}}, Alarm{Clock: k, Do: broken})
	}
	return list
}

// CheckAlarms refuses a policy that cannot be right, with the place named.
func CheckAlarms(list []Alarm) error {
	known := map[string]bool{}
	for n, a := range list {
		bad := func(what string) error {
			return validation.Field(place("alarms[%d]", n), fmt.Errorf("alarms[%d] of %s: %s", n, a.Clock, what))
		}
		switch id := string(a.Clock) + a.ID(); {
		case !slices.Contains(Kinds(), a.Clock):
			return bad("use the clock contact, intervention or restore")
		case a.Share < 0 || a.Share > 99:
			return bad(fmt.Sprintf("share %d: use 1 to 99 percent", a.Share))
		case a.Left < 0 || a.Left%time.Minute != 0 || (a.Left > 0 && a.Share > 0):
			return bad(fmt.Sprintf("left %s: use whole minutes, and either a share or the time left", a.Left))
		case a.Night != "" && a.Night != NightWait && a.Night != NightAct:
			return bad(fmt.Sprintf("night %q: use wait or act", a.Night))
		case known[id]:
			return bad("there are two for " + a.ID())
		default:
			known[id] = true
		}
		for _, do := range a.Do {
			if !slices.Contains([]Action{Notify, Manager, Ring, Raise}, do) {
				return bad(fmt.Sprintf("%q is no action; use notify, manager, ring or raise", do))
			}
		}
	}
	return nil
}

// Alarm finds the policy's line for a warning or a breach.
func (t Terms) Alarm(k Kind, id string) (Alarm, bool) {
	for _, a := range t.Alarms {
		if a.Clock == k && a.ID() == id {
			return a, true
		}
	}
	return Alarm{}, false
}
