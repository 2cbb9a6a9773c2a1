package sla

import (
	"strings"
	"testing"
	"time"
)

// TestHolidaysFallWhereTheAlmanacSays compares whole years with the published lists.
func TestHolidaysFallWhereTheAlmanacSays(t *testing.T) {
	for _, c := range []struct {
		set  string
		year int
		want string
	}{
		{"it", 2000, "01-01 01-06 04-23 04-24 04-25 05-01 08-15 11-01 12-08 12-25 12-26"},
		{"it", 2011, "01-01 01-06 03-17 04-24 04-25 05-01 06-02 08-15 11-01 12-08 12-25 12-26"},
		{"it", 2025, "01-01 01-06 04-20 04-21 04-25 05-01 06-02 08-15 11-01 12-08 12-25 12-26"},
		{"it", 2026, "01-01 01-06 04-05 04-06 04-25 05-01 06-02 08-15 10-04 11-01 12-08 12-25 12-26"},
		{"it", 2038, "01-01 01-06 04-25 04-26 05-01 06-02 08-15 10-04 11-01 12-08 12-25 12-26"}, // Easter on Liberation Day
		{"de", 2026, "01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26"},
		{"de-by", 2026, "01-01 01-06 04-03 04-06 05-01 05-14 05-25 06-04 08-15 10-03 11-01 12-25 12-26"},
		{"de-sn", 2026, "01-01 04-03 04-06 05-01 05-14 05-25 10-03 10-31 11-18 12-25 12-26"},
		{"de-sn", 2022, "01-01 04-15 04-18 05-01 05-26 06-06 10-03 10-31 11-16 12-25 12-26"}, // 23 November is a Wednesday
		{"de-be", 2028, "01-01 03-08 04-14 04-17 05-01 05-25 06-05 06-17 10-03 12-25 12-26"},
		{"de-hh", 2016, "01-01 03-25 03-28 05-01 05-05 05-16 10-03 12-25 12-26"},
		{"de-nw", 2017, "01-01 04-14 04-17 05-01 05-25 06-05 06-15 10-03 10-31 11-01 12-25 12-26"},
		{"fr", 2026, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"},
		{"fr-am", 2026, "01-01 04-03 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25 12-26"},
		{"es", 2026, "01-01 01-06 04-03 05-01 08-15 10-12 11-01 12-06 12-08 12-25"},
		{"ch-ti", 2026, "01-01 01-06 03-19 04-05 04-06 05-01 05-14 05-24 05-25 06-04 06-29 08-01 08-15 11-01 12-08 12-25 12-26"},
		{"gb-eng", 2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28"},
		{"gb-eng", 2022, "01-01 01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-25 12-26 12-27"},
		{"gb-eng", 2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-25 12-26 12-27 12-28"},
		{"gb-eng", 2020, "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-26 12-28"},
		{"gb-sct", 2022, "01-01 01-02 01-03 01-04 04-15 05-02 06-02 06-03 08-01 09-19 11-30 12-25 12-26 12-27"},
		{"gb-sct", 2024, "01-01 01-02 03-29 05-06 05-27 08-05 11-30 12-02 12-25 12-26"},
		{"gb-sct", 2026, "01-01 01-02 04-03 05-04 05-25 06-15 08-03 11-30 12-25 12-26 12-28"},
		{"gb-nir", 2026, "01-01 03-17 04-03 04-06 05-04 05-25 07-12 07-13 08-31 12-25 12-26 12-28"},
	} {
		h := hours(t, Calendar{ID: "x", Zone: "UTC", Holidays: c.set})
		var days []string
		for d := time.Date(c.year, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == c.year; d = d.AddDate(0, 0, 1) {
			if h.Holiday(d) != "" {
				days = append(days, d.Format(monthDay))
			}
		}
		if got := strings.Join(days, " "); got != c.want {
			t.Errorf("%s %d:\n got %s\nwant %s", c.set, c.year, got, c.want)
		}
	}
}

func TestEverySetHasItsHolidaysForACentury(t *testing.T) {
	for _, set := range HolidaySets() {
		h := hours(t, Calendar{ID: "x", Zone: "UTC", Holidays: set})
		for year := 2000; year <= 2100; year++ {
			if n := len(h.holidaysOf(year)); n < 8 || n > 18 {
				t.Errorf("%s has %d holidays in %d", set, n, year)
			}
		}
	}
	if len(HolidaySets()) != 25 {
		t.Errorf("sets %v", HolidaySets())
	}
}

func TestAPatronsDayMovesNoSubstituteDay(t *testing.T) {
	h := hours(t, Calendar{ID: "x", Zone: "UTC", Holidays: "gb-eng", Patron: "12-28"})
	if h.Holiday(noon(2026, time.December, 29)) != "" || h.Holiday(noon(2026, time.December, 28)) != "Santo patrono" {
		t.Error("Boxing Day 2026 has its substitute on 28 December, whatever else is kept on that day")
	}
}

func TestThePatronsDayIsAHolidayOfTheCalendar(t *testing.T) {
	c := office()
	c.Patron = "02-29"
	h := hours(t, c)
	if h.Holiday(rome(t, "2028-02-29 10:00")) != "Santo patrono" || h.Holiday(rome(t, "2027-03-01 10:00")) != "" {
		t.Error("a patron of 29 February has his day in leap years only")
	}
}
