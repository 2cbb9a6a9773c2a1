package sla

import "testing"

func TestAZoneIsTheSameOnEveryMachine(t *testing.T) {
	for _, good := range []string{"Europe/Rome", "UTC", "America/Santiago", "Etc/GMT+12"} {
		if zone, err := Zone(good); err != nil || zone.String() != good {
			t.Errorf("%q: %v, %v", good, zone, err)
		}
	}
	for _, bad := range []string{"", "Local", "localtime", "posixrules", "Factory", "right/Europe/Rome", "posix/Europe/Rome", "/etc/localtime", "../localtime", "europe/nowhere"} {
		if zone, err := Zone(bad); err == nil {
			t.Errorf("%q is taken as %v", bad, zone)
		}
		if err := (Calendar{ID: "x", Zone: bad, Week: []Interval{{Day: 1, From: 9 * hour, Until: 18 * hour}}}).Check(); err == nil {
			t.Errorf("a calendar is saved in zone %q", bad)
		}
	}
}

// TestOneZoneIsShown tries a request at an instant that is written in another zone than the calendar's.
func TestOneZoneIsShown(t *testing.T) {
	for _, at := range []string{"2026-11-20T17:20:00+01:00", "2026-11-20T16:20:00Z", "2026-11-21T16:19:00+23:59", "2026-11-20 17:20"} {
		list, err := Try(DefaultLevels()[0].Terms(DefaultCalendars()[0]), Blocking, at)
		if err != nil || len(list) == 0 {
			t.Fatal(list, err)
		}
		for _, a := range list {
			zone := a.Clock.Due.Location().String()
			if got := a.Clock.From.Location().String(); got != zone {
				t.Errorf("%s: the %s clock begins in zone %s and is due in zone %s", at, a.Clock.Kind, got, zone)
			}
			for _, p := range a.Parts {
				if got := p.From.Location().String(); got != zone {
					t.Errorf("%s: a part begins in zone %s, and the clock is due in %s", at, got, zone)
				}
			}
		}
	}
}
