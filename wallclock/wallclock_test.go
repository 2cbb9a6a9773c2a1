package wallclock

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheNextInstantIsAWholeMultiple(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, span := range []time.Duration{100 * time.Millisecond, time.Second, 2 * time.Second} {
			for range 3 {
				time.Sleep(37 * time.Millisecond)
				before := time.Now()
				if !Next(t.Context(), span) {
					t.Fatal("it did not wait")
				}
				if now := time.Now(); !now.Equal(now.Truncate(span)) || now.Sub(before) > span {
					t.Errorf("of %v: from %v until %v", span, before, now)
				}
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if Next(ctx, time.Hour) {
			t.Error("it waits on after its context has ended")
		}
	})
}
