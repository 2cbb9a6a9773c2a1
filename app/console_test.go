package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/oncall"
	"hotline/phone"
	"hotline/tickets"
)

const annasPIN = "57721566"

// annasTelephone gives Anna her PIN and plugs in the telephone that she calls from; it refuses calls.
func annasTelephone(t *testing.T, p *apptest.Program) *phone.Phone {
	t.Helper()
	if _, err := p.Store.PutEngineerPIN(t.Context(), oncall.PIN{Engineer: "anna", Hash: oncall.HashPIN(p.PINKey(), "anna", annasPIN)}); err != nil {
		t.Fatal(err)
	}
	busy := func(_ context.Context, in *phone.Incoming) { in.Refuse(486, "Busy Here") }
	f := p.Phone(apptest.Anna, "anna", busy)
	t.Cleanup(func() { _ = f.Stop(context.Background()) })
	return f
}

// Over the wire: an engineer calls from her own telephone, keys her PIN, hears the ticket that waits, takes charge, and marks it
// restored; then the line hangs up on who presses nothing any more.
func TestAnEngineerWorksByTelephone(t *testing.T) {
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		anna := annasTelephone(t, p)
		ticket := p.Open("rossi")
		p.Passes(12 * time.Second) // the rota is read by now
		call, err := anna.Dial(t.Context(), apptest.Line)
		if err != nil {
			t.Fatal(err)
		}
		defer call.Hangup()
		for _, step := range []struct{ keys, hears string }{
			{"", "Linea dei tecnici."}, {annasPIN + "#", "Il codice è giusto."}, {"1", "Rossi S.p.A. contratto Extended guasto bloccante richiesta numero"},
			{"3", "Ha preso in carico la richiesta."}, {"6", "La richiesta risulta ripristinata."},
		} {
			if err := call.Press(t.Context(), step.keys); err != nil {
				t.Fatal(err)
			}
			p.Passes(2 * time.Second)
			p.Heard("caller", step.hears)
		}
		p.Await("caller: Grazie della chiamata.")
		p.Passes(10 * time.Second)
		if call.Context().Err() == nil {
			t.Error("the line is not hung up")
		}
		now, err := p.Desk.Ticket(t.Context(), ticket.Number)
		if err != nil || now.State != tickets.Restored || now.Assignee != "anna" {
			t.Errorf("the ticket is %s and with %q, %v", now.State, now.Assignee, err)
		}
		lines, err := p.Desk.History(t.Context(), ticket.Number)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []tickets.EventKind{tickets.AssignedTo, tickets.RestoredAt} {
			if !slices.ContainsFunc(lines, func(e tickets.Event) bool {
				return e.Kind == kind && e.Actor == "engineer:anna" && e.Text == "by telephone"
			}) {
				t.Errorf("no line %s of hers in\n%s", kind, p.History())
			}
		}
		if strings.Contains(strings.Join(p.Said(), "\n")+p.Logged()+p.History(), annasPIN) {
			t.Error("the PIN is written down")
		}
	})
}

// From an engineer's telephone the ordinary line is one key away, and somebody else's telephone never hears of the console.
func TestAnEngineersTelephoneIsACallersToo(t *testing.T) {
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		anna := annasTelephone(t, p)
		p.Passes(12 * time.Second)
		call, err := anna.Dial(t.Context(), apptest.Line)
		if err != nil {
			t.Fatal(err)
		}
		p.Passes(2 * time.Second)
		p.Message(call, "#314159#2")
		call.Hangup()
		p.Heard("caller", "Linea dei tecnici.", "Descriva il problema")
		if ticket, err := p.Desk.Ticket(t.Context(), 417); err != nil || ticket.Contract != "rossi" || len(ticket.Recordings) != 1 {
			t.Errorf("the ticket is %+v, %v", ticket, err)
		}
		before := len(p.Said())
		p.Dial("127.0.0.1:6000", "0612345")
		p.Passes(5 * time.Second)
		if said := strings.Join(p.Said()[before:], "\n"); !strings.Contains(said, "Benvenuti") || strings.Contains(said, "tecnici") {
			t.Errorf("another telephone hears\n%s", said)
		}
	})
}
