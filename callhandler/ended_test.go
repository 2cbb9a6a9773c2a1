package callhandler_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app/apptest"
	"hotline/cdr"
	"hotline/phone"
)

// A caller who hangs up while an engineer rings is gone at once: for his record, though the engineer is still rung.
func TestTheRecordSaysThatACallIsOverWhileAnEngineerStillRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := apptest.Start(t)
		defer n.Stop()
		rings := make(chan struct{}, 4)
		stopped := make(chan time.Time, 4)
		anna := n.Phone("127.0.0.1:5071", "anna", func(ctx context.Context, in *phone.Incoming) {
			in.Ring()
			rings <- struct{}{}
			<-ctx.Done()
			stopped <- time.Now()
		})
		defer anna.Stop(context.Background())
		caller := n.Phone("127.0.0.1:6000", "0612345", nil)
		defer caller.Stop(context.Background())
		call, err := caller.Dial(t.Context(), apptest.Line)
		if err != nil {
			t.Fatal(err)
		}
		var speaks sync.WaitGroup
		defer speaks.Wait()
		speaks.Go(func() { _ = apptest.Report(t.Context(), call, apptest.Blocking, n.Voice()) })
		<-rings
		time.Sleep(2 * time.Second)
		call.Hangup()
		gone := time.Now()
		time.Sleep(time.Second)
		page, err := n.Store.Calls(t.Context(), cdr.Filter{})
		list := page.Items
		if err != nil || len(list) != 1 {
			t.Fatalf("%d records, %v", len(list), err)
		}
		if c := list[0]; c.Ended.Sub(gone).Abs() > 100*time.Millisecond || c.Ending != "caller hung up" || c.Quality.PacketsOut == 0 {
			t.Errorf("a second after the BYE the record says ended %s (%q), the BYE was at %s", c.Ended, c.Ending, gone)
		}
		if at := <-stopped; at.Sub(gone) < 5*time.Second {
			t.Errorf("Anna's telephone stopped ringing %s after the BYE", at.Sub(gone))
		}
		time.Sleep(2 * time.Minute)
		page, err = n.Store.Calls(t.Context(), cdr.Filter{})
		list = page.Items
		if c := list[0]; err != nil || c.Ended.Sub(gone).Abs() > 100*time.Millisecond || c.Ticket == 0 || len(c.Steps) == 0 || len(c.Legs) == 0 {
			t.Errorf("at the conversation's end the record is %+v, %v", c, err)
		}
	})
}
