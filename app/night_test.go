package app_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app/apptest"
	"hotline/cdr"
	"hotline/phone"
	"hotline/tickets"
)

// lull waits for a moment without calls and counts the media sockets that are left after two minutes: engineers are still being
// called for those who hung up, and between two of them the line is free.
func lull(n *apptest.Program) int {
	for range 120 {
		if n.Media.Open() == 0 {
			return 0
		}
		time.Sleep(time.Second)
	}
	return n.Media.Open()
}

// TestTwoHundredCallsOfANight lets callers of every kind call over an hour: some hang up anywhere, some key nonsense.
func TestTwoHundredCallsOfANight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := apptest.Start(t)
		defer n.Stop()
		for at, user := range map[string]string{"127.0.0.1:5071": "anna", "127.0.0.1:5072": "marco"} {
			p := n.Phone(at, user, func(ctx context.Context, in *phone.Incoming) {
				call, err := in.PickUp(ctx)
				if err != nil {
					return
				}
				_ = call.Wait(ctx, 14*time.Second)
				_ = call.Press(ctx, "1")
				_ = call.Wait(ctx, 35*time.Second)
			})
			defer p.Stop(context.Background())
		}
		caller := n.Phone("127.0.0.1:6000", "0612345", nil)
		defer caller.Stop(context.Background())
		guesser := n.Phone("127.0.0.1:6001", "0699999", nil) // a number of its own: wrong PINs lock numbers out
		defer guesser.Stop(context.Background())
		said := n.Voice()
		var all sync.WaitGroup
		var mu sync.Mutex
		reported := 0
		for i := range 200 {
			dice := rand.New(rand.NewPCG(uint64(i), 1))
			all.Go(func() {
				time.Sleep(time.Duration(dice.IntN(3600)) * time.Second)
				from := caller
				if i%4 == 0 {
					from = guesser
				}
				call, err := from.Dial(t.Context(), apptest.Line)
				if err != nil {
					t.Errorf("call %d: %v", i, err)
					return
				}
				defer call.Hangup()
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(5+dice.IntN(90))*time.Second)
				defer cancel()
				switch i % 4 {
				case 0:
					_ = call.Press(ctx, fmt.Sprintf("%06d#%d", dice.IntN(1000000), dice.IntN(10)))
					_ = call.Wait(ctx, time.Minute)
				case 1:
					_ = call.Wait(ctx, time.Minute) // silence
				default:
					if apptest.Report(ctx, call, apptest.Blocking, said) == nil {
						mu.Lock()
						reported++
						mu.Unlock()
					}
					_ = call.Wait(ctx, 2*time.Minute)
				}
			})
		}
		all.Wait()
		time.Sleep(10 * time.Minute)
		page, err := n.Store.Calls(t.Context(), cdr.Filter{Limit: 500})
		calls, total := page.Items, page.Total
		if err != nil || total != 200 {
			t.Errorf("%d calls are on record, %v", total, err)
		}
		for _, c := range calls {
			if c.Ended.IsZero() {
				t.Errorf("call %s never ended", c.ID)
			}
		}
		faults, err := n.Store.List(t.Context(), tickets.Filter{Category: "blocking"})
		blocking := faults.Total
		if err != nil || blocking < reported || reported < 30 {
			t.Errorf("%d callers reported a blocking fault, %d tickets, %v", reported, blocking, err)
		}
		if open, waiting := lull(n), n.Desk.Waiting(); open != 0 || waiting != 0 {
			t.Errorf("%d media sockets and %d changes are left", open, waiting)
		}
	})
}
