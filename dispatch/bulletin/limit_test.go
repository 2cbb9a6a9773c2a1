package bulletin

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestNoTelephoneRingsMoreOftenThanTheTableSays, whenever it is asked for; and it rings as soon as the table allows it.
func TestNoTelephoneRingsMoreOftenThanTheTableSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m meter
		now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
		var rung []time.Time
		for range rapid.IntRange(1, 200).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second)
			counts := func(at time.Time) bool {
				return !slices.ContainsFunc(limits(), func(l limit) bool {
					n := 0
					for _, r := range rung {
						if at.Sub(r) < l.within {
							n++
						}
					}
					return n >= l.most
				})
			}
			next, may := m.next("anna", now), m.take("anna", now)
			if may != counts(now) || may != next.Equal(now) {
				t.Fatalf("after %v a call at %v: %v, from %v on", rung, now, may, next)
			}
			if may {
				rung = append(rung, now)
			} else if counts(next.Add(-time.Nanosecond)) || !counts(next) {
				t.Fatalf("after %v the next call may come at %v", rung, next)
			}
			if !m.next("marco", now).Equal(now) {
				t.Fatal("another telephone pays for it")
			}
		}
	})
}
