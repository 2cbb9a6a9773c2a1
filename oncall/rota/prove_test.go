package rota_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hotline/oncall"
	"hotline/oncall/rota"
	"hotline/oncall/rota/oracle"
	"hotline/prove"
	"hotline/sla"
	"hotline/storage/stored"
)

// rotasOfATest is how many random rotas are walked when nobody asks for more; `make prove` asks for 100,000.
const rotasOfATest = 250

// TestWhoIsOnCallAgreesWithTheSlowReference works random rotas out on both sides, mostly over a turn of the clocks: the
// arithmetic, and a walk minute by minute that knows nothing of it.
func TestWhoIsOnCallAgreesWithTheSlowReference(t *testing.T) {
	var minutes, gaps atomic.Int64
	prove.Cases(t, rotasOfATest, func(seed uint64) error {
		walked, free, err := compare(seed)
		minutes.Add(int64(walked))
		gaps.Add(int64(free))
		return err
	})
	t.Logf("%d minutes, %d of them gaps", minutes.Load(), gaps.Load())
	if m, g := minutes.Load(), gaps.Load(); g < m/50 || g > m/2 {
		t.Errorf("%d of %d minutes are gaps: the dice are loaded", g, m)
	}
}

// dice throws one case; near is the midnight around which everything happens.
type dice struct {
	*rand.Rand
	near time.Time
}

var (
	people = []oncall.EngineerID{"anna", "marco", "sara", "ugo"}
	turns  = map[string][]string{ // zones, and dates on which their clocks turn
		"Europe/Rome":         {"2026-03-29", "2026-10-25", "2027-03-28"},
		"America/New_York":    {"2026-03-08", "2026-11-01"},
		"America/Santiago":    {"2026-04-05", "2026-09-06"}, // the midnight of 6 September is skipped
		"Africa/Cairo":        {"2026-04-24", "2026-10-30"}, // the midnight of 24 April too
		"Australia/Lord_Howe": {"2026-04-05", "2026-10-04"}, // by half an hour
		"Asia/Kathmandu":      {"2026-06-01"},
		"UTC":                 {"2026-02-28"},
	}
	zones = []string{"Europe/Rome", "Europe/Rome", "America/New_York", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"}
)

func (d *dice) one() oncall.EngineerID { return people[d.IntN(len(people))] }

// span is a length in quarters of an hour: mostly hours, now and then days.
func (d *dice) span() time.Duration {
	return time.Duration(1+d.IntN([]int{8, 96, 7 * 96}[d.IntN(3)])) * 15 * time.Minute
}

// time is an instant within two days of the turn, mostly at a whole minute.
func (d *dice) time() time.Time {
	t := d.near.Add(time.Duration(d.IntN(4*1440)-2*1440) * time.Minute)
	if d.IntN(6) == 0 {
		t = t.Add(time.Duration(d.IntN(60)) * time.Second)
	}
	return t
}

func (d *dice) wall(before int) string {
	return d.near.AddDate(0, 0, -d.IntN(before)).Add(time.Duration(d.IntN(96)) * 15 * time.Minute).Format("2006-01-02T15:04")
}

func (d *dice) week() (list []sla.Interval) {
	for range 1 + d.IntN(5) {
		from := time.Duration(d.IntN(96)) * 15 * time.Minute
		list = append(list, sla.Interval{Day: time.Weekday(d.IntN(7)), From: from, Until: from + d.span()})
	}
	return list
}

func (d *dice) layer(n int) rota.Layer {
	l := rota.Layer{
		Name: fmt.Sprint(n), Level: 1 + d.IntN(2), Beside: d.IntN(4) == 0, Start: d.wall(60),
		Rotation: []rota.Rotation{rota.Daily, rota.Weekly, rota.Custom}[d.IntN(3)], Every: d.IntN(3),
	}
	if d.IntN(4) == 0 {
		l.Until = d.near.AddDate(0, 0, d.IntN(5)-2).Add(time.Duration(d.IntN(96)) * 15 * time.Minute).Format("2006-01-02T15:04")
	}
	for range 1 + d.IntN(4) {
		turn := rota.Turn{Engineer: d.one()}
		if l.Rotation == rota.Custom {
			turn.Length = d.span()
			if d.IntN(4) == 0 {
				turn.Engineer = ""
			}
		}
		l.Turns = append(l.Turns, turn)
	}
	switch d.IntN(4) {
	case 0:
		l.Hours = d.week()
	case 1:
		l.Follow = rota.Follow{Calendar: "c", Closed: d.IntN(2) == 0}
	}
	return l
}

func (d *dice) rota() (r rota.Rota, absences []rota.Absence) {
	r = rota.Rota{ID: "r", Name: "r", Zone: zones[d.IntN(len(zones))]}
	d.near, _ = time.Parse(time.DateOnly, turns[r.Zone][d.IntN(len(turns[r.Zone]))])
	for range d.IntN(5) {
		r.Shifts = append(r.Shifts, oncall.Shift{
			Engineer: d.one(), Level: 1 + d.IntN(2), Order: d.IntN(3), Day: time.Weekday(d.IntN(7)),
			From: time.Duration(d.IntN(96)) * 15 * time.Minute, Length: d.span(),
		})
	}
	for n := range d.IntN(4) {
		r.Layers = append(r.Layers, d.layer(n))
	}
	for range d.IntN(4) {
		o := oncall.Override{Engineer: d.one(), Instead: d.one(), Level: 1 + d.IntN(2), From: d.time()}
		if o.Until = o.From.Add(d.span()); d.IntN(3) == 0 {
			o.Engineer = ""
		} else if d.IntN(3) == 0 {
			o.Instead = ""
		}
		r.Overrides = append(r.Overrides, o)
	}
	for range d.IntN(3) {
		w := rota.Swap{Engineer: d.one(), With: d.one(), From: d.time(), BackFrom: d.time()}
		w.Until, w.BackUntil = w.From.Add(d.span()), w.BackFrom.Add(d.span())
		r.Swaps = append(r.Swaps, w)
	}
	absences = []rota.Absence{}
	for range d.IntN(3) {
		a := rota.Absence{Engineer: d.one(), From: d.time()}
		a.Until = a.From.Add(d.span())
		absences = append(absences, a)
	}
	return r, absences
}

// compare works one rota out on both sides.
func compare(seed uint64) (walked, free int, err error) {
	d := &dice{Rand: rand.New(rand.NewPCG(seed, 20261128))}
	r, absences := d.rota()
	calendar := sla.Calendar{ID: "c", Zone: zones[d.IntN(len(zones))], Week: d.week()}
	hours, err := calendar.Hours()
	if err != nil {
		return 0, 0, err
	}
	s, err := r.Ready(rota.Facts{Calendars: map[sla.CalendarID]*sla.Hours{"c": hours}, Absences: absences})
	if err != nil {
		return 0, 0, err
	}
	var texts [3][]byte
	for i, v := range []any{
		stored.OfSchedule(r), stored.OfAbsences(rota.Absences{List: absences}).List, []stored.Calendar{stored.OfCalendar(calendar)},
	} {
		if texts[i], err = json.Marshal(v); err != nil {
			return 0, 0, err
		}
	}
	reference, err := oracle.Read(texts[0], texts[1], texts[2])
	if err != nil {
		return 0, 0, err
	}
	from, minutes := d.near.Add(time.Duration(d.IntN(1440)-900)*time.Minute), 60+d.IntN(1440)
	spans := s.Spans(from, from.Add(time.Duration(minutes)*time.Minute))
	if err := joined(spans, from, from.Add(time.Duration(minutes)*time.Minute)); err != nil {
		return 0, 0, fmt.Errorf("%w\n%s", err, texts)
	}
	i := 0
	reference.Walk(from, minutes, func(at time.Time, want string) {
		for !at.Before(spans[i].Until) {
			i++
		}
		got := say(spans[i].Places)
		if got == "" {
			free++
		}
		if walked++; got != want && err == nil {
			err = fmt.Errorf("at %s on call are %q, the reference says %q\n%s", at.In(s.Zone()), got, want, texts)
		}
		if walked%97 == 0 && err == nil && say(s.At(at)) != want {
			err = fmt.Errorf("at %s At says %q, the reference %q\n%s", at.In(s.Zone()), say(s.At(at)), want, texts)
		}
	})
	return walked, free, err
}

// joined refuses spans that leave a hole, overlap or repeat themselves.
func joined(spans []rota.Span, from, until time.Time) error {
	for i, s := range spans {
		if !s.From.Equal(from) || !s.From.Before(s.Until) || (i > 0 && slices.Equal(s.Places, spans[i-1].Places)) {
			return fmt.Errorf("span %d is %v", i, s)
		}
		from = s.Until
	}
	if !from.Equal(until) {
		return fmt.Errorf("the spans end at %s, not at %s", from, until)
	}
	return nil
}

func say(places []rota.Place) string {
	var b strings.Builder
	for _, p := range places {
		fmt.Fprintf(&b, "%d %s ", p.Level, p.Engineer)
	}
	return b.String()
}
