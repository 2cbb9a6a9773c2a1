package app

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"hotline/config"
	"hotline/memory"
	"hotline/tickets"
)

// TestATicketThatNobodyAnswersIsCalledOutMoreAndMoreSeldom rings two engineers who are always engaged.
func TestATicketThatNobodyAnswersIsCalledOutMoreAndMoreSeldom(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		var anna, marco bells
		n.engineers(anna.busy, marco.busy)
		call := n.dial("127.0.0.1:6000", "0612345")
		n.message(call, "314159#1", voice(n))
		<-call.Context().Done()
		n.passes(2 * time.Hour)
		var waits []int
		rang := anna.rang()
		for i := 2; i < len(rang); i += 2 { // twice each time
			waits = append(waits, int(rang[i].Sub(rang[i-2]).Round(time.Minute).Minutes()))
		}
		// 36 minutes after the call, chains included, comes the next one after 30; the breach of the contact rings 24 after, and counts as one.
		if got := fmt.Sprint(waits); got != "[5 10 20 24 30 30]" {
			t.Errorf("the rota was called again after %v minutes, want 5, 10, 20, 24 for the breach, 30", waits)
		}
	}, func(c *Config) { c.Config.Escalation.Rounds = 2 })
}

// TestCallersWithoutAContractDoNotSilenceAnExtendedCustomer makes sixteen calls without a PIN from as many numbers, each of
// them blocking; then an Extended customer's plant stands still.
func TestCallersWithoutAContractDoNotSilenceAnExtendedCustomer(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		var anna, marco bells
		n.engineers(anna.busy, marco.busy)
		for i := range 16 {
			call := n.dial(fmt.Sprintf("127.0.0.2:%d", 6000+2*i), fmt.Sprintf("03470000%02d", i))
			if err := call.Press(t.Context(), "#11"); err != nil {
				t.Fatal(err)
			}
			_ = call.Wait(t.Context(), 90*time.Second) // says nothing
			call.Hangup()
		}
		n.passes(2 * time.Minute)
		before := len(anna.rang())
		if all := before + len(marco.rang()); all > 20 {
			t.Errorf("callers without a contract made %d calls, their cap is 20", all)
		}
		call := n.dial("127.0.0.1:6000", "0612345")
		n.message(call, "314159#1", voice(n))
		<-call.Context().Done()
		if more := len(anna.rang()) - before; more < 2 {
			t.Errorf("for the customer under contract Anna was rung %d times", more)
		}
		if got := n.logged(); !strings.Contains(got, "kind=outgoing") || !strings.Contains(got, "for Support on Request") {
			t.Error("no alarm tells who used up the calls")
		}
	}, func(c *Config) {
		c.Config.Outgoing = config.Outgoing{PerHour: 6, PerDay: 30, RequestPerHour: 2, RequestPerDay: 4} // ten times as many at the house's own telephones
	})
}

func TestBudgetsAreSharedAndOutlastARestart(t *testing.T) {
	store, now := memory.New(1), time.Now()
	a, b := newLedger(store, slog.New(slog.DiscardHandler)), newLedger(store, slog.New(slog.DiscardHandler))
	spend := func(l *ledger, key string) { l.note(tickets.Spending{Budget: tickets.BudgetPIN, Key: key, At: now}) }
	keys := func(l *ledger, at time.Time) (list string) {
		for _, s := range l.exchange(t.Context(), at) {
			list += s.Key
		}
		return list
	}
	spend(a, "1")
	spend(a, "2")
	if got := keys(a, now); got != "" {
		t.Errorf("a node reads back %q of its own", got)
	}
	spend(b, "3")
	if got := keys(b, now); got != "12" {
		t.Errorf("the other node reads %q", got)
	}
	if got := keys(a, now.Add(readingTime)); got != "3" {
		t.Errorf("the first node reads %q", got)
	}
	if got := keys(a, now.Add(2*readingTime)); got != "" {
		t.Errorf("the first node reads %q twice", got)
	}
	if got := keys(newLedger(store, slog.New(slog.DiscardHandler)), now); got != "123" {
		t.Errorf("the next process reads %q", got)
	}
	if got := keys(newLedger(store, slog.New(slog.DiscardHandler)), now.Add(25*time.Hour)); got != "" {
		t.Errorf("a day later a process reads %q", got)
	}
}
