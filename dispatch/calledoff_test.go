package dispatch_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"hotline/app/apptest"
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
			return d.Assess(ctx, n, who, "", sla.Question, time.Now())
		}, "Non si tratta di un guasto bloccante"},
		"waiting": {func(ctx context.Context, d *tickets.Desk, n tickets.Number) (tickets.Ticket, error) {
			return d.WaitForCustomer(ctx, n, who, "which site?", time.Now())
		}, "attende una sua risposta"},
	}
}

// elsewhere is the desk of another node on the same database.
func elsewhere(n *apptest.Program) *tickets.Desk {
	return tickets.NewDesk(tickets.DeskConfig{
		Store: n.Store, Book: n.Desk.Book(), Numbers: n.Store, PINKey: []byte("key"), Own: sla.OfficeHours, NewID: rand.Text,
	})
}

// TestWhatStaffDoWhileTelephonesRingStopsThemAtOnce on this node, and within two seconds what they do on another one; the
// caller, where there is one, hears why.
func TestWhatStaffDoWhileTelephonesRingStopsThemAtOnce(t *testing.T) {
	for name, c := range whatMakesRingingPointless() {
		for where, within := range map[string]time.Duration{"here": 200 * time.Millisecond, "on another node": 2 * time.Second} {
			for _, waits := range []bool{true, false} {
				t.Run(name+" "+where+map[bool]string{true: ", the caller waits", false: ", nobody waits"}[waits], func(t *testing.T) {
					apptest.Run(t, func(t *testing.T, n *apptest.Program) {
						var marco apptest.Rings
						rings, stopped := make(chan struct{}), make(chan time.Time, 1)
						n.Engineers(func(ctx context.Context, in *phone.Incoming) {
							in.Ring()
							close(rings)
							<-ctx.Done()
							stopped <- time.Now()
						}, marco.Busy)
						number := tickets.Number(417)
						if waits {
							n.Message(n.Dial("127.0.0.1:6000", "0612345"), "314159#1")
						} else {
							number = n.Open("rossi").Number
						}
						<-rings
						n.Passes(3 * time.Second)
						desk := n.Desk
						if where != "here" {
							desk = elsewhere(n)
						}
						acted := time.Now()
						if _, err := c.does(t.Context(), desk, number); err != nil {
							t.Fatal(err)
						}
						if took := (<-stopped).Sub(acted); took > within {
							t.Errorf("Anna's telephone rang on for %v", took)
						}
						n.Passes(30 * time.Second)
						if waits {
							n.Heard("caller", c.heard, "Ricordi il numero della sua richiesta", "Arrivederci")
						}
						n.Passes(20 * time.Minute)
						if got := n.History(); len(marco.At()) != 0 || strings.Contains(got, "unreached") || !strings.Contains(got, "called off") {
							t.Errorf("Marco was rung %d times:\n%s", len(marco.At()), got)
						}
					})
				})
			}
		}
	}
}
