package dispatch_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/phone"
	"hotline/tickets"
)

// soon is how soon a caller is reached: the first ring after the category's key, and the join after the
// engineer's.
type soon struct{ ring, join time.Duration }

// reached calls, presses the category after listening so long, describes the fault on and on, and is fetched by Anna.
func reached(t *testing.T, n *apptest.Program, pause time.Duration) (s soon) {
	t.Helper()
	var anna apptest.Rings
	n.Engineers(anna.Accepts(12*time.Second, time.Minute), anna.Busy)
	call := n.Dial("127.0.0.1:6000", "0612345")
	if err := call.Press(t.Context(), "314159#"); err != nil {
		t.Fatal(err)
	}
	_ = call.Wait(t.Context(), pause)
	key := time.Now()
	if err := call.Press(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	n.Await("caller: (tone)")
	_ = call.Say(t.Context(), append(n.Voice(), n.Voice()...))
	n.Await("caller: (tone) Un tecnico è in linea")
	n.Passes(20 * time.Second)
	call.Hangup()
	n.Passes(5 * time.Second)
	s.ring = anna.At()[0].Sub(key)
	events, err := n.Store.History(t.Context(), 417)
	if err != nil {
		t.Fatal(err)
	}
	var accepted, joined time.Time
	for _, e := range events {
		switch e.Kind {
		case tickets.Accepted:
			accepted = e.At
		case tickets.Joined: // written after five seconds of talk
			joined = e.At.Add(-5 * time.Second)
		}
	}
	s.join = joined.Sub(accepted)
	return s
}

// TestTheFirstTelephoneRingsWithinTwoSecondsOfTheCategory, while the fault is being described.
func TestTheFirstTelephoneRingsWithinTwoSecondsOfTheCategory(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		s := reached(t, n, 15*time.Second)
		t.Logf("first ring %s after the category's key; joined %s after the engineer's key, the sentences included", s.ring, s.join)
		if s.ring > 2*time.Second {
			t.Errorf("the first telephone rings %s after the category's key", s.ring)
		}
		if s.join > 4*time.Second {
			t.Errorf("the two are joined %s after the engineer's key", s.join)
		}
		if got := n.History(); !strings.Contains(got, "recording") {
			t.Errorf("what was said until then is not on the ticket:\n%s", got)
		}
	})
}

// TestACallerWhoPressesOneIsCalledBackInsteadOfWaiting: the line lets go at once, and the rota is rung on.
func TestACallerWhoPressesOneIsCalledBackInsteadOfWaiting(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna apptest.Rings
		n.Engineers(anna.Busy, func(ctx context.Context, in *phone.Incoming) {
			in.Ring()
			n.Passes(17 * time.Second)
			anna.Accepts(16*time.Second, time.Minute)(ctx, in)
		})
		call := n.Dial("127.0.0.1:6000", "0612345")
		n.Message(call, "314159#1")
		n.Await("caller: Cerco ora un tecnico. Resti in linea. Se preferisce essere richiamato, prema uno.")
		_ = call.Wait(t.Context(), 8*time.Second)
		if err := call.Press(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		pressed := time.Now()
		<-call.Context().Done()
		if took := time.Since(pressed); took > 20*time.Second {
			t.Errorf("the caller is let go after %s", took)
		}
		n.Heard("caller", "La richiameremo entro", "Ricordi il numero della sua richiesta 417", "Arrivederci")
		n.Passes(3 * time.Minute)
		got := n.History()
		for _, want := range []string{"the caller asked to be called back", "called back by"} {
			if !strings.Contains(got, want) {
				t.Errorf("the history lacks %q:\n%s", want, got)
			}
		}
		ticket, err := n.Desk.Ticket(t.Context(), 417)
		if err != nil || ticket.Assignee == "" {
			t.Errorf("nobody has the ticket: %+v, %v\n%s", ticket, err, got)
		}
	})
}
