package oncall

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/prove"
)

// onDuty is the reference: it knows the wall of each minute of three weeks, and looks each shift's ends up there.
func onDuty(r Rota, zone *time.Location, minute time.Time) []EngineerID {
	first := minute.Add(-9 * 24 * time.Hour).Truncate(time.Minute)
	shown := func(want time.Time) time.Time { // the first minute whose wall shows want or a later time
		for at := first; ; at = at.Add(time.Minute) {
			w := at.In(zone)
			if wall := time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), 0, 0, time.UTC); !wall.Before(want) {
				return at
			}
		}
	}
	var list []EngineerID
	local := minute.In(zone)
	for _, s := range r.Shifts {
		for back := range 9 {
			day := time.Date(local.Year(), local.Month(), local.Day()-back, 0, 0, 0, 0, time.UTC)
			if day.Weekday() == s.Day && !minute.Before(shown(day.Add(s.From))) && minute.Before(shown(day.Add(s.From+s.Length))) {
				list = append(list, s.Engineer)
			}
		}
	}
	return list
}

func TestWhoIsOnDutyIsWhoTheReferenceNamesInTheNightsOfTheClocks(t *testing.T) {
	turns := map[string][]string{ // zones, and instants near which their clocks turn
		"Europe/Rome":         {"2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"},
		"America/Santiago":    {"2026-04-05T03:00:00Z", "2026-09-06T04:00:00Z"}, // the midnight of 6 September is skipped
		"Africa/Cairo":        {"2026-04-23T22:00:00Z", "2026-10-29T21:00:00Z"},
		"Australia/Lord_Howe": {"2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"}, // by half an hour
	}
	zones := []string{"Africa/Cairo", "America/Santiago", "Australia/Lord_Howe", "Europe/Rome"}
	prove.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(zones).Draw(t, "zone")
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		turn, _ := time.Parse(time.RFC3339, rapid.SampledFrom(turns[name]).Draw(t, "turn"))
		r := Rota{Zone: name}
		for range rapid.IntRange(1, 3).Draw(t, "shifts") {
			r.Shifts = append(r.Shifts, Shift{
				Engineer: team()[rapid.IntRange(0, 2).Draw(t, "who")].ID, Level: 1, Day: time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")),
				From:   time.Duration(rapid.SampledFrom([]int{0, 0, 15, 30, 60, 135, 150, 22 * 60, 23*60 + 45}).Draw(t, "from")) * time.Minute,
				Length: time.Duration(rapid.SampledFrom([]int{15, 30, 135, 8 * 60, 24 * 60, 7 * 24 * 60}).Draw(t, "length")) * time.Minute,
			})
		}
		minute := turn.Add(time.Duration(rapid.IntRange(-300, 300).Draw(t, "minute")) * time.Minute)
		duty, err := r.duty(minute)
		if err != nil {
			t.Fatal(err)
		}
		var got []EngineerID
		for _, p := range duty {
			got = append(got, p.engineer)
		}
		want := onDuty(r, zone, minute)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("at %v %v are on duty, want %v", minute.In(zone), got, want)
		}
	})
}

func TestAWeekThatTurnsOnASkippedMidnightIsManned(t *testing.T) {
	r := Rota{Zone: "America/Santiago", Shifts: []Shift{{Engineer: "anna", Level: 1, Day: time.Sunday, Length: allWeek}}}
	from := time.Date(2026, time.September, 1, 0, 0, 0, 0, time.UTC)
	if gaps, err := Gaps(r, team(), from, from.AddDate(0, 0, 10)); err != nil || len(gaps) != 0 {
		t.Errorf("gaps %v, %v", gaps, err)
	}
}

func TestAShiftThatEndsInTheHourThatSpringSkipsEndsWhereTheClocksJump(t *testing.T) {
	r := Rota{Zone: "Europe/Rome", Shifts: []Shift{{Engineer: "anna", Level: 1, Day: time.Saturday, From: 22 * time.Hour, Length: 4*time.Hour + 15*time.Minute}}}
	for when, on := range map[string]bool{"2026-03-29T00:59:59Z": true, "2026-03-29T01:00:00Z": false} {
		now, _ := time.Parse(time.RFC3339, when)
		if duty, err := r.duty(now); err != nil || (len(duty) == 1) != on {
			t.Errorf("%s: %v, %v", when, duty, err)
		}
	}
}

func TestGapsBeginAndEndToTheSecondAndAreWhatThePlanLeaves(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		from := at(t, "2026-03-27 00:00").Add(time.Duration(rapid.IntRange(0, 3600).Draw(t, "from")) * time.Second)
		until := from.Add(time.Duration(rapid.IntRange(1, 4*24*60).Draw(t, "minutes")) * time.Minute)
		r := Rota{Zone: "Europe/Rome"}
		for range rapid.IntRange(0, 4).Draw(t, "shifts") {
			r.Shifts = append(r.Shifts, Shift{
				Engineer: team()[rapid.IntRange(0, 3).Draw(t, "who")].ID, Level: 1, Day: time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")),
				From:   time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, "at")) * time.Minute,
				Length: time.Duration(rapid.IntRange(1, 7*24*60).Draw(t, "length")) * time.Minute,
			})
		}
		for range rapid.IntRange(0, 3).Draw(t, "overrides") {
			begin := from.Add(time.Duration(rapid.IntRange(-3600, 200000).Draw(t, "begin")) * time.Second)
			r.Overrides = append(r.Overrides, Override{
				Engineer: team()[rapid.IntRange(0, 3).Draw(t, "off")].ID, Instead: rapid.SampledFrom([]EngineerID{"", "sara", "ugo"}).Draw(t, "on"),
				Level: 1, From: begin, Until: begin.Add(time.Duration(rapid.IntRange(1, 100000).Draw(t, "seconds")) * time.Second),
			})
		}
		gaps, err := Gaps(r, team(), from, until)
		if err != nil {
			t.Fatal(err)
		}
		within := func(now time.Time) bool {
			return slices.ContainsFunc(gaps, func(g Gap) bool { return !now.Before(g.From) && now.Before(g.Until) })
		}
		probes := []time.Time{from, until.Add(-time.Second)}
		for _, g := range gaps {
			probes = append(probes, g.From, g.From.Add(-time.Second), g.Until, g.Until.Add(-time.Second))
		}
		for range 50 {
			probes = append(probes, from.Add(time.Duration(rapid.Int64Range(0, int64(until.Sub(from))-1).Draw(t, "probe"))))
		}
		for _, now := range probes {
			if now.Before(from) || !now.Before(until) {
				continue
			}
			if _, gap, err := Plan(r, team(), now); err != nil || gap != within(now) {
				t.Fatalf("at %v the plan says gap %v, the list %v (%v)", now, gap, fmt.Sprint(gaps), err)
			}
		}
	})
}
