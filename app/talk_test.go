package app

import (
	"strings"
	"testing"
	"time"

	"hotline/sla"
	"hotline/tickets"
)

// TestAnEngineerWhoHangsUpAtOnceLeavesNobodyWithoutAnEngineer: the caller hears the number and is not hung up on without it,
// the contact is not met, and the rota is called again.
func TestAnEngineerWhoHangsUpAtOnceLeavesNobodyWithoutAnEngineer(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		var anna, marco bells
		n.engineers(anna.accepts(3*time.Second, 3*time.Second), marco.busy)
		call := n.dial("127.0.0.1:6000", "0612345")
		n.message(call, "314159#1", voice(n))
		<-call.Context().Done()
		n.heard("caller", "Un tecnico è in linea", "Cerco ora un tecnico", "Un tecnico è in linea", "Ricordi il numero della sua richiesta", "Arrivederci")
		n.passes(time.Second)
		ticket, err := n.app.desk.Ticket(t.Context(), 417)
		if err != nil || ticket.State != tickets.Open || !sla.Met(ticket.Clocks, sla.Contact).IsZero() {
			t.Errorf("the ticket is %s, its clocks %+v, %v", ticket.State, ticket.Clocks, err)
		}
		if len(anna.rang()) != 2 || len(marco.rang()) != 0 {
			t.Errorf("Anna was rung %d times, Marco %d; want her alone, and asked back once", len(anna.rang()), len(marco.rang()))
		}
		n.passes(7 * time.Minute)
		if len(anna.rang()) < 3 {
			t.Errorf("nobody was rung in seven minutes for a ticket that nobody has:\n%s", n.history())
		}
	})
}

// TestAnAcceptWhoseProcessDiesBeforeTheTalkIsUndone, and the rota is called again.
func TestAnAcceptWhoseProcessDiesBeforeTheTalkIsUndone(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		var anna bells
		n.engineers(anna.accepts(3*time.Second, time.Minute), anna.busy)
		contract := n.app.desk.Book().Contracts.At("rossi")
		ticket, err := n.app.desk.Open(t.Context(), tickets.Draft{
			Identity: tickets.Identity{Contract: contract}, Claim: sla.Blocking, Channel: tickets.Phone, Actor: "caller", Call: "cut",
		}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.app.desk.Accept(t.Context(), ticket.Number, "anna", true, time.Now()); err != nil {
			t.Fatal(err)
		}
		n.passes(3 * time.Minute)
		if got := n.history(); len(anna.rang()) != 1 || !strings.Contains(got, "accept_undone") {
			t.Errorf("Anna was rung %d times:\n%s", len(anna.rang()), got)
		}
	})
}

// TestWhatIsAssessedAsBlockingRingsAtOnce, as does what is reopened: the channel and the way do not decide.
func TestWhatIsAssessedAsBlockingRingsAtOnce(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		var anna bells
		n.engineers(anna.accepts(3*time.Second, time.Second), anna.busy)
		rung := func(after string, times int) {
			t.Helper()
			n.passes(5 * time.Second)
			if got := len(anna.rang()); got != times {
				t.Errorf("after %s Anna was rung %d times, want %d", after, got, times)
			}
			n.passes(2 * time.Minute)
		}
		question, err := n.app.desk.Open(t.Context(), tickets.Draft{
			Identity: tickets.Identity{Contract: n.app.desk.Book().Contracts.At("rossi")}, Claim: sla.Question, Channel: tickets.Email, Actor: "staff:carla",
		}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		rung("a question by e-mail", 0)
		if _, err := n.app.desk.Assess(t.Context(), question.Number, "staff:carla", sla.Blocking, time.Now()); err != nil {
			t.Fatal(err)
		}
		rung("its assessment", 1)
		if _, err := n.app.desk.Close(t.Context(), question.Number, "staff:carla", "", time.Now()); err != nil {
			t.Fatal(err)
		}
		rung("its end", 1)
		if _, err := n.app.desk.Reopen(t.Context(), question.Number, "staff:carla", "it broke again", time.Now()); err != nil {
			t.Fatal(err)
		}
		rung("its reopening", 2)
		n.blocking("verdi")
		rung("a blocking ticket by web", 3)
	})
}
