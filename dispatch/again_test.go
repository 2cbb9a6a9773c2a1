package dispatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/config"
	"hotline/directory"
	"hotline/sla"
)

// TestATicketThatNobodyAnswersIsCalledOutMoreAndMoreSeldom rings two engineers who are always engaged.
func TestATicketThatNobodyAnswersIsCalledOutMoreAndMoreSeldom(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna, marco apptest.Rings
		n.Engineers(anna.Busy, marco.Busy)
		call := n.Dial("127.0.0.1:6000", "0612345")
		n.Message(call, "314159#1")
		<-call.Context().Done()
		n.Passes(2*time.Hour + 5*time.Minute)
		var waits []int
		rang := anna.At()
		for i := 2; i < len(rang); i += 2 { // twice each time
			waits = append(waits, int(rang[i].Sub(rang[i-2]).Round(time.Minute).Minutes()))
		}
		// 36 minutes after the call, chains included, comes the next one after 30; the breach of the contact rings 24 after, and counts as one.
		if got := fmt.Sprint(waits); got != "[5 10 20 24 30 30]" {
			t.Errorf("the rota was called again after %v minutes, want 5, 10, 20, 24 for the breach, 30", waits)
		}
	}, func(c *app.Config) { c.Config.Escalation.Rounds = 2 })
}

// TestCallersWithoutAContractDoNotSilenceAnExtendedCustomer makes sixteen calls without a PIN from as many numbers, each of
// them blocking; then an Extended customer's plant stands still.
func TestCallersWithoutAContractDoNotSilenceAnExtendedCustomer(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna, marco apptest.Rings
		n.Engineers(anna.Busy, marco.Busy)
		for i := range 16 {
			call := n.Dial(fmt.Sprintf("127.0.0.2:%d", 6000+2*i), fmt.Sprintf("03470000%02d", i))
			if err := call.Press(t.Context(), "#11"); err != nil {
				t.Fatal(err)
			}
			_ = call.Wait(t.Context(), 90*time.Second) // says nothing
			call.Hangup()
		}
		n.Passes(2 * time.Minute)
		before := len(anna.At())
		if all := before + len(marco.At()); all > 20 {
			t.Errorf("callers without a contract made %d calls, their cap is 20", all)
		}
		call := n.Dial("127.0.0.1:6000", "0612345")
		n.Message(call, "314159#1")
		<-call.Context().Done()
		if more := len(anna.At()) - before; more < 2 {
			t.Errorf("for the customer under contract Anna was rung %d times", more)
		}
		if got := n.Logged(); !strings.Contains(got, "kind=outgoing") || !strings.Contains(got, "for Support on Request") {
			t.Error("no alarm tells who used up the calls")
		}
	}, func(c *app.Config) {
		c.Config.Outgoing = config.Outgoing{PerHour: 6, PerDay: 30, RequestPerHour: 2, RequestPerDay: 4} // ten times as many at the house's own telephones
	})
}

// TestATicketThatKeepsItsTermsRingsInTheirHours: its contract has office hours since, which the ticket was not to follow.
func TestATicketThatKeepsItsTermsRingsInTheirHours(t *testing.T) {
	apptest.RunAfter(t, 10*time.Hour, func(t *testing.T, n *apptest.Program) { // 20:00 in Rome
		var anna, marco apptest.Rings
		n.Engineers(anna.Busy, marco.Busy)
		n.Open("rossi")
		n.Passes(2 * time.Minute)
		before := len(anna.At())
		n.Desk.SetBook(n.Desk.Book().With(func(b *directory.Book) {
			c := b.Contracts.At("rossi")
			c.Level = sla.Professional
			b.Contracts = b.Contracts.With("rossi", c)
		}))
		n.Passes(20 * time.Minute)
		if before == 0 || len(anna.At()) == before {
			t.Errorf("Anna was rung %d times before the edit, and %d times in all\n%s", before, len(anna.At()), n.History())
		}
	})
}
