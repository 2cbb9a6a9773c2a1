package tickets

import (
	"slices"
	"testing"
	"time"
)

func TestUnknownCallersAreBundledAfterThree(t *testing.T) {
	o, now := openings{}, time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	for i := range ticketsPerNumber {
		if into := o.bundle("robot", now); into != nil {
			t.Fatalf("bundled into %v too early", into)
		}
		o.note("robot", Number(417+i), now)
	}
	if into := o.bundle("robot", now.Add(59*time.Minute)); !slices.Equal(into, []Number{419, 418, 417}) {
		t.Errorf("the fourth call is bundled into %v, want the newest first", into)
	}
	if o.bundle("robot", now.Add(61*time.Minute)) != nil || o.bundle("another", now) != nil {
		t.Error("bundling does not follow the hour, or touches others")
	}
}
