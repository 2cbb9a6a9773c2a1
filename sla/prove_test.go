package sla_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/prove"
	"hotline/sla"
	"hotline/sla/oracle"
	"hotline/storage/stored"
)

// casesOfATest is how many random requests are played when nobody asks for more; `make prove` asks for a million.
const casesOfATest = 2500

// TestTheClocksAgreeWithTheSlowReference plays random requests on both sides: the arithmetic, and a walk minute by minute
// that knows nothing of it.
func TestTheClocksAgreeWithTheSlowReference(t *testing.T) { prove.Cases(t, casesOfATest, play) }

// side is one agreement as both sides have it, with the limits of both categories that have some.
type side struct {
	fast   *sla.Agreement
	slow   *oracle.Calendar
	limits map[sla.Category][3]int64
}

// opens is a step that sets terms and category, on both sides.
func (s side) opens(kind sla.StepKind, c sla.Category, at time.Time) (sla.Step, oracle.Event) {
	what := map[sla.StepKind]string{sla.Begun: "open", sla.Agreed: "agree"}[kind]
	return sla.Step{Kind: kind, At: at, Category: c, Terms: s.fast},
		oracle.Event{What: what, At: at.Unix(), Calendar: s.slow, Limits: s.limits[c], Stops: stops()}
}

// dice throws one case.
type dice struct{ *rand.Rand }

func (d dice) zone() string {
	return []string{"Europe/Rome", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"}[d.IntN(6)]
}

// day is a date between 2000 and 2100 around which something happens: often a turn of the clocks, a leap day, a new
// year, Easter or one of the holidays.
func (d dice) day() time.Time {
	y := 2000 + d.IntN(101)
	at := func(m time.Month, day int) time.Time { return time.Date(y, m, day, 0, 0, 0, 0, time.UTC) }
	sunday := func(t time.Time, n int) time.Time { return t.AddDate(0, 0, (7-int(t.Weekday()))%7+7*n) }
	switch d.IntN(10) {
	case 0:
		return sunday(at(time.March, 25), 0).AddDate(0, 0, -d.IntN(3))
	case 1:
		return sunday(at(time.October, 25), 0).AddDate(0, 0, -d.IntN(3))
	case 2:
		return sunday(at([]time.Month{time.March, time.April, time.October, time.November}[d.IntN(4)], 1), d.IntN(2)).AddDate(0, 0, -d.IntN(3))
	case 3:
		return at(time.February, 27+d.IntN(3))
	case 4:
		return at(time.December, 22+d.IntN(10))
	case 5:
		month, day := sla.Easter(y)
		return at(month, day-d.IntN(4))
	case 6:
		return at(time.Month(4+d.IntN(8)), 1+d.IntN(5))
	}
	return at(time.January, 1+d.IntN(365))
}

func (d dice) interval(day int) sla.Interval {
	from := d.IntN(1440/5) * 5
	return sla.Interval{
		Day: time.Weekday(day), From: time.Duration(from) * time.Minute, Until: time.Duration(from+1+d.IntN(700)) * time.Minute,
	}
}

// calendar is one of any kind; near is where its exceptions lie.
func (d dice) calendar(near time.Time) sla.Calendar {
	c := sla.Calendar{ID: "c", Zone: d.zone()}
	if d.IntN(2) == 0 {
		c.Holidays = "it"
	}
	switch d.IntN(5) {
	case 0:
		c.Week = []sla.Interval{{Day: time.Weekday(d.IntN(7)), Until: 168 * time.Hour}}
	case 1:
		c.Week = sla.DefaultCalendars()[d.IntN(3)].Week
	case 2:
		for day := range 7 {
			c.Week = append(c.Week, sla.Interval{Day: time.Weekday(day), From: 22 * time.Hour, Until: 30*time.Hour + time.Duration(d.IntN(60))*time.Minute})
		}
	default:
		for range 3 + d.IntN(8) {
			c.Week = append(c.Week, d.interval(d.IntN(7)))
		}
	}
	if d.IntN(4) == 0 {
		c.Patron = near.AddDate(0, 0, d.IntN(9)-2).Format("01-02")
	}
	if d.IntN(4) == 0 {
		y := sla.Yearly{Day: near.AddDate(0, 0, d.IntN(9)-2).Format("01-02"), Hours: d.some()}
		if d.IntN(3) == 0 {
			y.Since = near.Year() - 1 + d.IntN(3)
		}
		if d.IntN(3) == 0 {
			y.Until = max(y.Since, near.Year()-1+d.IntN(3))
		}
		c.Yearly = append(c.Yearly, y)
	}
	for n := range d.IntN(4) * d.IntN(2) {
		c.Exceptions = append(c.Exceptions, sla.Exception{Date: near.AddDate(0, 0, 3*n+d.IntN(3)-2).Format(time.DateOnly), Hours: d.some()})
	}
	return c
}

func (d dice) some() (list []sla.Interval) {
	for range d.IntN(3) {
		list = append(list, d.interval(0))
	}
	return list
}

// limit is a promised span in seconds: mostly hours, now and then a fortnight of a calendar that is always open.
func (d dice) limit() int64 {
	switch d.IntN(8) {
	case 0:
		return int64(1 + d.IntN(120))
	case 1:
		return int64(3600 * (1 + d.IntN(48)))
	}
	return int64(60 * (1 + d.IntN(10*60)))
}

func stops() map[string][]int {
	return map[string][]int{"customer": {1, 2}, "remote_access": {2}, "closed": {0, 1, 2}}
}

func (d dice) agree(near time.Time) (side, error) {
	c := d.calendar(near)
	s := side{limits: map[sla.Category][3]int64{sla.Blocking: {d.limit(), d.limit(), d.limit()}, sla.NonBlocking: {d.limit(), d.limit(), d.limit()}}}
	if d.IntN(12) == 0 {
		s.limits = nil // no promise
	}
	span := func(c sla.Category) sla.Limits {
		l := s.limits[c]
		return sla.Limits{Contact: time.Duration(l[0]) * time.Second, Intervention: time.Duration(l[1]) * time.Second, Restore: time.Duration(l[2]) * time.Second}
	}
	l := sla.Level{
		ID: "l", Calendar: c.ID, Alarms: sla.DefaultAlarms(), Blocking: span(sla.Blocking), NonBlocking: span(sla.NonBlocking),
		Stops: sla.Stops{sla.ForCustomer: {sla.Intervention, sla.Restore}, sla.NoAccess: {sla.Restore}},
	}
	var err error
	if s.fast, err = l.Terms(c).Ready(); err != nil {
		return s, err
	}
	stored, err := json.Marshal(stored.OfCalendar(c))
	if err != nil {
		return s, err
	}
	s.slow, err = oracle.Read(stored)
	return s, err
}

// play throws one request and compares the clocks at its end, what was told of breaches, and one span counted both ways.
func play(seed uint64) error {
	d := dice{rand.New(rand.NewPCG(seed, 20261123))}
	near := d.day()
	s, err := d.agree(near)
	if err != nil {
		return err
	}
	at := near.Add(time.Duration(d.IntN(2*86400)) * time.Second)
	h := &history{dice: d, side: s, near: near, category: d.category()}
	h.add(s.opens(sla.Begun, h.category, at))
	for range d.IntN(9) {
		at = at.Add(time.Duration(d.IntN(d.far())) * time.Second)
		if at, err = h.step(at); err != nil {
			return err
		}
	}
	course, happened, err := sla.Fold(h.fast)
	if err != nil {
		return fmt.Errorf("%v:\n%s", err, tell(h.fast))
	}
	if got, want := clocks(course.Clocks), spell(oracle.Play(h.slow)); got != want {
		return fmt.Errorf("the clocks differ\narithmetic: %s\nreference:  %s\n%s", got, want, tell(h.fast))
	}
	if got, want := breaches(happened), broken(course.Clocks); got != want {
		return fmt.Errorf("broken are%s, told were%s\n%s", want, got, tell(h.fast))
	}
	until := at.Add(time.Duration(d.IntN(3*86400)) * time.Second)
	from := h.fast[0].At
	if got, want := int64(s.fast.Hours().Between(from, until)/time.Second), s.slow.Count(from.Unix(), until.Unix(), nil); got != want {
		return fmt.Errorf("between %s and %s lie %d s by the arithmetic, %d s by the reference\n%s", from, until, got, want, tell(h.fast))
	}
	return nil
}

// far is the longest time to the next step: minutes, hours or days.
func (d dice) far() int { return []int{600, 7200, 86400, 3 * 86400}[d.IntN(4)] }

// category is mostly one that is promised something.
func (d dice) category() sla.Category {
	return []sla.Category{sla.Blocking, sla.Blocking, sla.Blocking, sla.NonBlocking, sla.Question}[d.IntN(5)]
}

// history is what happens to one request, on both sides.
type history struct {
	dice
	side
	near     time.Time
	category sla.Category
	fast     []sla.Step
	slow     []oracle.Event
}

func (h *history) add(f sla.Step, e oracle.Event) {
	h.fast, h.slow = append(h.fast, f), append(h.slow, e)
}

// step throws what happens next, and tells when it did.
func (h *history) step(at time.Time) (time.Time, error) {
	whole := at.Add(time.Minute - 1).Truncate(time.Minute) // the reference knows pauses of whole minutes
	why := []sla.Reason{sla.ForCustomer, sla.NoAccess, sla.Ended}[h.IntN(3)]
	switch h.IntN(10) {
	case 0, 1, 2:
		h.add(sla.Step{Kind: sla.Paused, At: whole, Why: why}, oracle.Event{What: "pause", At: whole.Unix(), Why: string(why)})
		return whole, nil
	case 3, 4:
		h.add(sla.Step{Kind: sla.Resumed, At: whole, Why: why}, oracle.Event{What: "resume", At: whole.Unix(), Why: string(why)})
		return whole, nil
	case 5, 6:
		k := h.IntN(3)
		h.add(sla.Step{Kind: sla.Stamped, At: at, Clock: sla.Kinds()[k]}, oracle.Event{What: "act", At: at.Unix(), Clock: k})
	case 7: // entered later
		k, opened := h.IntN(3), h.fast[0].At
		really := opened.Add(time.Duration(h.Int64N(int64(at.Sub(opened)/time.Second)+1)) * time.Second)
		h.add(sla.Step{Kind: sla.Stamped, At: at, Clock: sla.Kinds()[k], Happened: really},
			oracle.Event{What: "act", At: at.Unix(), Clock: k, Really: really.Unix()})
	case 8: // other terms, another category, or both
		if h.IntN(2) == 0 {
			s, err := h.agree(h.near)
			if err != nil {
				return at, err
			}
			h.side = s
		}
		if h.IntN(2) == 0 {
			h.category = h.dice.category()
		}
		h.add(h.opens(sla.Agreed, h.category, at))
	default:
		h.add(sla.Step{Kind: sla.Looked, At: at}, oracle.Event{What: "look", At: at.Unix()})
	}
	return at, nil
}

// breaches are the clocks of which it was told that they broke, and not that they did not.
func breaches(happened []sla.Effect) string {
	told := map[sla.Kind]bool{}
	for _, h := range happened {
		switch h.What {
		case sla.Breach:
			told[h.Clock] = true
		case sla.Undone:
			delete(told, h.Clock)
		}
	}
	return names(func(k sla.Kind) bool { return told[k] })
}

func broken(list []sla.Clock) string {
	return names(func(k sla.Kind) bool {
		return slices.ContainsFunc(list, func(c sla.Clock) bool { return c.Kind == k && !c.BrokenAt.IsZero() })
	})
}

func names(in func(sla.Kind) bool) string {
	text := ""
	for _, k := range sla.Kinds() {
		if in(k) {
			text += " " + string(k)
		}
	}
	return text
}

func clocks(list []sla.Clock) string {
	var out [3]oracle.Clock
	unix := func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.Unix()
	}
	for _, c := range list {
		for i, k := range sla.Kinds() {
			if c.Kind == k {
				if len(c.Warnings) == 1 {
					out[i].Warn = unix(c.Warnings[0].At)
				}
				out[i] = oracle.Clock{Spent: int64(c.Spent / time.Second), Warn: out[i].Warn, There: true, Projected: c.Projected, Stopped: c.Paused, From: unix(c.From), Due: unix(c.Due), Met: unix(c.MetAt), Broken: unix(c.BrokenAt)}
			}
		}
	}
	return spell(out)
}

func spell(list [3]oracle.Clock) string {
	var b strings.Builder
	for i, c := range list {
		if c.There {
			fmt.Fprintf(&b, " %s{from %d warn %d due %d met %d broken %d spent %d projected %v stopped %v}", sla.Kinds()[i], c.From, c.Warn, c.Due, c.Met, c.Broken, c.Spent, c.Projected, c.Stopped)
		}
	}
	return b.String()
}

func tell(steps []sla.Step) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "%s %d %s %s%s%s", s.At.UTC().Format(time.RFC3339), s.At.Unix(), s.Kind, s.Clock, s.Why, s.Category)
		if !s.Happened.IsZero() {
			fmt.Fprintf(&b, ", really %s %d", s.Happened.UTC().Format(time.RFC3339), s.Happened.Unix())
		}
		b.WriteString("\n")
		if s.Terms != nil {
			fmt.Fprintf(&b, "  %+v\n", s.Terms.Terms)
		}
	}
	return b.String()
}
