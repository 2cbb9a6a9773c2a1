package cseq

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// What is handed over in any order is taken in the order of the wire; one that never comes costs the timeout once.
func TestTurnsAreTakenInOrderAndALostOneIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q Queue
		for seq := range uint32(6) {
			if !q.Take(seq + 1) {
				t.Fatal("refused")
			}
		}
		if !q.Take(3) || q.Of(9) != nil {
			t.Error("a repeat got a turn")
		}
		var mu sync.Mutex
		var order []uint32
		var all sync.WaitGroup
		began := time.Now()
		for _, seq := range []uint32{6, 5, 2, 4, 1} { // 3 was lost
			turn := q.Of(seq)
			all.Go(func() {
				q.Wait(turn, time.Second, nil)
				defer q.Done(turn)
				mu.Lock()
				order = append(order, seq)
				mu.Unlock()
			})
		}
		all.Wait()
		if !slices.Equal(order, []uint32{1, 2, 4, 5, 6}) || time.Since(began) != time.Second {
			t.Errorf("%v after %s", order, time.Since(began))
		}
		if q.Of(3) != nil || len(q.waiting) != 0 {
			t.Error("the lost one still waits")
		}
	})
}

// However many wait when the timeout ends for all of them at one instant, each is taken, in order; one that comes after it was
// taken for lost waits for nobody.
func TestWhoWaitsBehindALostOneIsNeverTakenForLost(t *testing.T) {
	for range 50 { // which timer is first is left to chance
		synctest.Test(t, func(t *testing.T) {
			var q Queue
			for seq := range uint32(8) {
				q.Take(seq + 1)
			}
			late := q.Of(1)
			var mu sync.Mutex
			var order []uint32
			var all sync.WaitGroup
			for _, seq := range []uint32{8, 7, 6, 4, 3, 2} { // 1 comes late, 5 never
				turn := q.Of(seq)
				all.Go(func() {
					q.Wait(turn, time.Second, nil)
					defer q.Done(turn)
					mu.Lock()
					order = append(order, seq)
					mu.Unlock()
				})
			}
			all.Wait()
			if !slices.Equal(order, []uint32{2, 3, 4, 6, 7, 8}) {
				t.Errorf("taken as %v", order)
			}
			q.Wait(late, time.Second, nil)
			q.Done(late)
			if len(q.waiting) != 0 {
				t.Errorf("%d still wait", len(q.waiting))
			}
		})
	}
}
