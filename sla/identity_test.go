package sla_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/prove"
	"hotline/sla"
	"hotline/storage/stored"
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

// TestTheNameOfTermsIsThatOfTheirJSON: any terms, and above all what may be left out.
func TestTheNameOfTermsIsThatOfTheirJSON(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.Just(""), rapid.Just("office"), rapid.String())
		span := rapid.Custom(func(t *rapid.T) time.Duration { return time.Duration(rapid.Int64Range(-1, 1<<40).Draw(t, "span")) })
		number := rapid.IntRange(-1, 2030)
		limits := rapid.Custom(func(t *rapid.T) sla.Limits { return sla.Limits{Contact: span.Draw(t, "c"), Restore: span.Draw(t, "r")} })
		interval := rapid.Custom(func(t *rapid.T) sla.Interval {
			return sla.Interval{Day: time.Weekday(number.Draw(t, "day")), From: span.Draw(t, "from"), Until: span.Draw(t, "until")}
		})
		yearly := rapid.Custom(func(t *rapid.T) sla.Yearly {
			return sla.Yearly{Day: text.Draw(t, "day"), Hours: list(t, interval), Note: text.Draw(t, "note"), Since: number.Draw(t, "since"), Until: number.Draw(t, "until")}
		})
		exception := rapid.Custom(func(t *rapid.T) sla.Exception {
			return sla.Exception{Date: text.Draw(t, "date"), Hours: list(t, interval), Note: text.Draw(t, "note")}
		})
		kind := rapid.Custom(func(t *rapid.T) sla.Kind { return sla.Kind(text.Draw(t, "kind")) })
		action := rapid.Custom(func(t *rapid.T) sla.Action { return sla.Action(text.Draw(t, "action")) })
		alarm := rapid.Custom(func(t *rapid.T) sla.Alarm {
			return sla.Alarm{Clock: kind.Draw(t, "clock"), Share: number.Draw(t, "share"), Left: span.Draw(t, "left"), Do: list(t, action), Night: sla.Night(text.Draw(t, "night"))}
		})
		terms := sla.Terms{
			Level: sla.LevelID(text.Draw(t, "level")), Blocking: limits.Draw(t, "blocking"), NonBlocking: limits.Draw(t, "non-blocking"), Alarms: list(t, alarm),
			Calendar: sla.Calendar{
				ID: sla.CalendarID(text.Draw(t, "id")), Name: text.Draw(t, "name"), Zone: text.Draw(t, "zone"), Week: list(t, interval), Holidays: text.Draw(t, "holidays"),
				Patron: text.Draw(t, "patron"), Yearly: list(t, yearly), Exceptions: list(t, exception), Version: number.Draw(t, "version"),
			},
		}
		if rapid.Bool().Draw(t, "stops") {
			terms.Stops = sla.Stops{}
			for range rapid.IntRange(0, 4).Draw(t, "reasons") {
				terms.Stops[sla.Reason(text.Draw(t, "reason"))] = list(t, kind)
			}
		}
		whole, err := json.Marshal(stored.OfTerms(terms))
		if sum := sha256.Sum256(whole); err != nil || terms.ID() != hex.EncodeToString(sum[:12]) {
			t.Fatalf("%+v are named %s, not by %s: %v", terms, terms.ID(), whole, err)
		}
	})
}

// list is none, an empty list, or a few.
func list[T any](t *rapid.T, one *rapid.Generator[T]) []T {
	n := rapid.IntRange(-1, 3).Draw(t, "many")
	if n < 0 {
		return nil
	}
	l := make([]T, n)
	for i := range l {
		l[i] = one.Draw(t, "one")
	}
	return l
}
