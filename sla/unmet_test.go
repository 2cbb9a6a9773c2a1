package sla

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/prove"
)

// TestAClockThatIsUnmetRunsOnWhereItStood: what was restored and does not work has, from the customer's word on, as much working
// time left as it had at the restore; a broken clock stays broken; the other clocks stay as they were; and the fold of all steps is
// the same.
func TestAClockThatIsUnmetRunsOnWhereItStood(t *testing.T) {
	terms := agreed(t, Extended)
	prove.Check(t, func(t *rapid.T) {
		at := time.Date(2026, 3, 20, 8, 0, 0, 0, time.UTC)
		later := func(name string) time.Time {
			at = at.Add(time.Duration(rapid.IntRange(1, 20*3600).Draw(t, name)) * time.Second)
			return at
		}
		steps := []Step{
			{Kind: Begun, At: at, Category: Blocking, Terms: terms}, {Kind: Stamped, At: later("intervention"), Clock: Intervention},
			{Kind: Stamped, At: later("restore"), Clock: Restore},
		}
		was, _, err := Fold(steps)
		if err != nil {
			t.Fatal(err)
		}
		restored, before := at, of(was.Clocks, Restore)
		s := Step{Kind: Unmet, At: later("no"), Clock: Restore}
		now, _, err := was.Take(s)
		if err != nil {
			t.Fatal(err)
		}
		k := of(now.Clocks, Restore)
		if !k.MetAt.IsZero() || !now.Stamps.Restore.IsZero() || !k.BrokenAt.Equal(before.BrokenAt) {
			t.Fatalf("it is %+v, and was %+v", k, before)
		}
		if before.BrokenAt.IsZero() {
			left := terms.hours.Between(restored, before.Due)
			if got := terms.hours.Between(at, k.Due); got != left {
				t.Fatalf("%s are left, and %s were", got, left)
			}
		}
		for _, kind := range []Kind{Contact, Intervention} {
			if !reflect.DeepEqual(of(now.Clocks, kind), of(was.Clocks, kind)) {
				t.Fatalf("the %s is another one", kind)
			}
		}
		again, _, err := now.Take(s) // nothing is met any more
		if err != nil || !reflect.DeepEqual(again.Clocks, now.Clocks) || len(again.Pauses) != len(now.Pauses) {
			t.Fatalf("unmet twice is not unmet once: %v", err)
		}
		folded, _, err := Fold(append(steps, s))
		if err != nil || !reflect.DeepEqual(folded, now) {
			t.Fatalf("folded it is %+v, %v", folded, err)
		}
		met, _, err := now.Take(Step{Kind: Stamped, At: later("restored again"), Clock: Restore})
		if err != nil || !of(met.Clocks, Restore).MetAt.Equal(at) {
			t.Fatalf("restored again it is %+v, %v", of(met.Clocks, Restore), err)
		}
	})
}
