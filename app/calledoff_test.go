package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"hotline/phone"
	"hotline/sla"
	"hotline/tickets"
)

// pointless is what staff may do while telephones ring, and what the caller hears of it.
type pointless struct {
	does  func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error)
	heard string
}

func whatMakesRingingPointless() map[string]pointless {
	const who = "staff:carla"
	return map[string]pointless{
		"close": {func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
			return d.Close(ctx, n, who, "", time.Now())
		}, "ha chiuso questa richiesta"},
		"assign": {func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
			return d.Assign(ctx, n, who, "marco", time.Now())
		}, "Un tecnico ha preso in carico"},
		"contact": {func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
			return d.Contact(ctx, n, who, time.Now())
		}, "già in contatto con lei"},
		"intervention": {func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
			return d.Intervene(ctx, n, who, time.Now())
		}, "Un tecnico ha preso in carico"},
		"restored": {func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
			return d.Restored(ctx, n, who, time.Now())
		}, "il servizio è stato ripristinato"},
		"not a request": {func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
			return d.MarkNotRequest(ctx, n, who, time.Now())
		}, "ha chiuso questa richiesta"},
		"assessed as a question": {func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
			return d.Assess(ctx, n, who, sla.Question, time.Now())
		}, "Non si tratta di un guasto bloccante"},
		"waiting": {func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
			return d.WaitForCustomer(ctx, n, who, "which site?", time.Now())
		}, "attende una sua risposta"},
	}
}

// elsewhere is the desk of another node on the same database.
func (n *night) elsewhere() *tickets.Desk {
	return tickets.NewDesk(tickets.DeskConfig{
		Store: n.store, Book: n.app.desk.Book(), Numbers: n.store, PINKey: []byte("key"), Own: sla.OfficeHours, NewID: newID,
	})
}

// TestWhatStaffDoWhileTelephonesRingStopsThemAtOnce on this node, and within two seconds what they do on another one; the
// caller, where there is one, hears why.
func TestWhatStaffDoWhileTelephonesRingStopsThemAtOnce(t *testing.T) {
	for name, c := range whatMakesRingingPointless() {
		for where, within := range map[string]time.Duration{"here": 200 * time.Millisecond, "on another node": 2 * time.Second} {
			for _, waits := range []bool{true, false} {
				t.Run(name+" "+where+map[bool]string{true: ", the caller waits", false: ", nobody waits"}[waits], func(t *testing.T) {
					story(t, func(t *testing.T, n *night) {
						var marco bells
						rings, stopped := make(chan struct{}), make(chan time.Time, 1)
						n.engineers(func(ctx context.Context, in *phone.Incoming) {
							in.Ring()
							close(rings)
							<-ctx.Done()
							stopped <- time.Now()
						}, marco.busy)
						number := tickets.Number(417)
						if waits {
							n.message(n.dial("127.0.0.1:6000", "0612345"), "314159#1", voice(n))
						} else {
							number = n.blocking("rossi").Number
						}
						<-rings
						n.passes(3 * time.Second)
						desk := n.app.desk
						if where != "here" {
							desk = n.elsewhere()
						}
						acted := time.Now()
						if _, err := c.does(t.Context(), desk, number); err != nil {
							t.Fatal(err)
						}
						if took := (<-stopped).Sub(acted); took > within {
							t.Errorf("Anna's telephone rang on for %v", took)
						}
						n.passes(30 * time.Second)
						if waits {
							n.heard("caller", c.heard, "Ricordi il numero della sua richiesta", "Arrivederci")
						}
						n.passes(20 * time.Minute)
						if got := n.history(); len(marco.rang()) != 0 || strings.Contains(got, "unreached") || !strings.Contains(got, "called off") {
							t.Errorf("Marco was rung %d times:\n%s", len(marco.rang()), got)
						}
					})
				})
			}
		}
	}
}
