// Package heartbeat is the signs of life of installed systems and their jobs. A job asks for an address each time it has run. When it
// does not, the Alerting Manager hears of it (package intake), which opens the ticket and closes it.
//
// Beat.Hear and Beat.Look are pure: what was heard, or the time that has passed, makes the next state. Keeper reads, decides by them,
// writes under a version, so that of several nodes one acts, and hands in what follows. The time in which no node listened is
// known from the spans that each node writes (Live), and is excused.
//
// Package heartbeat/ping serves the addresses, admin/heartbeats the API, package app wires. It starts no goroutine.
package heartbeat

import (
	"errors"
	"fmt"
	"time"

	"github.com/adhocore/gronx"

	"hotline/intake"
	"hotline/sla"
)

// Heartbeat is what is expected of one job. A document of the API.
type Heartbeat struct {
	ID           string
	Contract     string
	Installation string // empty: the contract's only one
	Title        string // of its ticket, such as "the nightly backup"
	Severity     string // by which the contract's alert policy says the category
	Rule         Rule
	RemoteAccess bool // it beats over the way by which staff reach the installation
	Version      int
}

// Rule says when the next beat is expected: so long after the last one (Period), or by a schedule in its zone.
type Rule struct {
	Period   intake.Seconds
	Schedule string         // five fields of cron, or @hourly, @daily, @weekly, @monthly, @yearly
	Zone     string         // of the schedule, such as Europe/Rome
	Grace    intake.Seconds // how late a beat may be
	Longest  intake.Seconds // how long a run may take that said when it began; 0: as Grace, a minute at least
}

// Bounds of a rule.
const (
	ShortestPeriod = 60
	LongestPeriod  = 31 * 24 * 3600
)

// early is how long before its instant a beat counts for it: clocks differ.
const early = time.Minute

// WrongError is what is wrong in a rule.
type WrongError struct{ Field, Problem string }

func (e *WrongError) Error() string { return e.Field + ": " + e.Problem }

// Check finds what is wrong: a *WrongError.
func (r Rule) Check(now time.Time) error {
	wrong := func(field, problem string) error { return &WrongError{field, problem} }
	switch {
	case (r.Period == 0) == (r.Schedule == ""):
		return wrong("period_seconds", "say either how often it beats (period_seconds) or when (schedule and zone)")
	case r.Period != 0 && (r.Period < ShortestPeriod || r.Period > LongestPeriod):
		return wrong("period_seconds", "use a minute (60) to 31 days (2678400)")
	case r.Period != 0 && r.Zone != "":
		return wrong("zone", "a period has no zone; leave it out")
	case r.Schedule != "" && r.Zone == "":
		return wrong("zone", "say in which zone the schedule is meant, such as Europe/Rome: that of the machine on which the job runs")
	case r.Grace < 0 || r.Grace > LongestPeriod || r.Longest < 0 || r.Longest > LongestPeriod:
		return wrong("grace_seconds", "use at most 31 days (2678400)")
	case r.Schedule == "":
		return nil
	}
	if _, err := sla.Zone(r.Zone); err != nil {
		return wrong("zone", fmt.Sprintf("%q is no zone; write it as Europe/Rome or UTC", r.Zone))
	}
	if r.Schedule[0] != '@' && len(gronx.SpaceRe.Split(r.Schedule, -1)) != 5 || !gronx.IsValid(r.Schedule) {
		return wrong("schedule", "write five fields as cron has them: minute, hour, day of the month, month, day of the week, such as 0 3 * * 1-5")
	}
	if _, err := r.Next(now); err != nil {
		return wrong("schedule", "it never comes; look at the day and the month")
	}
	return nil
}

// errNever is a schedule without a next instant.
var errNever = errors.New("the schedule has no next instant")

// Next is when a beat is expected after one at an instant. A beat of up to a minute before its time counts for it. A schedule is meant by
// the clock on the wall of its zone: what lies in the hour that spring leaves out is not expected. What lies in the hour that autumn has
// twice is expected once.
func (r Rule) Next(after time.Time) (time.Time, error) {
	if r.Schedule == "" {
		return after.Add(r.Period.Span()), nil
	}
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("zone %s: %w", r.Zone, err)
	}
	from := after.In(zone).Add(early)
	for wall := onWall(from); ; {
		next, err := gronx.NextTickAfter(r.Schedule, wall, false)
		if err != nil || !next.After(wall) {
			return time.Time{}, errNever
		}
		if at, shown := first(next, zone); shown && at.After(from) {
			return at.UTC(), nil
		}
		wall = next // which is left out, or has been before
	}
}

// onWall is what the clock on the wall shows, as a time without a zone: there no hour is left out and none comes twice.
func onWall(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
}

// first is the first instant at which the wall of a zone shows a time; shown is false where it never does.
func first(wall time.Time, zone *time.Location) (at time.Time, shown bool) {
	at = time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	if turn, _ := at.ZoneBounds(); !turn.IsZero() {
		_, is := turn.Zone()
		_, was := turn.Add(-time.Nanosecond).Zone()
		if before := at.Add(time.Duration(is-was) * time.Second); before.Before(turn) && onWall(before).Equal(wall) {
			at = before
		}
	}
	return at, onWall(at).Equal(wall)
}

// longest is how long a run may take.
func (r Rule) longest() time.Duration {
	if r.Longest == 0 {
		return max(r.Grace.Span(), time.Minute)
	}
	return r.Longest.Span()
}

// Words is an instant as people say it, in the rule's zone.
func (r Rule) Words(at time.Time) string {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil || r.Zone == "" {
		zone = time.UTC
	}
	return at.In(zone).Format("Monday 2 January 2006 at 15:04") + ", " + zone.String()
}

// Expectation tells in words when the next beat is expected after one at an instant, and when its silence becomes a ticket.
func (r Rule) Expectation(after time.Time) (next time.Time, words string, err error) {
	if next, err = r.Next(after); err != nil {
		return next, "", err
	}
	return next, fmt.Sprintf("expected on %s; its silence is a ticket from %s", r.Words(next), r.Words(next.Add(r.Grace.Span()))), nil
}

// Span is a span of time in words, in its two largest units: "3 h 12 min".
func Span(d time.Duration) string {
	d = max(d, 0).Truncate(time.Second)
	days, hours, minutes, seconds := d/(24*time.Hour), d/time.Hour%24, d/time.Minute%60, d/time.Second%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d s", seconds)
}
