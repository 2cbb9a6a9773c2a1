package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/sla"
	"hotline/tickets"
)

// TestAnEngineerWhoHangsUpAtOnceLeavesNobodyWithoutAnEngineer: the caller hears the number and is not hung up on without it,
// the contact is not met, and the rota is called again.
func TestAnEngineerWhoHangsUpAtOnceLeavesNobodyWithoutAnEngineer(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna, marco apptest.Rings
		n.Engineers(anna.Accepts(14*time.Second, 3*time.Second), marco.Busy)
		call := n.Dial("127.0.0.1:6000", "0612345")
		n.Message(call, "314159#1")
		<-call.Context().Done()
		n.Heard("caller", "(connected)", "Cerco ora un tecnico", "(connected)", "Ricordi il numero della sua richiesta", "Arrivederci")
		n.Passes(time.Second)
		ticket, err := n.Desk.Ticket(t.Context(), 417)
		if err != nil || ticket.State != tickets.Open || !sla.Met(ticket.Clocks, sla.Contact).IsZero() {
			t.Errorf("the ticket is %s, its clocks %+v, %v", ticket.State, ticket.Clocks, err)
		}
		if len(anna.At()) != 2 || len(marco.At()) != 0 {
			t.Errorf("Anna was rung %d times, Marco %d; want her alone, and asked back once", len(anna.At()), len(marco.At()))
		}
		n.Passes(7 * time.Minute)
		if len(anna.At()) < 3 {
			t.Errorf("nobody was rung in seven minutes for a ticket that nobody has:\n%s", n.History())
		}
	})
}

// TestAnAcceptWhoseProcessDiesBeforeTheTalkIsUndone, and the rota is called again.
func TestAnAcceptWhoseProcessDiesBeforeTheTalkIsUndone(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna apptest.Rings
		n.Engineers(anna.Accepts(3*time.Second, time.Minute), anna.Busy)
		contract := n.Desk.Book().Contracts.At("rossi")
		ticket, err := n.Desk.Open(t.Context(), tickets.Draft{
			Identity: tickets.Identity{Contract: contract}, Claim: sla.Blocking, Channel: tickets.Phone, Actor: "caller", Call: "cut",
		}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Desk.Accept(t.Context(), ticket.Number, "anna", true, time.Now()); err != nil {
			t.Fatal(err)
		}
		n.Passes(3 * time.Minute)
		if got := n.History(); len(anna.At()) != 1 || !strings.Contains(got, "accept_undone") {
			t.Errorf("Anna was rung %d times:\n%s", len(anna.At()), got)
		}
	})
}

// TestWhatIsAssessedAsBlockingRingsAtOnce, as does what is reopened: the channel and the way do not decide.
func TestWhatIsAssessedAsBlockingRingsAtOnce(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna apptest.Rings
		n.Engineers(anna.Accepts(3*time.Second, time.Second), anna.Busy)
		rung := func(after string, times int) {
			t.Helper()
			n.Passes(5 * time.Second)
			if got := len(anna.At()); got != times {
				t.Errorf("after %s Anna was rung %d times, want %d", after, got, times)
			}
			n.Passes(2 * time.Minute)
		}
		question, err := n.Desk.Open(t.Context(), tickets.Draft{
			Identity: tickets.Identity{Contract: n.Desk.Book().Contracts.At("rossi")}, Claim: sla.Question, Channel: tickets.Email, Actor: "staff:carla",
		}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		rung("a question by e-mail", 0)
		if _, err := n.Desk.Assess(t.Context(), question.Number, "staff:carla", "", sla.Blocking, time.Now()); err != nil {
			t.Fatal(err)
		}
		rung("its assessment", 1)
		if _, err := n.Desk.Close(t.Context(), question.Number, "staff:carla", "", time.Now()); err != nil {
			t.Fatal(err)
		}
		rung("its end", 1)
		if _, err := n.Desk.Reopen(t.Context(), question.Number, "staff:carla", "it broke again", time.Now()); err != nil {
			t.Fatal(err)
		}
		rung("its reopening", 2)
		n.Open("verdi")
		rung("a blocking ticket by web", 3)
	})
}
