package admin_test

import (
	"fmt"
	"testing"
	"time"

	"hotline/sla"
	"hotline/tickets"
	"hotline/tickets/ticketstest"
)

// TestEveryCommandInEveryStateHasItsAnswer walks the table of answers through the API.
func TestEveryCommandInEveryStateHasItsAnswer(t *testing.T) {
	h := open(t)
	verbs := map[string]string{}
	for _, c := range ticketstest.Commands() {
		if c.Body != "-" {
			verbs[c.Name] = c.Body
		}
	}
	h.post("/contracts", `{"id":"other","customer":"rossi","level":"extended","valid_from":"2026-01-01T00:00:00Z","remote_access":true}`).is(201)
	version := 1
	reach := func(yes bool) {
		h.put("/contracts/rossi", rossis(yes, version)).is(200)
		version++
	}
	reachable := true
	for _, a := range ticketstest.Answers() {
		body, ok := verbs[a.Command]
		if !ok {
			continue
		}
		if !reachable {
			reach(true)
			reachable = true
		}
		n := h.opened().Number
		for _, name := range a.Before() {
			if name == ticketstest.ContractLosesAccess {
				reach(false)
				reachable = false
			} else {
				h.post(fmt.Sprintf("/tickets/%d/%s", n, name), verbs[name]).is(200)
			}
		}
		r := h.post(fmt.Sprintf("/tickets/%d/%s", n, a.Command), body)
		if a.Want == ticketstest.Refused {
			if r.status != 409 {
				t.Errorf("%s: answered %d, want 409", a, r.status)
			}
			continue
		}
		if r.status != 200 {
			t.Errorf("%s: answered %d: %s", a, r.status, r.body)
		} else if got := stand(r); got != a.Want {
			t.Errorf("%s: got %q, want %q", a, got, a.Want)
		}
		h.post(fmt.Sprintf("/tickets/%d/close", n), "") // a contract tells only those that are running
	}
}

// stand is how a ticket stands by what the API answers.
func stand(r reply) string {
	var v struct {
		State  string
		Clocks []struct {
			Kind              string
			MetAt             *time.Time `json:"met_at"`
			BrokenAt          *time.Time `json:"broken_at"`
			Projected, Paused bool
		}
		Pauses []struct {
			Why   string
			Until *time.Time
		}
	}
	r.into(&v)
	t := tickets.Ticket{State: tickets.State(v.State)}
	for _, c := range v.Clocks {
		k := sla.Clock{Kind: sla.Kind(c.Kind), Projected: c.Projected, Paused: c.Paused}
		if c.MetAt != nil {
			k.MetAt = *c.MetAt
		}
		if c.BrokenAt != nil {
			k.BrokenAt = *c.BrokenAt
		}
		t.Clocks = append(t.Clocks, k)
	}
	for _, p := range v.Pauses {
		if p.Until == nil {
			t.Pauses = append(t.Pauses, sla.Pause{Why: sla.Reason(p.Why)})
		}
	}
	return ticketstest.Stand(t)
}

// TestAnInstantOfTheYearOneIsNotNow: a program that writes its zero instant did not mean that it happened just now.
func TestAnInstantOfTheYearOneIsNotNow(t *testing.T) {
	h := open(t)
	n := h.opened().Number
	for _, verb := range []string{"contact", "intervention", "restored", "call-back"} {
		h.post(fmt.Sprintf("/tickets/%d/%s", n, verb), `{"at":"0001-01-01T00:00:00Z","text":"of a program"}`).is(422, "body.at")
	}
	if got := stand(h.get(fmt.Sprintf("/tickets/%d", n))); got != stand(h.get(fmt.Sprintf("/tickets/%d", h.opened().Number))) {
		t.Errorf("the ticket stands as %q", got)
	}
	h.ask("PATCH", "/api/v1/contracts/rossi", `{"valid_until":"0001-01-01T00:00:00Z"}`).is(422, "body.valid_until")
}
