package turns

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestOneAfterTheOtherAndNobodyBesideThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q Queue[string]
		inside, most, done := 0, 0, make(chan struct{}, 100)
		for range 100 {
			go func() {
				defer q.Take(t.Context(), "ticket")()
				inside++ // the race detector fails where two are here
				most = max(most, inside)
				inside--
				done <- struct{}{}
			}()
		}
		for range 100 {
			<-done
		}
		synctest.Wait()
		if most != 1 || len(q.turns) != 0 {
			t.Errorf("%d were inside at once, %d turns are left", most, len(q.turns))
		}
	})
}

func TestWhoHasWaitedLongEnoughGoesOn(t *testing.T) {
	for set, want := range map[time.Duration]time.Duration{0: longestWait, 20 * time.Second: 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			q := Queue[int]{Longest: set}
			leave := q.Take(t.Context(), 1)
			q.Take(t.Context(), 2)() // another ticket's turn is free
			began := time.Now()
			second := q.Take(t.Context(), 1)
			if d := time.Since(began); d != want {
				t.Errorf("waited %v, want %v", d, want)
			}
			second()
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			q.Take(gone, 1)()
			if d := time.Since(began); d != want {
				t.Errorf("one who has gone waited on: %v", d)
			}
			leave()
			q.Take(t.Context(), 1)() // the turn was given back once
			if len(q.turns) != 0 {
				t.Errorf("%d turns are left", len(q.turns))
			}
		})
	}
}
