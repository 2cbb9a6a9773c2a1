package sla

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const feast = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\n" +
	"SUMMARY:Chiusura\\, nata\r\n lizia\r\nBEGIN:VALARM\r\nTRIGGER:-PT15M\r\nDURATION:PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nDTSTART:20200624\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:San Giovanni\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270101\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestClosuresAreReadFromAnICalendarFile(t *testing.T) {
	dates, days, err := ReadHolidays(strings.NewReader(feast))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(dates, days); got != "[{2026-12-24 [] Chiusura, natalizia} {2026-12-25 [] Chiusura, natalizia} {2026-12-26 [] Chiusura, natalizia}] [{06-24 [] San Giovanni}]" {
		t.Errorf("read %s", got)
	}
	c := office()
	c.Exceptions = []Exception{{Date: "2026-12-24", Hours: []Interval{{From: 9 * hour, Until: 12 * hour}}}}
	c = c.Import(dates, days)
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	h := hours(t, c)
	if !h.Open(rome(t, "2026-12-24 10:00")) || h.Open(rome(t, "2027-06-24 10:00")) {
		t.Error("an import must close Saint John's day and leave what the calendar said itself")
	}
}

func TestAYearlyRuleMayNameItsOwnDate(t *testing.T) {
	for _, rule := range []string{"FREQ=YEARLY", "FREQ=YEARLY;INTERVAL=1", "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=24", "BYMONTHDAY=24;BYMONTH=6;FREQ=YEARLY;WKST=MO"} {
		dates, days, err := ReadHolidays(strings.NewReader("BEGIN:VCALENDAR\nBEGIN:VEVENT\nRRULE:" + rule + "\nDTSTART:20200624\nEND:VEVENT\nEND:VCALENDAR\n"))
		if err != nil || len(dates) != 0 || len(days) != 1 || days[0].Day != "06-24" {
			t.Errorf("%s: %v %v %v", rule, dates, days, err)
		}
	}
}

func TestICalendarFilesThatCannotBeTakenOverAreRefusedWithTheLine(t *testing.T) {
	event := func(lines string) string {
		return "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + lines + "\nEND:VEVENT\nEND:VCALENDAR\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"no calendar":      {"hello", "line 1"},
		"a time of day":    {event("DTSTART:20261224T090000Z"), "line 3"},
		"weekly":           {event("DTSTART:20261224\nRRULE:FREQ=WEEKLY"), "line 4"},
		"another date":     {event("DTSTART:20261224\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25"), "line 5"},
		"twice a year":     {event("DTSTART:20261224\nRRULE:FREQ=YEARLY;BYMONTH=6,12"), "line 4"},
		"until":            {event("DTSTART:20261224\nRRULE:FREQ=YEARLY;UNTIL=20301224"), "line 4"},
		"no frequency":     {event("DTSTART:20261224\nRRULE:BYMONTH=12"), "line 4"},
		"no start":         {event("SUMMARY:x"), "line 4"},
		"backwards":        {event("DTSTART:20261224\nDTEND:20261220"), "line 5"},
		"a thousand years": {event("DTSTART:20261224\nDTEND:30261220"), "line 5"},
		"no end":           {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261224\n", "line 2"},
		"too large":        {"BEGIN:VCALENDAR\n" + strings.Repeat("X", maxCalendarOctets), "larger"},
	} {
		_, _, err := ReadHolidays(strings.NewReader(c.text))
		if !errors.Is(err, ErrBadICalendar) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func FuzzReadHolidays(f *testing.F) {
	f.Add(feast)
	f.Add("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261224\nDURATION:P3D\nEND:VEVENT")
	f.Fuzz(func(t *testing.T, text string) {
		dates, days, err := ReadHolidays(strings.NewReader(text))
		if err != nil && !errors.Is(err, ErrBadICalendar) {
			t.Fatalf("an error of no kind: %v", err)
		}
		if len(dates)+len(days) > maxClosures {
			t.Fatalf("%d closures", len(dates)+len(days))
		}
		c := Calendar{ID: "x", Zone: "UTC", Week: []Interval{{0, 0, hour}}}.Import(dates, days)
		if err := c.Check(); err != nil && err.Error() != "" && len(dates) > 0 && dates[0].Date < "9999" {
			t.Fatalf("what was read is no calendar: %v", err)
		}
	})
}
