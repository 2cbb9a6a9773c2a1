package ical_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/ical"
	"hotline/prove"
)

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	from := time.Date(2026, time.March, 28, 22, 0, 0, 0, time.UTC)
	prove.Check(t, func(t *rapid.T) {
		summary := rapid.String().Draw(t, "summary")
		file := ical.Write("rota", from, []ical.Event{{UID: "main-1", From: from, Until: from.Add(time.Hour), Summary: summary}})
		for _, l := range strings.Split(strings.TrimSuffix(string(file), "\r\n"), "\r\n") {
			if len(l) > 75 {
				t.Fatalf("a line has %d octets: %q", len(l), l)
			}
		}
		lines, err := ical.Read(strings.NewReader(string(file)))
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]ical.Line{}
		for _, l := range lines {
			found[l.Name] = l
		}
		if found["DTSTART"].Value != "20260328T220000Z" || found["DTEND"].Value != "20260328T230000Z" {
			t.Fatalf("%v", lines)
		}
		want := ical.Text(strings.NewReplacer(`\`, `\\`).Replace(strings.NewReplacer("\r\n", " ", "\r", " ").Replace(strings.ToValidUTF8(summary, "\ufffd"))), 1000)
		plain := func(s string) string { return strings.Join(strings.Fields(strings.ReplaceAll(s, "\ufffd", "")), "") }
		if got := ical.Text(found["SUMMARY"].Value, 1000); plain(got) != plain(want) {
			t.Fatalf("%q was read as %q", want, got)
		}
	})
}

func TestParametersAreFound(t *testing.T) {
	lines, err := ical.Read(strings.NewReader("BEGIN:VCALENDAR\r\nDTSTART;X=\"a;b:c\";TZID=\"Europe/Rome\":20261224T080000\r\nDTEND;VALUE=DATE:20261225\r\n"))
	if err != nil || lines[1].Param("tzid") != "Europe/Rome" || lines[1].Param("X") != "a;b:c" || lines[1].Value != "20261224T080000" ||
		lines[2].Param("VALUE") != "DATE" || lines[2].Param("TZID") != "" {
		t.Fatalf("%+v, %v", lines, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("BEGIN:VCALENDAR\r\nDTSTART;TZID=Europe/Rome:20261224T080000\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := ical.Read(strings.NewReader(text))
		for _, l := range lines {
			_ = l.Param("TZID")
			if err != nil || l.Number < 1 {
				t.Fatalf("%+v, %v", l, err)
			}
		}
	})
}
