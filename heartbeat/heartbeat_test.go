package heartbeat_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/heartbeat"
	"hotline/intake"
	"hotline/prove"
)

func rome(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Rome")
	must(t, err)
	return zone
}

// TestTheNextBeatIsExpectedByTheClockOnTheWall: spring leaves an hour out, and what lies in it is not expected; autumn has one
// twice, and what lies in it is expected once. A beat of up to a minute before its time counts for it.
func TestTheNextBeatIsExpectedByTheClockOnTheWall(t *testing.T) {
	at := func(text string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04:05", text, rome(t))
		must(t, err)
		return v
	}
	firstHalfPastTwo := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC) // 02:30 in summer time, before the clocks go back
	for _, c := range []struct {
		schedule    string
		after, want time.Time
	}{
		{"0 3 * * *", at("2026-11-23 02:00:00"), at("2026-11-23 03:00:00")},
		{"0 3 * * *", at("2026-11-23 02:58:59"), at("2026-11-23 03:00:00")}, // more than a minute early
		{"0 3 * * *", at("2026-11-23 02:59:00"), at("2026-11-24 03:00:00")},
		{"0 3 * * *", at("2026-11-23 02:59:30"), at("2026-11-24 03:00:00")},
		{"0 3 * * *", at("2026-11-23 03:20:00"), at("2026-11-24 03:00:00")},
		{"0 3 * * 1-5", at("2026-11-27 03:00:00"), at("2026-11-30 03:00:00")},
		{"@daily", at("2026-11-27 03:00:00"), at("2026-11-28 00:00:00")},
		{"0 0 29 2 *", at("2026-03-01 00:00:00"), at("2028-02-29 00:00:00")},
		{"30 2 * * *", at("2026-03-28 02:30:00"), at("2026-03-30 02:30:00")}, // spring: the 29th has no 02:30
		{"0 * * * *", at("2026-03-29 01:00:00"), at("2026-03-29 03:00:00")},
		{"30 2 * * *", firstHalfPastTwo, at("2026-10-26 02:30:00")}, // autumn: it was there already
		{"30 2 * * *", firstHalfPastTwo.Add(time.Hour), at("2026-10-26 02:30:00")},
		{"59 2 * * *", firstHalfPastTwo.Add(35 * time.Minute), at("2026-10-26 02:59:00")}, // a beat six minutes late: the wall shows 02:05 again
		{"0 * * * *", firstHalfPastTwo.Add(35 * time.Minute), at("2026-10-25 03:00:00")},
		{"*/5 * * * *", firstHalfPastTwo.Add(30 * time.Minute), at("2026-10-25 03:00:00")},
	} {
		r := heartbeat.Rule{Schedule: c.schedule, Zone: "Europe/Rome"}
		got, err := r.Next(c.after)
		if err != nil || !got.Equal(c.want) {
			t.Errorf("%s after %s: %s (%v), want %s", c.schedule, c.after, got.In(rome(t)), err, c.want)
		}
	}
}

// TestWhatTheWallShowsFirstAfterAJumpIsExpected: on Lord Howe spring leaves out half an hour, from 02:00 to 02:30.
func TestWhatTheWallShowsFirstAfterAJumpIsExpected(t *testing.T) {
	next, err := heartbeat.Rule{Schedule: "30 2 * * *", Zone: "Australia/Lord_Howe"}.Next(time.Date(2026, 10, 3, 15, 0, 0, 0, time.UTC))
	if want := time.Date(2026, 10, 3, 15, 30, 0, 0, time.UTC); err != nil || !next.Equal(want) {
		t.Errorf("it is %s (%v), want %s", next, err, want)
	}
}

// TestTheNextBeatOfEachDayIsWhatAWalkOverTheMinutesFinds, above all where clocks turn: the first instant more than a minute later whose
// wall shows the time, and showed it never before.
func TestTheNextBeatOfEachDayIsWhatAWalkOverTheMinutesFinds(t *testing.T) {
	turns := map[string][]time.Time{ // hours of UTC near which clocks turn
		"Europe/Rome": {date(3, 29, 1), date(10, 25, 1)}, "America/New_York": {date(3, 8, 7), date(11, 1, 6)}, "Australia/Lord_Howe": {date(4, 4, 15), date(10, 3, 15)},
		"America/Santiago": {date(4, 5, 3), date(9, 6, 4)}, "Africa/Cairo": {date(4, 23, 22), date(10, 29, 21)}, "Asia/Kathmandu": {date(7, 1, 0)}, "UTC": {date(7, 1, 0)},
	}
	zones := slices.Sorted(maps.Keys(turns))
	prove.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(zones).Draw(t, "zone")
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		after := rapid.SampledFrom(turns[name]).Draw(t, "turn").Add(time.Duration(rapid.IntRange(-50*3600, 10*3600).Draw(t, "second")) * time.Second)
		hour, minute := rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 23)).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")
		seen, want := map[int]bool{}, time.Time{} // by the day of the month
		for at := after.Add(-3 * time.Hour).Truncate(time.Minute); want.IsZero(); at = at.Add(time.Minute) {
			if wall := at.In(zone); wall.Hour() == hour && wall.Minute() == minute {
				if !seen[wall.Day()] && at.After(after.Add(time.Minute)) {
					want = at
				}
				seen[wall.Day()] = true
			}
		}
		next, err := heartbeat.Rule{Schedule: fmt.Sprintf("%d %d * * *", minute, hour), Zone: name}.Next(after)
		if err != nil || !next.Equal(want) {
			t.Fatalf("after %s comes %s, want %s (%v)", after.In(zone), next.In(zone), want.In(zone), err)
		}
	})
}

// date is an hour of 2026.
func date(month time.Month, day, hour int) time.Time {
	return time.Date(2026, month, day, hour, 0, 0, 0, time.UTC)
}

func TestWhatCannotBeMeantIsRefusedByItsField(t *testing.T) {
	for _, c := range []struct {
		rule  heartbeat.Rule
		field string
	}{
		{heartbeat.Rule{Period: 60}, ""}, {heartbeat.Rule{Period: heartbeat.LongestPeriod, Grace: 60}, ""},
		{heartbeat.Rule{Schedule: "0 3 * * MON-FRI", Zone: "Europe/Rome"}, ""}, {heartbeat.Rule{Schedule: "@weekly", Zone: "UTC"}, ""},
		{heartbeat.Rule{}, "period_seconds"}, {heartbeat.Rule{Period: 60, Schedule: "0 3 * * *"}, "period_seconds"}, {heartbeat.Rule{Period: 59}, "period_seconds"},
		{heartbeat.Rule{Period: heartbeat.LongestPeriod + 1}, "period_seconds"}, {heartbeat.Rule{Period: 60, Zone: "UTC"}, "zone"},
		{heartbeat.Rule{Schedule: "0 3 * * *"}, "zone"}, {heartbeat.Rule{Schedule: "0 3 * * *", Zone: "Europe/Roma"}, "zone"},
		{heartbeat.Rule{Schedule: "0 3 * * *", Zone: "Local"}, "zone"}, {heartbeat.Rule{Schedule: "0 3 * * *", Zone: "../../etc/passwd"}, "zone"},
		{heartbeat.Rule{Schedule: "every night", Zone: "UTC"}, "schedule"}, {heartbeat.Rule{Schedule: "99 3 * * *", Zone: "UTC"}, "schedule"},
		{heartbeat.Rule{Schedule: "* 0 3 * * *", Zone: "UTC"}, "schedule"}, {heartbeat.Rule{Schedule: "0 0 31 2 *", Zone: "UTC"}, "schedule"},
		{heartbeat.Rule{Schedule: "@never", Zone: "UTC"}, "schedule"}, {heartbeat.Rule{Period: 60, Grace: -1}, "grace_seconds"},
	} {
		err := c.rule.Check(monday)
		var wrong *heartbeat.WrongError
		if errors.As(err, &wrong); (err == nil) != (c.field == "") || c.field != "" && (wrong == nil || wrong.Field != c.field) {
			t.Errorf("%+v: %v, want a complaint of %q", c.rule, err, c.field)
		}
	}
}

// FuzzARuleIsRefusedOrHasANextInstant: whatever is written as a schedule, it neither ends the process nor lies in the past.
func FuzzARuleIsRefusedOrHasANextInstant(f *testing.F) {
	for _, s := range []string{"0 3 * * *", "@daily", "*/5 1-3 L * MON#2", "0 0 15W * ?", "1,2,3-9/2 * * * 7", "@every 5m", "* * * * * *", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, schedule string) {
		r := heartbeat.Rule{Schedule: schedule, Zone: "Europe/Rome"}
		if len(schedule) > 100 || schedule == "" || r.Check(monday) != nil {
			return
		}
		if next, err := r.Next(monday); err != nil || !next.After(monday) {
			t.Errorf("%q: %s %v", schedule, next, err)
		}
	})
}

func TestWhatARuleMeansIsSaidInWords(t *testing.T) {
	r := heartbeat.Rule{Schedule: "0 3 * * *", Zone: "Europe/Rome", Grace: 3600}
	if _, words, err := r.Expectation(monday); err != nil || words != "expected on Tuesday 24 November 2026 at 03:00, Europe/Rome; its silence is a ticket from Tuesday 24 November 2026 at 04:00, Europe/Rome" {
		t.Errorf("%q %v", words, err)
	}
	for d, want := range map[time.Duration]string{192 * time.Minute: "3 h 12 min", 51 * time.Hour: "2 d 3 h", 59 * time.Second: "59 s", 90 * time.Second: "1 min", -time.Second: "0 s"} {
		if got := heartbeat.Span(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

func TestTheTimeInWhichNobodyListenedLiesBetweenTheSpansOfAllNodes(t *testing.T) {
	at := func(minute int) time.Time { return monday.Add(time.Duration(minute) * time.Minute) }
	span := func(from, until int) heartbeat.Gap { return heartbeat.Gap{From: at(from), Until: at(until)} }
	got := heartbeat.Gaps([]heartbeat.Gap{span(30, 40), span(0, 10), span(5, 12), span(12, 20), span(31, 35)})
	if len(got) != 1 || got[0] != span(20, 30) {
		t.Errorf("gaps are %v", got)
	}
	if gaps := heartbeat.Gaps([]heartbeat.Gap{{From: at(0), Until: at(1)}, {From: at(1).Add(30 * time.Second), Until: at(5)}}); len(gaps) != 0 {
		t.Errorf("a blink is a gap: %v", gaps)
	}
}

// TestASilenceThatWeCouldNotHearIsNoSilence: however beats, gaps and looks follow each other, a heartbeat is down only when nodes
// listened through its whole period and grace.
func TestASilenceThatWeCouldNotHearIsNoSilence(t *testing.T) {
	h := heartbeat.Heartbeat{ID: "b", Rule: heartbeat.Rule{Period: 600, Grace: 60}}
	prove.Check(t, func(t *rapid.T) {
		b := heartbeat.Beat{ID: "b"}.Hear(h, heartbeat.Signal{At: monday, Kind: heartbeat.Success})
		from := monday.Add(time.Duration(rapid.IntRange(1, 659).Draw(t, "silence begins")) * time.Second)
		gap := heartbeat.Gap{From: from, Until: from.Add(time.Duration(rapid.IntRange(60, 7200).Draw(t, "and lasts")) * time.Second)}
		now := gap.Until.Add(time.Duration(rapid.IntRange(0, 1500).Draw(t, "looked at")) * time.Second)
		b = b.Look(h, []heartbeat.Gap{gap}, now)
		if down, want := !b.State.DownSince.IsZero(), now.Sub(gap.Until) >= 660*time.Second; down != want {
			t.Fatalf("a look %s after the gap: down is %v, want %v: %+v", now.Sub(gap.Until), down, want, b.State)
		}
		if !b.Due.After(now) {
			t.Fatalf("it is due at %s, before %s", b.Due, now)
		}
	})
}

func TestARunHasItsOwnGrace(t *testing.T) {
	h := heartbeat.Heartbeat{ID: "b", Rule: heartbeat.Rule{Schedule: "0 3 * * *", Zone: "UTC", Grace: 3600, Longest: intake.Seconds(2 * 3600)}}
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 24, hour, minute, 0, 0, time.UTC) }
	b := heartbeat.Beat{ID: "b"}.Hear(h, heartbeat.Signal{At: at(3, 0), Kind: heartbeat.Start, Run: "r1"})
	b = b.Hear(h, heartbeat.Signal{At: at(3, 10), Kind: heartbeat.Start, Run: "r2"})
	b = b.Hear(h, heartbeat.Signal{At: at(3, 30), Kind: heartbeat.Success, Run: "r1"})
	if got := b.State.Signals[2].Took; got != 30*time.Minute || b.Standing(at(3, 31)) != "running" {
		t.Errorf("it took %s and is %s", got, b.Standing(at(3, 31)))
	}
	if b = b.Look(h, nil, at(5, 9)); !b.State.DownSince.IsZero() {
		t.Errorf("a run of two hours is late a minute before: %s", b.State.Why)
	}
	if b = b.Look(h, nil, at(5, 10)); !strings.HasPrefix(b.State.Why, "a run that began on Tuesday 24 November 2026 at 03:10, UTC has not ended") {
		t.Errorf("a run that does not end: %q", b.State.Why)
	}
}
