package sla

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/prove"
)

// TestFoldingIsTakingStepByStep: the fold of everything gives what the steps gave one by one, what is kept or broken is
// never rewritten, alarms are raised once, a pause of zero changes nothing, and neither does looking twice.
func TestFoldingIsTakingStepByStep(t *testing.T) {
	terms := []*Agreement{agreed(t, Professional), agreed(t, Advanced), agreed(t, Extended), agreed(t, OnRequest)}
	prove.Check(t, func(t *rapid.T) {
		at := time.Date(2026, 3, 20, 8, 0, 0, 0, time.UTC)
		steps := []Step{{Kind: Begun, At: at, Category: Blocking, Terms: terms[0]}}
		raised := map[string]bool{}
		course, _, err := Fold(steps)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(0, 30*3600).Draw(t, "seconds")) * time.Second)
			s := Step{
				Kind: rapid.SampledFrom([]StepKind{Agreed, Stamped, Paused, Resumed, Looked}).Draw(t, "kind"), At: at,
				Clock:    rapid.SampledFrom(Kinds()).Draw(t, "clock"),
				Why:      rapid.SampledFrom([]Reason{ForCustomer, NoAccess, Ended}).Draw(t, "why"),
				Category: rapid.SampledFrom(Categories()).Draw(t, "category"), Terms: rapid.SampledFrom(terms).Draw(t, "terms"),
			}
			if s.Kind == Stamped && rapid.Bool().Draw(t, "entered later") {
				s.Happened = steps[0].At.Add(time.Duration(rapid.Int64Range(0, int64(at.Sub(steps[0].At))).Draw(t, "ago")))
			}
			steps = append(steps, s)
			next, happened, err := course.Take(s)
			if err != nil {
				t.Fatal(err)
			}
			if !s.late() {
				unwritten(t, course.Clocks, next.Clocks)
			}
			told(t, course.Clocks, next.Clocks, happened)
			raisedOnce(t, raised, happened, next.Clocks)
			course = next
			idles := [][]Step{{{Kind: Looked, At: at}}}
			for _, why := range []Reason{ForCustomer, NoAccess, Ended} {
				if !course.Paused(why) {
					idles = append(idles, []Step{{Kind: Paused, Why: why, At: at}, {Kind: Resumed, Why: why, At: at}})
				}
			}
			for _, idle := range idles {
				again := course
				for _, s := range idle {
					if again, happened, err = again.Take(s); err != nil {
						t.Fatal(err)
					}
					for _, h := range happened {
						if h.What != Moved { // a projected restore moves while the intervention stands still, and moves back
							t.Fatalf("nothing happened and it brought %v", happened)
						}
					}
				}
				if !reflect.DeepEqual(again.Clocks, course.Clocks) {
					t.Fatal("nothing happened and the clocks changed")
				}
			}
		}
		folded, _, err := Fold(steps)
		if err != nil || !reflect.DeepEqual(folded, course) {
			t.Fatalf("folded %+v, want %+v (%v)", folded, course, err)
		}
	})
}

// raisedOnce checks that no alarm of a clock is raised twice; a clock that vanished, with its category, begins anew.
func raisedOnce(t *rapid.T, raised map[string]bool, happened []Effect, clocks []Clock) {
	for _, h := range happened { // what was entered later may undo a breach, or break the restore at another instant
		if h.What == Undone || (h.What == Moved && h.Clock == Restore) {
			delete(raised, string(h.Clock)+" "+Breach+AtBreach)
		}
	}
	for _, h := range happened {
		key := string(h.Clock) + " " + h.What + h.Alarm
		if (h.What == Breach || h.What == Warn) && raised[key] {
			t.Fatalf("%s twice", key)
		}
		raised[key] = h.What != Undone
	}
	for key := range raised {
		if kind, _, _ := strings.Cut(key, " "); !slices.ContainsFunc(clocks, func(c Clock) bool { return string(c.Kind) == kind }) {
			delete(raised, key)
		}
	}
}

// told checks that no clock breaks, and none that was broken is kept, without a word.
func told(t *rapid.T, before, after []Clock, happened []Effect) {
	for _, a := range after {
		was, said := of(before, a.Kind).BrokenAt, ""
		for _, h := range happened {
			if h.Clock == a.Kind && (h.What == Breach || h.What == Undone) {
				said += h.What
			}
		}
		want := ""
		switch {
		case a.BrokenAt.Equal(was):
		case a.BrokenAt.IsZero():
			want = Undone
		default:
			want = Breach
		}
		if said != want {
			t.Fatalf("%s was broken at %v, is now at %v, and it was told %q", a.Kind, was, a.BrokenAt, said)
		}
	}
}

// unwritten checks that what was kept or broken stands as it stood; a broken clock may still be met.
func unwritten(t *rapid.T, before, after []Clock) {
	for _, b := range before {
		if !b.settled() {
			continue
		}
		for _, a := range after {
			if a.Kind != b.Kind {
				continue
			}
			if b.MetAt.IsZero() {
				a.MetAt, a.Spent = b.MetAt, b.Spent
			}
			if !reflect.DeepEqual(a, b) {
				t.Fatalf("%s was rewritten:\n%+v\n%+v", b.Kind, b, a)
			}
		}
	}
}
