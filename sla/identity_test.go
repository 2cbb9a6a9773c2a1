package sla_test

import (
	"testing"
	"time"

	"hotline/sla"
)

// TestTheNamesOfTermsStay: databases know terms by these names.
func TestTheNamesOfTermsStay(t *testing.T) {
	levels, calendars := sla.DefaultLevels(), sla.DefaultCalendars()
	odd := levels[1].Terms(calendars[1])
	odd.Calendar.Name, odd.Calendar.Patron = `Rome & "Fiumicino" <è>`, "06-29"
	odd.Calendar.Yearly = []sla.Yearly{{Day: "12-24", Hours: []sla.Interval{{Until: 12 * time.Hour}}, Since: 2020}}
	odd.Calendar.Exceptions = []sla.Exception{{Date: "2026-12-31", Hours: []sla.Interval{}, Note: "inventory"}}
	odd.Alarms = []sla.Alarm{{Clock: sla.Contact, Left: 30 * time.Minute, Do: []sla.Action{sla.Ring}, Night: sla.NightAct}}
	for name, terms := range map[string]sla.Terms{
		"aa66397be9dee807300aa957": {}, "d7785521b25f28720ef044ec": levels[0].Terms(calendars[0]), "25e70e8c24d6f7ecb3daf09a": odd,
	} {
		if got := terms.ID(); got != name {
			t.Errorf("the terms that were known as %s are %s now", name, got)
		}
	}
}
