package intake

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// TestFirstComeFirstServed: messages about one installation are taken in the order in which they came, however many turns that takes, and
// nobody who came later is done before.
func TestFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const messages = 9
		q := queues{list: map[ID]*queue{}}
		begin := make(chan struct{})
		var mu sync.Mutex
		var taken []string
		turns := 0
		take := func(list []Delivery) ([]Outcome, error) {
			<-begin
			mu.Lock()
			defer mu.Unlock()
			turns++
			for _, d := range list {
				taken = append(taken, d.Source)
			}
			return make([]Outcome, len(list)), nil
		}
		var all sync.WaitGroup
		var want []string
		for n := range messages {
			want = append(want, fmt.Sprint(n))
			all.Go(func() {
				w := &waiting{delivery: Delivery{Source: fmt.Sprint(n), Batch: Batch{Alerts: make([]Alert, turnMost/2-300)}}} // two of them are a turn
				if _, err := q.enter(w, take); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if !slices.Contains(taken, fmt.Sprint(n)) {
					t.Errorf("message %d is done and was not taken", n)
				}
			})
			synctest.Wait() // it stands in the queue, or has the turn
		}
		close(begin)
		all.Wait()
		if !slices.Equal(taken, want) || turns != 1+(messages-1)/2 {
			t.Errorf("%v are taken in %d turns, want %v in %d", taken, turns, want, 1+(messages-1)/2)
		}
		if q.alerts != 0 || len(q.list) != 0 {
			t.Errorf("%d alerts wait in %d queues", q.alerts, len(q.list))
		}
	})
}
