package sla

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func office() Calendar {
	c := Calendar{ID: "office", Zone: "Europe/Rome", Holidays: "it"}
	for d := time.Monday; d <= time.Friday; d++ {
		c.Week = append(c.Week, Interval{d, 9 * time.Hour, 13 * time.Hour}, Interval{d, 14 * time.Hour, 18 * time.Hour})
	}
	return c
}

func always() Calendar {
	return Calendar{ID: "always", Zone: "Europe/Rome", Week: []Interval{{time.Sunday, 0, week}}}
}

func nights() Calendar {
	c := Calendar{ID: "nights", Zone: "Europe/Rome"}
	for d := time.Sunday; d <= time.Saturday; d++ {
		c.Week = append(c.Week, Interval{d, 22 * time.Hour, 30 * time.Hour})
	}
	return c
}

func hours(t interface{ Fatalf(string, ...any) }, c Calendar) *Hours {
	h, err := c.Hours()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return h
}

func rome(t interface{ Fatalf(string, ...any) }, s string) time.Time {
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatalf("%v", err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return at
}

func TestWorkingHoursAreCounted(t *testing.T) {
	for _, c := range []struct {
		name     string
		calendar Calendar
		from     string
		span     time.Duration
		due      string
	}{
		{"four hours from Friday afternoon end on Monday", office(), "2026-11-20 17:00", 4 * time.Hour, "2026-11-23 12:00"},
		{"the lunch break does not count", office(), "2026-11-23 12:30", time.Hour, "2026-11-23 14:30"},
		{"an hour that fills the morning ends at its end", office(), "2026-11-23 12:00", time.Hour, "2026-11-23 13:00"},
		{"opened in the break it runs from two o'clock", office(), "2026-11-23 13:10", 4 * time.Hour, "2026-11-23 18:00"},
		{"Easter Monday is a holiday", office(), "2026-04-03 17:00", 2 * time.Hour, "2026-04-07 10:00"},
		{"Christmas, Saint Stephen and a weekend", office(), "2026-12-24 17:30", time.Hour, "2026-12-28 09:30"},
		{"4 October counted before the law", office(), "2021-10-04 09:00", time.Hour, "2021-10-04 10:00"},
		{"4 October is a holiday since 2026", office(), "2027-10-04 09:00", time.Hour, "2027-10-05 10:00"},
		{"round the clock over New Year", always(), "2026-12-31 23:00", 2 * time.Hour, "2027-01-01 01:00"},
		{"round the clock for three days", always(), "2026-11-23 12:00", 72 * time.Hour, "2026-11-26 12:00"},
		{"in spring the night is an hour shorter", always(), "2026-03-29 00:00", 4 * time.Hour, "2026-03-29 05:00"},
		{"in autumn the night is an hour longer", always(), "2026-10-25 00:00", 4 * time.Hour, "2026-10-25 03:00"},
		{"a night shift runs over midnight", nights(), "2026-11-23 23:00", 7*time.Hour + time.Minute, "2026-11-24 22:01"},
		{"nothing ends where it begins", office(), "2026-11-22 03:00", 0, "2026-11-22 03:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			due, err := hours(t, c.calendar).Add(rome(t, c.from), c.span)
			if want := rome(t, c.due); err != nil || !due.Equal(want) {
				t.Errorf("due %v (%v), want %v", due, err, want)
			}
		})
	}
}

func TestExceptionsReplaceADay(t *testing.T) {
	c := office()
	c.Patron = "12-07"
	c.Exceptions = []Exception{
		{Date: "2026-11-23"},
		{Date: "2026-12-08", Hours: []Interval{{From: 10 * time.Hour, Until: 11 * time.Hour}}},
	}
	h := hours(t, c)
	for at, open := range map[string]bool{
		"2026-11-23 10:00": false, "2026-11-24 10:00": true,
		"2026-12-07 10:00": false, "2026-12-08 10:30": true, "2026-12-08 11:00": false,
	} {
		if h.Open(rome(t, at)) != open {
			t.Errorf("%s: open %v, want %v", at, !open, open)
		}
	}
}

func TestHolidayClosesARoundTheClockWeek(t *testing.T) {
	c := always()
	c.Holidays = "it"
	if hours(t, c).Open(rome(t, "2026-12-25 12:00")) {
		t.Error("open at Christmas")
	}
}

func TestEasterFallsWhereTheAlmanacSays(t *testing.T) {
	for year, want := range map[int]string{2000: "04-23", 2024: "03-31", 2025: "04-20", 2026: "04-05", 2027: "03-28", 2038: "04-25", 2285: "03-22"} {
		month, day := Easter(year)
		if got := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format("01-02"); got != want {
			t.Errorf("Easter %d on %s, want %s", year, got, want)
		}
	}
}

func TestACalendarThatNeverOpensIsAnErrorNotAHang(t *testing.T) {
	h := hours(t, Calendar{ID: "shut", Zone: "Europe/Rome"})
	if _, err := h.Add(rome(t, "2026-11-23 09:00"), time.Hour); !errors.Is(err, ErrNeverOpen) {
		t.Errorf("got %v", err)
	}
}

func TestBadCalendarsAreRefused(t *testing.T) {
	for name, c := range map[string]Calendar{
		"no zone":           {},
		"unknown zone":      {Zone: "Europe/Atlantis"},
		"unknown holidays":  {Zone: "Europe/Rome", Holidays: "xx"},
		"patron's day":      {Zone: "Europe/Rome", Patron: "31-31"},
		"backwards":         {Zone: "Europe/Rome", Week: []Interval{{time.Monday, 10 * time.Hour, 9 * time.Hour}}},
		"eight days":        {Zone: "Europe/Rome", Week: []Interval{{time.Monday, 0, 8 * 24 * time.Hour}}},
		"weekday":           {Zone: "Europe/Rome", Week: []Interval{{7, 0, time.Hour}}},
		"exception's date":  {Zone: "Europe/Rome", Exceptions: []Exception{{Date: "24.12.2026"}}},
		"exception's hours": {Zone: "Europe/Rome", Exceptions: []Exception{{Date: "2026-12-24", Hours: []Interval{{0, 5, 3}}}}},
	} {
		if _, err := c.Hours(); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// TestAddAndBetweenAgree holds for every calendar, over both changes of the clocks: between(t, add(t, d)) = d, the end
// lies in working time, and a longer span never ends earlier.
func TestAddAndBetweenAgree(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		h := hours(t, rapid.SampledFrom([]Calendar{office(), always(), nights()}).Draw(t, "calendar"))
		from := start.Add(time.Duration(rapid.IntRange(0, 2*365*86400).Draw(t, "from")) * time.Second)
		span := time.Duration(rapid.IntRange(1, 100*3600).Draw(t, "span")) * time.Second
		more := time.Duration(rapid.IntRange(0, 3600).Draw(t, "more")) * time.Second
		due, err := h.Add(from, span)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Between(from, due); got != span {
			t.Fatalf("between %v and %v lie %v, want %v", from, due, got, span)
		}
		if !h.Open(due.Add(-time.Second)) {
			t.Fatalf("%v ends outside working time", due)
		}
		later, err := h.Add(from, span+more)
		if err != nil || later.Before(due) {
			t.Fatalf("a longer span ends earlier: %v before %v (%v)", later, due, err)
		}
		open, err := h.NextOpen(from)
		if err != nil || !h.Open(open) || h.Between(from, open) != 0 {
			t.Fatalf("next open after %v is %v (%v)", from, open, err)
		}
	})
}
