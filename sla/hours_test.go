package sla

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/prove"
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
	for name, c := range map[string]Calendar{
		"shut":          {ID: "shut", Zone: "Europe/Rome"},
		"open long ago": {ID: "past", Zone: "Europe/Rome", Exceptions: []Exception{{Date: "2000-01-03", Hours: []Interval{{0, 0, hour}}}}},
	} {
		h := hours(t, c)
		if _, err := h.Add(rome(t, "2026-11-23 09:00"), time.Hour); !errors.Is(err, ErrNeverOpen) {
			t.Errorf("%s: adding gives %v", name, err)
		}
		if _, err := h.NextOpen(rome(t, "2026-11-23 09:00")); !errors.Is(err, ErrNeverOpen) {
			t.Errorf("%s: looking gives %v", name, err)
		}
	}
}

// hour keeps the tables short.
const hour = time.Hour

func TestBadCalendarsAreRefusedWithThePlaceNamed(t *testing.T) {
	for name, c := range map[string]struct {
		Calendar
		place string
	}{
		"no zone":             {Calendar{}, "zone"},
		"unknown zone":        {Calendar{Zone: "Europe/Atlantis"}, "Atlantis"},
		"the machine's zone":  {Calendar{Zone: "Local"}, "zone"},
		"unknown holidays":    {Calendar{Zone: "UTC", Holidays: "xx"}, "holidays"},
		"patron's day":        {Calendar{Zone: "UTC", Patron: "31-31"}, "patron"},
		"backwards":           {Calendar{Zone: "UTC", Week: []Interval{{1, 10 * hour, 9 * hour}}}, "week[0]"},
		"empty":               {Calendar{Zone: "UTC", Week: []Interval{{1, 8 * hour, 9 * hour}, {2, 9 * hour, 9 * hour}}}, "week[1]"},
		"eight days":          {Calendar{Zone: "UTC", Week: []Interval{{1, 0, 8 * 24 * hour}}}, "week[0]"},
		"weekday":             {Calendar{Zone: "UTC", Week: []Interval{{7, 0, hour}}}, "week[0]"},
		"half a minute":       {Calendar{Zone: "UTC", Week: []Interval{{1, 0, 30 * time.Second}}}, "week[0]"},
		"exception's date":    {Calendar{Zone: "UTC", Exceptions: []Exception{{Date: "24.12.2026"}}}, "exceptions[0]"},
		"exception's hours":   {Calendar{Zone: "UTC", Exceptions: []Exception{{Date: "2026-12-24", Hours: []Interval{{0, 5, 3}}}}}, "2026-12-24[0]"},
		"yearly day":          {Calendar{Zone: "UTC", Yearly: []Yearly{{Day: "12-32"}}}, "yearly[0]"},
		"overlap":             {Calendar{Zone: "UTC", Week: []Interval{{2, 0, hour}, {1, 9 * hour, 13 * hour}, {1, 12 * hour, 18 * hour}}}, "week[1]"},
		"overlap at midnight": {Calendar{Zone: "UTC", Week: []Interval{{0, 0, hour}, {6, 22 * hour, 26 * hour}}}, "week[1]"},
		"twice always":        {Calendar{Zone: "UTC", Week: []Interval{{0, 0, week}, {3, 0, hour}}}, "week"},
		"date twice":          {Calendar{Zone: "UTC", Week: []Interval{{0, 0, hour}}, Exceptions: []Exception{{Date: "2026-12-24"}, {Date: "2026-12-24"}}}, "exceptions[1]"},
		"closed on all days":  {Calendar{Zone: "UTC", Week: []Interval{{0, 0, week}}, Yearly: closedDays("2000-01-01", 366)}, "week"},
		"open on one holiday": {Calendar{Zone: "UTC", Holidays: "it", Week: []Interval{{0, 0, week}}, Yearly: closedDays("2000-01-02", 365)}, "week"},
		"years backwards":     {Calendar{Zone: "UTC", Week: []Interval{{0, 0, week}}, Yearly: []Yearly{{Day: "12-24", Since: 2027, Until: 2026}}}, "yearly[0]"},
		"never open":          {Calendar{Zone: "UTC"}, "week"},
		"open only once":      {Calendar{Zone: "UTC", Exceptions: []Exception{{Date: "2026-12-24", Hours: []Interval{{0, 0, hour}}}}}, "week"},
	} {
		err := c.Check()
		if (!errors.Is(err, ErrBadCalendar) && !errors.Is(err, ErrNeverOpen)) || !strings.Contains(err.Error(), c.place) {
			t.Errorf("%s: %v, want the place %s", name, err, c.place)
		}
	}
	for _, c := range append(DefaultCalendars(), office(), always(), nights()) {
		if err := c.Check(); err != nil {
			t.Error(err)
		}
	}
}

// closedDays closes so many days of every year, from one of the year 2000 on.
func closedDays(first string, n int) (list []Yearly) {
	day, _ := time.Parse(time.DateOnly, first)
	for range n {
		list = append(list, Yearly{Day: day.Format(monthDay)})
		day = day.AddDate(0, 0, 1)
	}
	return list
}

func TestACalendarThatIsClosedForSomeYearsAloneIsAccepted(t *testing.T) {
	c := always()
	c.Yearly = closedDays("2000-01-01", 366)
	for i := range c.Yearly {
		c.Yearly[i].Since, c.Yearly[i].Until = 2026, 2050
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	c.Yearly = closedDays("2000-01-01", 365) // all but 31 December
	if err := c.Check(); err != nil {
		t.Error(err)
	}
}

func TestADateIsJudgedByItselfFromMidnightToMidnight(t *testing.T) {
	c := always()
	c.Holidays = "it" // the week of this calendar is one interval that begins on a Sunday, and Easter is one
	c.Exceptions = []Exception{{Date: "2026-11-25", Hours: []Interval{{From: 10 * hour, Until: 12 * hour}, {From: 22 * hour, Until: 26 * hour}}}}
	c.Yearly = []Yearly{{Day: "12-24", Hours: []Interval{{From: 0, Until: 12 * hour}}}}
	h := hours(t, c)
	for at, open := range map[string]bool{
		"2026-04-04 23:59": true, "2026-04-05 12:00": false, "2026-04-06 12:00": false, "2026-04-07 00:00": true,
		"2026-11-24 23:59": true, "2026-11-25 09:00": false, "2026-11-25 11:00": true, "2026-11-25 12:00": false, "2026-11-26 00:00": true,
		"2026-12-24 11:59": true, "2026-12-24 12:00": false, "2029-12-24 12:00": false,
	} {
		if h.Open(rome(t, at)) != open {
			t.Errorf("%s: open %v, want %v", at, !open, open)
		}
	}
	night := office()
	night.Exceptions = []Exception{{Date: "2026-11-27", Hours: []Interval{{From: 20 * hour, Until: 30 * hour}}}}
	h = hours(t, night)
	if !h.Open(rome(t, "2026-11-28 05:59")) || h.Open(rome(t, "2026-11-28 06:00")) || h.Open(rome(t, "2026-11-27 10:00")) {
		t.Error("an extra opening in the night of Friday runs into Saturday morning, and replaces Friday's hours")
	}
}

func TestShiftsOverTheNightsInWhichTheClocksTurn(t *testing.T) {
	shift := func(from, until time.Duration) *Hours {
		c := Calendar{ID: "shift", Zone: "Europe/Rome"}
		for d := time.Sunday; d <= time.Saturday; d++ {
			c.Week = append(c.Week, Interval{d, from, until})
		}
		return hours(t, c)
	}
	minute := time.Minute
	for _, c := range []struct {
		name        string
		from, until time.Duration
		date        string
		want        time.Duration
	}{
		{"an hour that spring skips", 2 * hour, 3 * hour, "2026-03-29", 0},
		{"within the hour that spring skips", 2*hour + 15*minute, 2*hour + 45*minute, "2026-03-29", 0},
		{"begun in the hour that spring skips", 2*hour + 30*minute, 6 * hour, "2026-03-29", 3 * hour},
		{"an hour that autumn repeats", 2 * hour, 3 * hour, "2026-10-25", 2 * hour},
		{"ended in the hour that autumn repeats", 1 * hour, 2*hour + 30*minute, "2026-10-25", 90 * minute},
		{"begun in the hour that autumn repeats", 2*hour + 30*minute, 4 * hour, "2026-10-25", 2*hour + 30*minute},
	} {
		day := rome(t, c.date+" 00:00")
		if got := shift(c.from, c.until).Between(day, day.AddDate(0, 0, 1)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAnEndOnAClosingInstantIsThatInstant(t *testing.T) {
	h := hours(t, office())
	for _, c := range []struct {
		from string
		span time.Duration
		due  string
	}{
		{"2026-11-20 17:00", hour, "2026-11-20 18:00"}, {"2026-11-20 18:00", hour, "2026-11-23 10:00"},
		{"2026-11-20 09:00", 4 * hour, "2026-11-20 13:00"}, {"2026-11-20 13:00", 4 * hour, "2026-11-20 18:00"},
		{"2026-11-20 17:59", 2 * time.Minute, "2026-11-23 09:01"},
	} {
		if due, err := h.Add(rome(t, c.from), c.span); err != nil || !due.Equal(rome(t, c.due)) {
			t.Errorf("%s and %s end at %v (%v), want %s", c.from, c.span, due, err, c.due)
		}
	}
}

// kinds are calendars of every kind: breaks, nights, always, holidays, exceptions, and zones whose clocks turn otherwise.
func kinds() []Calendar {
	list := append(DefaultCalendars(), nights())
	for _, zone := range []string{"Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu", "America/Havana", "Africa/Cairo", "Pacific/Apia"} {
		c := nights()
		c.Zone, c.Holidays = zone, "gb-sct"
		c.Exceptions = []Exception{{Date: "2026-11-25"}, {Date: "2026-12-25", Hours: []Interval{{0, 0, 30 * hour}}}}
		list = append(list, c)
	}
	return list
}

// TestWorkingTimeAddsUp holds for every calendar, over both changes of the clocks: between(t, add(t, d)) = d and no earlier
// instant will do, a later start or a longer span never ends earlier, and a span that is split has the same sum.
func TestWorkingTimeAddsUp(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var ready []*Hours
	for _, c := range kinds() {
		ready = append(ready, hours(t, c))
	}
	prove.Check(t, func(t *rapid.T) {
		h := rapid.SampledFrom(ready).Draw(t, "calendar")
		from := start.Add(time.Duration(rapid.IntRange(-20*365*86400, 40*365*86400).Draw(t, "from")) * time.Second)
		span := time.Duration(rapid.IntRange(1, 100*3600).Draw(t, "span")) * time.Second
		more := time.Duration(rapid.IntRange(0, 3600).Draw(t, "more")) * time.Second
		due, err := h.Add(from, span)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Between(from, due); got != span {
			t.Fatalf("between %v and %v lie %v, want %v", from, due, got, span)
		}
		if h.Between(from, due.Add(-time.Second)) == span || !h.Open(due.Add(-time.Second)) {
			t.Fatalf("%v is not the earliest end", due)
		}
		for _, c := range []struct {
			from time.Time
			span time.Duration
		}{{from, span + more}, {from.Add(more), span}} {
			if later, err := h.Add(c.from, c.span); err != nil || later.Before(due) {
				t.Fatalf("%v from %v ends at %v, before %v (%v)", c.span, c.from, later, due, err)
			}
		}
		open, err := h.NextOpen(from)
		if err != nil || !h.Open(open) || h.Between(from, open) != 0 {
			t.Fatalf("next open after %v is %v (%v)", from, open, err)
		}
		a := from.Add(more * time.Duration(rapid.IntRange(0, 9000).Draw(t, "split")))
		b := a.Add(more)
		if h.Between(from, a)+h.Between(a, b) != h.Between(from, b) {
			t.Fatalf("%v to %v, split at %v, changes the sum", from, b, a)
		}
		sum := time.Duration(0)
		for _, s := range h.Spans(from, due) {
			sum += s.Duration()
		}
		if sum != span {
			t.Fatalf("the spans have %v, want %v", sum, span)
		}
	})
}
