package sla

import "time"

// fixed is a public holiday that falls on the same date each year, from the year of its law on.
type fixed struct {
	month time.Month
	day   int
	since int
	name  string
}

// italian are the fixed public holidays of Italy (law 260 of 1949 as it stands; Saint Francis again by law 151 of 2025,
// in force since 2026).
func italian() []fixed {
	return []fixed{
		{time.January, 1, 0, "Capodanno"},
		{time.January, 6, 0, "Epifania"},
		{time.April, 25, 0, "Liberazione"},
		{time.May, 1, 0, "Festa del lavoro"},
		{time.June, 2, 0, "Festa della Repubblica"},
		{time.August, 15, 0, "Ferragosto"},
		{time.October, 4, 2026, "San Francesco"},
		{time.November, 1, 0, "Ognissanti"},
		{time.December, 8, 0, "Immacolata Concezione"},
		{time.December, 25, 0, "Natale"},
		{time.December, 26, 0, "Santo Stefano"},
	}
}

// Holiday names the public holiday of the date, or nothing. Only the date of t counts, in whatever zone it carries.
func (h *Hours) Holiday(t time.Time) string {
	if h.calendar.Patron != "" && t.Format("01-02") == h.calendar.Patron {
		return "Santo patrono"
	}
	if h.calendar.Holidays != "it" {
		return ""
	}
	for _, f := range italian() {
		if t.Month() == f.month && t.Day() == f.day && t.Year() >= f.since {
			return f.name
		}
	}
	month, day := Easter(t.Year())
	easter := time.Date(t.Year(), month, day, 12, 0, 0, 0, time.UTC)
	switch t.Format(time.DateOnly) {
	case easter.Format(time.DateOnly):
		return "Pasqua"
	case easter.AddDate(0, 0, 1).Format(time.DateOnly):
		return "Lunedì dell'Angelo"
	}
	return ""
}

// Easter is the date of Easter Sunday in the Gregorian calendar, by the anonymous computus (Meeus, Jones, Butcher),
// valid from 1583 on.
func Easter(year int) (time.Month, int) {
	golden := year % 19
	century, rest := year/100, year%100
	moon := (19*golden + century - century/4 - (century-(century+8)/25+1)/3 + 15) % 30
	weekday := (32 + 2*(century%4) + 2*(rest/4) - moon - rest%4) % 7
	shift := (golden + 11*moon + 22*weekday) / 451
	sum := moon + weekday - 7*shift + 114
	return time.Month(sum / 31), sum%31 + 1
}
