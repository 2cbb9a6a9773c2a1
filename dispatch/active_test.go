package dispatch_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"hotline/dispatch"
)

// TestOneSearchHasATicketInHand: of several that begin at one instant one does, and none while somebody is on the line.
func TestOneSearchHasATicketInHand(t *testing.T) {
	var active dispatch.ActiveTickets
	begin := func() (alone int32) {
		var won atomic.Int32
		var begins sync.WaitGroup
		for range 50 {
			begins.Go(func() {
				if leave, ok := active.EnterAlone(417); ok {
					won.Add(1)
					t.Cleanup(leave)
				}
			})
		}
		begins.Wait()
		return won.Load()
	}
	hangUp := active.Enter(417)
	if n := begin(); n != 0 {
		t.Errorf("%d searches begin while somebody is on the line", n)
	}
	hangUp()
	if n := begin(); n != 1 {
		t.Errorf("%d searches begin at one instant", n)
	}
}
