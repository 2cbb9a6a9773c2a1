package sla

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"hotline/ical"
)

const feast = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\n" +
	"SUMMARY:Chiusura\\, nata\r\n lizia\r\nBEGIN:VALARM\r\nTRIGGER:-PT15M\r\nDURATION:PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nDTSTART:20200624\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:San Giovanni\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270101\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestClosuresAreReadFromAnICalendarFile(t *testing.T) {
	read, err := ReadHolidays(strings.NewReader(feast))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(read.Dates, read.Days, read.Left); got != "[{2026-12-24 [] Chiusura, natalizia} {2026-12-25 [] Chiusura, natalizia} {2026-12-26 [] Chiusura, natalizia}] [{06-24 [] San Giovanni 2020 0}] [line 18: the event is cancelled]" {
		t.Errorf("read %s", got)
	}
	c := office()
	c.Exceptions = []Exception{{Date: "2026-12-24", Hours: []Interval{{From: 9 * hour, Until: 12 * hour}}}}
	c = c.Import(read)
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
		read, err := ReadHolidays(strings.NewReader("BEGIN:VCALENDAR\nBEGIN:VEVENT\nRRULE:" + rule + "\nDTSTART:20200624\nEND:VEVENT\nEND:VCALENDAR\n"))
		if err != nil || len(read.Dates) != 0 || len(read.Days) != 1 || read.Days[0].Day != "06-24" || read.Days[0].Since != 2020 {
			t.Errorf("%s: %v %v", rule, read, err)
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
		"another date":     {event("DTSTART:20261224\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25"), "line 2"},
		"twice a year":     {event("DTSTART:20261224\nRRULE:FREQ=YEARLY;BYMONTH=6,12"), "line 4"},
		"until when":       {event("DTSTART:20261224\nRRULE:FREQ=YEARLY;UNTIL=tomorrow"), "line 4"},
		"removed dates":    {event("DTSTART:20261224\nRRULE:FREQ=YEARLY\nEXRULE:FREQ=YEARLY;BYMONTH=12"), "line 5"},
		"a cancellation":   {"BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\nDTSTART:20261224\nEND:VEVENT\nEND:VCALENDAR\n", "line 2: METHOD:CANCEL"},
		"an occurrence":    {event("UID:a\nRECURRENCE-ID:20271224\nDTSTART:20271223"), "RECURRENCE-ID"},
		"every month":      {event("DTSTART:20261224\nRRULE:FREQ=YEARLY;BYMONTHDAY=24"), "line 2"},
		"over a leap day":  {event("DTSTART:20270228\nDURATION:P2D\nRRULE:FREQ=YEARLY"), "line 2"},
		"from a leap day":  {event("DTSTART:20280229\nDURATION:P2D\nRRULE:FREQ=YEARLY"), "line 2"},
		"into a leap day":  {event("DTSTART:20271231\nDURATION:P61D\nRRULE:FREQ=YEARLY"), "line 2"},
		"until a leap day": {event("DTSTART:20270220\nDURATION:P10D\nRRULE:FREQ=YEARLY"), "line 2"},
		"no frequency":     {event("DTSTART:20261224\nRRULE:BYMONTH=12"), "line 4"},
		"no start":         {event("SUMMARY:x"), "line 2"},
		"backwards":        {event("DTSTART:20261224\nDTEND:20261220"), "line 2"},
		"a thousand years": {event("DTSTART:20261224\nDTEND:30261220"), "line 2"},
		"no end":           {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261224\n", "line 2"},
		"too large":        {"BEGIN:VCALENDAR\n" + strings.Repeat("X", ical.MaxOctets), "larger"},
	} {
		_, err := ReadHolidays(strings.NewReader(c.text))
		if !errors.Is(err, ErrBadICalendar) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// events puts each argument into a VEVENT of a file.
func events(lines ...string) string {
	text := "BEGIN:VCALENDAR\n"
	for _, l := range lines {
		text += "BEGIN:VEVENT\n" + l + "\nEND:VEVENT\n"
	}
	return text + "END:VCALENDAR\n"
}

func TestWhatCalendarProgramsWriteIsTakenExactly(t *testing.T) {
	day := func(date, note string) string { return fmt.Sprintf("{%s [] %s}", date, note) }
	for name, c := range map[string]struct{ text, dates, days, left string }{
		"the newest of two versions": {events("UID:a\nSEQUENCE:2\nDTSTART:20261228", "UID:a\nSEQUENCE:1\nDTSTART:20261224"), day("2026-12-28", ""), "", "line 7: line 2 has a newer version of the event"},
		"a version that cancels":     {events("UID:a\nSEQUENCE:1\nDTSTART:20261224", "UID:a\nSEQUENCE:2\nSTATUS:CANCELLED\nDTSTART:20261224", "UID:b\nDTSTART:20270105"), day("2027-01-05", ""), "", "line 2: line 7 has a newer version of the event line 7: the event is cancelled"},
		"a moved occurrence":         {events("UID:a\nDTSTART:20201224\nRRULE:FREQ=YEARLY", "UID:a\nRECURRENCE-ID:20261224\nDTSTART:20261223", "UID:b\nDTSTART:20270105"), day("2027-01-05", ""), "", "line 2: single occurrences of the event were moved (RECURRENCE-ID); list the dates one by one line 7: single occurrences of the event were moved (RECURRENCE-ID); list the dates one by one"},
		"a colon between quotes":     {events(`DTSTART;X-FROM="a:b;c";VALUE=DATE:20261224`), day("2026-12-24", ""), "", ""},
		"a week":                     {events("DTSTART:20261228\nDURATION:P1W"), "{2026-12-28 [] } {2026-12-29 [] } {2026-12-30 [] } {2026-12-31 [] } {2027-01-01 [] } {2027-01-02 [] } {2027-01-03 [] }", "", ""},
		"a fold within a character":  {events("DTSTART:20261224\nSUMMARY:Citt\xc3\r\n \xa0"), day("2026-12-24", "Città"), "", ""},
		"control characters":         {events("DTSTART:20261224\nSUMMARY:a\x1b[2Jb\u202ec\x07"), day("2026-12-24", "a [2Jbc"), "", ""},
		"from its first year":        {events("DTSTART:20240624\nRRULE:FREQ=YEARLY"), "", "{06-24 []  2024 0}", ""},
		"so many times":              {events("DTSTART:20240624\nRRULE:FREQ=YEARLY;COUNT=3"), "", "{06-24 []  2024 2026}", ""},
		"until a day before its own": {events("DTSTART:20240624\nRRULE:FREQ=YEARLY;UNTIL=20270623"), "", "{06-24 []  2024 2026}", ""},
		"until its own day":          {events("DTSTART:20240624\nRRULE:FREQ=YEARLY;UNTIL=20270624T000000Z"), "", "{06-24 []  2024 2027}", ""},
		"over the end of the year":   {events("DTSTART:20231231\nDURATION:P2D\nRRULE:FREQ=YEARLY;COUNT=2"), "", "{12-31 []  2023 2024} {01-01 []  2024 2025}", ""},
		"before a leap day":          {events("DTSTART:20270227\nDURATION:P2D\nRRULE:FREQ=YEARLY"), "", "{02-27 []  2027 0} {02-28 []  2027 0}", ""},
		"a leap day":                 {events("DTSTART:20280229\nRRULE:FREQ=YEARLY"), "", "{02-29 []  2028 0}", ""},
		"what stands there twice":    {events("DTSTART:20240624\nRRULE:FREQ=YEARLY;COUNT=2\nRRULE:FREQ=YEARLY", "DTSTART:20270105"), day("2027-01-05", ""), "", "line 2: line 5: RRULE stands there twice; say it once"},
		"beside what cannot be read": {events("DTSTART:20261224T090000Z", "DTSTART:20270105"), day("2027-01-05", ""), "", "line 2: line 3: \"20261224T090000Z\" is no whole day; closures are dates such as VALUE=DATE:20261224"},
	} {
		read, err := ReadHolidays(strings.NewReader(c.text))
		trim := func(list any) string { return strings.Trim(fmt.Sprint(list), "[]") }
		if err != nil || fmt.Sprint(read.Dates) != "["+c.dates+"]" || fmt.Sprint(read.Days) != "["+c.days+"]" || trim(read.Left) != c.left {
			t.Errorf("%s: %v\n%v\n%v\n%v", name, err, read.Dates, read.Days, read.Left)
		}
	}
}

func TestAYearlyClosureSaysNothingOfTheYearsBeforeItBeganOrAfterItsLast(t *testing.T) {
	c := office()
	c.Yearly = []Yearly{{Day: "06-24", Since: 2026, Until: 2027}, {Day: "06-24", Since: 2030, Hours: []Interval{{From: 9 * hour, Until: 10 * hour}}}}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	h := hours(t, c)
	for day, open := range map[string]bool{
		"2025-06-24 12:00": true, "2026-06-24 12:00": false, "2027-06-24 12:00": false, "2028-06-23 12:00": true, "2030-06-24 12:00": false, "2030-06-24 09:30": true,
	} {
		if h.Open(rome(t, day)) != open {
			t.Errorf("%s: open %v", day, !open)
		}
	}
	c.Yearly[1].Since = 2027
	if err := c.Check(); !errors.Is(err, ErrBadCalendar) {
		t.Errorf("two rules for 24 June 2027: %v", err)
	}
}

func FuzzReadHolidays(f *testing.F) {
	f.Add(feast)
	f.Add("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261224\nDURATION:P3D\nEND:VEVENT")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := ReadHolidays(strings.NewReader(text))
		if err != nil && !errors.Is(err, ErrBadICalendar) {
			t.Fatalf("an error of no kind: %v", err)
		}
		if len(read.Dates)+len(read.Days) > maxClosures {
			t.Fatalf("%d closures", len(read.Dates)+len(read.Days))
		}
		for _, e := range read.Dates {
			if !utf8.ValidString(e.Note) || strings.ContainsFunc(e.Note, unicode.IsControl) {
				t.Fatalf("the note %q would steer a terminal", e.Note)
			}
		}
		c := Calendar{ID: "x", Zone: "UTC", Week: []Interval{{0, 0, hour}}}.Import(read)
		if err := c.Check(); err != nil && !errors.Is(err, ErrNeverOpen) {
			t.Fatalf("what was read is no calendar: %v", err)
		}
	})
}
