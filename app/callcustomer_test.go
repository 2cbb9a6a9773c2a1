package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/config"
	"hotline/phone"
	"hotline/sla"
	"hotline/tickets"
)

// Over the wire: from a ticket's menu an engineer has the customer rung, hears music until the customer picks up, the two talk, which
// is the contact, and * leads the engineer back to the menu.
func TestAnEngineerCallsTheCustomer(t *testing.T) {
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		anna := annasTelephone(t, p)
		picked := make(chan *phone.Call, 1)
		carrier := p.Phone("127.0.0.9:5060", "carrier", func(ctx context.Context, in *phone.Incoming) {
			in.Ring()
			p.Passes(6 * time.Second)
			if call, err := in.PickUp(ctx); err == nil {
				picked <- call
				<-call.Context().Done()
			}
		})
		t.Cleanup(func() { _ = carrier.Stop(context.Background()) })
		p.AddNumber("+390612345")
		book := p.Desk.Book()
		if _, err := p.Desk.Open(t.Context(), tickets.Draft{
			Identity: tickets.Identity{Contract: book.Contracts.At("rossi"), Customer: book.Customers.At("rossi")},
			Claim:    sla.Question, Channel: tickets.Web, Actor: "staff:carla", Caller: "+390612345",
		}, time.Now()); err != nil {
			t.Fatal(err)
		}
		p.Passes(12 * time.Second)
		call, err := anna.Dial(t.Context(), apptest.Line)
		if err != nil {
			t.Fatal(err)
		}
		defer call.Hangup()
		press := func(keys string) {
			if err := call.Press(t.Context(), keys); err != nil {
				t.Fatal(err)
			}
		}
		p.Passes(3 * time.Second)
		press(annasPIN + "#")
		p.Passes(2 * time.Second)
		press("2417#")
		p.Passes(2 * time.Second)
		press("8")
		p.Passes(3 * time.Second)
		from := len(call.Heard())
		p.Passes(4 * time.Second)
		if !loud(call.Heard()[from:]) {
			t.Error("the engineer is left in silence while the customer's telephone rings")
		}
		var customer *phone.Call
		select {
		case customer = <-picked:
		case <-time.After(time.Minute):
			t.Fatalf("the customer is not rung\n%s\n%s", p.History(), strings.Join(p.Said(), "\n"))
		}
		p.Passes(8 * time.Second)
		press("*")
		p.Passes(3 * time.Second)
		p.Heard("caller", "Chiamo il cliente.", "Il colloquio con il cliente è finito.")
		if customer.Context().Err() == nil {
			t.Error("the customer is not let go")
		}
		if call.Context().Err() != nil {
			t.Error("the engineer is let go too")
		}
		now, err := p.Desk.Ticket(t.Context(), 417)
		if err != nil || now.Stamps.Contact.IsZero() {
			t.Errorf("the ticket is %+v, %v", now, err)
		}
		for _, line := range []string{"rang Anna has the customer called", "rang called the customer: picked up", "joined", "talk_ended"} {
			if h := p.History(); !strings.Contains(h, line) {
				t.Errorf("no line %q in\n%s", line, h)
			}
		}
	}, func(c *app.Config) {
		c.Config.SIP.Trunks = []config.Trunk{{Name: "carrier", Proxy: "sip:127.0.0.9:5060"}}
		c.Config.Outgoing = config.Outgoing{Prefixes: []string{"+"}, PerHour: 100, PerDay: 100}
	})
}
