package app_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app/apptest"
	"hotline/phone"
	"hotline/sla"
	"hotline/tickets"
)

// forge calls under somebody's number, keys three wrong PINs and then a category.
func forge(n *apptest.Program, at, number, category string) {
	n.Helper()
	p := n.Phone(at, number, nil)
	defer p.Stop(context.Background())
	c, err := p.Dial(n.Context(), apptest.Line)
	if err != nil {
		n.Fatal(err)
	}
	for _, keys := range []string{"999999#", "888888#", "777777#", "1", category} {
		delay := n.Desk.PINDelay(number, time.Now())
		if err := c.Press(n.Context(), keys); err != nil {
			n.Fatal(err)
		}
		if err := c.Wait(n.Context(), delay+3*time.Second); err != nil {
			n.Fatal(err)
		}
	}
	c.Hangup()
	time.Sleep(5 * time.Second)
}

// TestForgedCallsDoNotKeepACustomerFromItsEngineer: somebody shows the number of Rossi, keys six wrong PINs in two calls and
// asks two questions; a third one asks another. Then Rossi's plant stands still.
func TestForgedCallsDoNotKeepACustomerFromItsEngineer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := apptest.Start(t)
		defer n.Stop()
		n.AddNumber("+390612345")
		rang := make(chan struct{}, 8)
		anna := n.Phone("127.0.0.1:5071", "anna", func(ctx context.Context, in *phone.Incoming) {
			rang <- struct{}{}
			if call, err := in.PickUp(ctx); err == nil {
				_ = call.Wait(ctx, 14*time.Second)
				_ = call.Press(ctx, "1")
				<-call.Context().Done()
			}
		})
		defer anna.Stop(context.Background())
		for range 3 {
			forge(n, "127.0.0.7:6000", "+390612345", "3")
		}
		if got := n.Logged(); !strings.Contains(got, "kind=wrong-pins") || !strings.Contains(got, "Rossi S.p.A.") {
			t.Errorf("no alarm names the customer: %s", got)
		}
		caller := n.Phone("127.0.0.6:6000", "+390612345", nil)
		defer caller.Stop(context.Background())
		c, err := caller.Dial(t.Context(), apptest.Line)
		if err != nil {
			t.Fatal(err)
		}
		if err := apptest.Report(t.Context(), c, apptest.Blocking, n.Voice()); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait(t.Context(), 30*time.Second)
		select {
		case <-rang:
		default:
			t.Errorf("nobody of the rota was rung:\n%s", n.History())
		}
		c.Hangup()
		faults, err := n.Store.List(t.Context(), tickets.Filter{Category: sla.Blocking})
		list := faults.Items
		if err != nil || len(list) != 1 || list[0].Contract != "rossi" || list[0].Bundled != 0 {
			t.Fatalf("the blocking tickets are %+v, %v", list, err)
		}
		asked, err := n.Store.List(t.Context(), tickets.Filter{Category: sla.Question})
		questions := asked.Items
		if err != nil || len(questions) != 3 || list[0].Number <= questions[0].Number {
			t.Errorf("the questions are %+v, %v", questions, err)
		}
	})
}

// TestBeyondEveryBudgetARightPINCountsAndIsNotCalledRight: so much was guessed under Rossi's number that an answer would
// help the guesser. Its own call is asked for the PIN, hears what a wrong one would hear, and gets what its contract says.
func TestBeyondEveryBudgetARightPINCountsAndIsNotCalledRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := apptest.Start(t)
		defer n.Stop()
		n.AddNumber("+390612345")
		for range 100 {
			_, _, _ = n.Desk.Identify("999999", "+390612345", time.Now())
		}
		rang := make(chan struct{}, 8)
		anna := n.Phone("127.0.0.1:5071", "anna", func(ctx context.Context, in *phone.Incoming) {
			rang <- struct{}{}
			if call, err := in.PickUp(ctx); err == nil {
				<-call.Context().Done() // a mailbox
			}
		})
		defer anna.Stop(context.Background())
		caller := n.Phone("127.0.0.6:6000", "+390612345", nil)
		defer caller.Stop(context.Background())
		c, err := caller.Dial(t.Context(), apptest.Line)
		if err != nil {
			t.Fatal(err)
		}
		for _, keys := range []string{"314159#", "1", "1"} {
			if err := c.Press(t.Context(), keys); err != nil {
				t.Fatal(err)
			}
			_ = c.Wait(t.Context(), 13*time.Second)
		}
		_ = c.Wait(t.Context(), 4*time.Minute) // says nothing; hears the number, music, and that nobody was reached
		select {
		case <-rang:
		default:
			t.Errorf("nobody of the rota was rung:\n%s", n.History())
		}
		c.Hangup()
		n.Heard("caller", "non possono essere verificati", "La richiameremo appena possibile")
		if all := strings.Join(n.Said(), "\n"); strings.Contains(all, "interverrà") {
			t.Errorf("the caller hears a deadline, by which he knows that the PIN was right:\n%s", all)
		}
		page, err := n.Store.List(t.Context(), tickets.Filter{})
		list := page.Items
		if err != nil || len(list) != 1 || list[0].Contract != "rossi" || len(list[0].Clocks) != 3 {
			t.Fatalf("the tickets are %+v, %v", list, err)
		}
	})
}
