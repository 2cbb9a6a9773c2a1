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
		if restored.Equal(before.Due) {
			return // nothing was left: TestWhatWasMetInItsLastSecondAndDidNotHoldBrokeThen
		}
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

// TestWhatWasMetInItsLastSecondAndDidNotHoldBrokeThen: a pause that begins when the time is spent stops nothing, and so does a restore
// that was none. A second earlier, a second is left from the word on.
func TestWhatWasMetInItsLastSecondAndDidNotHoldBrokeThen(t *testing.T) {
	opened := time.Date(2026, 3, 20, 8, 0, 0, 0, time.UTC)
	due := opened.Add(time.Minute + 2*time.Hour) // round the clock, two hours from the intervention
	for early, want := range map[time.Duration]struct{ due, broken time.Time }{
		0: {due, due}, time.Second: {due.Add(72 * time.Hour), time.Time{}},
	} {
		c, _, err := Fold([]Step{
			{Kind: Begun, At: opened, Category: Blocking, Terms: agreed(t, Extended)}, {Kind: Stamped, At: opened.Add(time.Minute), Clock: Intervention},
			{Kind: Stamped, At: due.Add(-early), Clock: Restore}, {Kind: Unmet, At: due.Add(72*time.Hour - early), Clock: Restore},
		})
		if err != nil {
			t.Fatal(err)
		}
		if k := of(c.Clocks, Restore); !k.Due.Equal(want.due) || !k.BrokenAt.Equal(want.broken) {
			t.Errorf("restored %s early: due at %s, broken at %s", early, k.Due, k.BrokenAt)
		}
	}
}
