package numbers_test

import (
	"testing"

	"hotline/numbers"
)

// Each country has its emergency numbers, in every spelling; what only begins or ends like one is none.
func TestEmergencyNumbersAreKnownInEachSpelling(t *testing.T) {
	for country, list := range map[string]struct{ are, none []string }{
		"":   {[]string{"112", "911", "+39112", "0039 118"}, []string{"", "118", "201", "anna", "sip:112@10.20.0.5"}},
		"IT": {[]string{"112", "113", "115", "118", "911", "1-1-2", "tel:112", " 118 ", "+39112", "+39 118", "0039115", "+1911", "+44999"}, []string{"", "11", "1120", "110", "201", "1254", "+390612345112", "06112", "0112", "+3911", "999", "3331234112"}},
		"DE": {[]string{"110", "112", "+49110", "+39118"}, []string{"118", "115", "+49118", "030112"}},
		"GB": {[]string{"999", "112", "+44999"}, []string{"118", "101"}},
		"US": {[]string{"911", "112", "+1911"}, []string{"411", "9110"}},
		"ES": {[]string{"112", "085", "088", "+34085"}, []string{"85", "+3485"}},
	} {
		judges(t, country, "an emergency number", plan(t, country).Emergency, list.are, list.none)
	}
}

func TestServicesHaveShortNumbersOfTheCountry(t *testing.T) {
	for country, list := range map[string]struct{ are, none []string }{
		"":   {nil, []string{"117", "1254"}},
		"IT": {[]string{"117", "114", "1254", "1 254", "1522"}, []string{"", "201", "2001", "06555123", "+391254", "3331234567", "anna"}},
		"DE": {[]string{"115"}, []string{"201", "117"}},
		"GB": {[]string{"101", "111"}, []string{"201"}},
	} {
		judges(t, country, "a service", plan(t, country).Service, list.are, list.none)
	}
}

// judges asks a country's plan what some numbers are, and what others are not.
func judges(t *testing.T, country, what string, is func(string) bool, are, none []string) {
	t.Helper()
	for _, n := range are {
		if !is(n) {
			t.Errorf("%q: %q is not taken for %s", country, n, what)
		}
	}
	for _, n := range none {
		if is(n) {
			t.Errorf("%q: %q is taken for %s", country, n, what)
		}
	}
}

// plan is that of a country, or none.
func plan(t *testing.T, country string) numbers.Plan {
	t.Helper()
	if country == "" {
		return numbers.Plan{}
	}
	p, err := numbers.For(country)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
