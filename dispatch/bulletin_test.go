package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/directory"
	"hotline/phone"
	"hotline/sla"
	"hotline/tickets"
)

// sites are three installations of Rossi's, whose contacts are due four hours after the opening of a fault that does not block.
func sites(n *apptest.Program) (list []directory.ContractID) {
	n.Desk.SetBook(n.Desk.Book().With(func(b *directory.Book) {
		for _, id := range []directory.ContractID{"rossi", "rossi-2", "rossi-3"} {
			c := b.Contracts.At("rossi")
			c.ID = id
			b.Contracts = b.Contracts.With(id, c)
			list = append(list, id)
		}
	}))
	return list
}

// failing opens a ticket of a contract that rings nobody before its contact is broken.
func failing(n *apptest.Program, c directory.ContractID) tickets.Number {
	n.Helper()
	b := n.Desk.Book()
	contract := b.Contracts.At(c)
	t, err := n.Desk.Open(n.Context(), tickets.Draft{
		Identity: tickets.Identity{Contract: contract, Customer: b.Customers.At(contract.Customer)}, Claim: sla.NonBlocking, Channel: tickets.Web, Actor: "staff:carla",
	}, time.Now())
	if err != nil {
		n.Fatal(err)
	}
	return t.Number
}

// storm opens eleven tickets of three installations at once, and lets their contacts be broken.
func storm(n *apptest.Program) (list []tickets.Number) {
	n.Helper()
	all := sites(n)
	for i := range 11 {
		list = append(list, failing(n, all[i%len(all)]))
	}
	n.Passes(3*time.Hour + 59*time.Minute)
	return list
}

// assigned counts tickets by who has them.
func assigned(n *apptest.Program, list []tickets.Number) map[string]int {
	n.Helper()
	who := map[string]int{}
	for _, number := range list {
		t, err := n.Desk.Ticket(n.Context(), number)
		if err != nil {
			n.Fatal(err)
		}
		who[t.Assignee]++
	}
	return who
}

// TestAStormIsOneBulletin: eleven contacts of three installations are broken in one second, and one key takes all tickets.
func TestAStormIsOneBulletin(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna, marco apptest.Rings
		n.Engineers(anna.Accepts(12*time.Second, 20*time.Second), marco.Busy)
		list := storm(n)
		if len(anna.At()) != 0 {
			t.Fatal("somebody was rung before a contact was broken")
		}
		n.Passes(5 * time.Minute)
		n.Heard("sip:anna@"+apptest.Anna, "3 impianti. 11 avvisi. Per prenderli tutti, prema uno.", "Tutte queste richieste sono sue")
		if who := assigned(n, list); who["anna"] != 11 || len(anna.At()) != 1 || len(marco.At()) != 0 {
			t.Errorf("the tickets are %v; Anna was rung %d times, Marco %d", who, len(anna.At()), len(marco.At()))
		}
	})
}

// TestABulletinIsGoneThroughOneByOne: Anna takes every second ticket and hangs up; Marco is told of the rest, and passes; then
// Anna is not rung again for it.
func TestABulletinIsGoneThroughOneByOne(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna, marco apptest.Rings
		n.Engineers(func(ctx context.Context, in *phone.Incoming) {
			anna.Add()
			presses("21212121", 6*time.Second, time.Second)(ctx, in)
		}, func(ctx context.Context, in *phone.Incoming) {
			marco.Add()
			presses("3", 6*time.Second, 10*time.Second)(ctx, in)
		})
		list := storm(n)
		n.Passes(10 * time.Minute)
		n.Heard("sip:anna@"+apptest.Anna, "11 avvisi", "Il contatto è in ritardo, doveva avvenire entro", "Per il prossimo, prema due")
		n.Heard("sip:marco@"+apptest.Marco, "7 avvisi")
		if who := assigned(n, list); who["anna"] != 4 || who[""] != 7 || len(anna.At()) != 1 || len(marco.At()) != 1 {
			t.Errorf("the tickets are %v; Anna was rung %d times, Marco %d", who, len(anna.At()), len(marco.At()))
		}
		for _, number := range list {
			lines, err := n.Store.History(t.Context(), number)
			if err != nil {
				t.Fatal(err)
			}
			var end tickets.EventKind
			for _, e := range lines {
				if e.Kind == tickets.Accepted || e.Kind == tickets.Unreached {
					end = e.Kind
				}
			}
			if end == "" {
				t.Errorf("nothing stands on ticket %d of what came of it", number)
			}
		}
	})
}

// TestOneAlarmIsToldWithItsAccount, and whoever takes the ticket may call the customer.
func TestOneAlarmIsToldWithItsAccount(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var marco apptest.Rings
		n.Engineers(presses("11", 16*time.Second, 40*time.Second), marco.Busy)
		c := &customer{picks: 2 * time.Second}
		number := withCustomer(t, n, c, sla.NonBlocking)
		n.Passes(4*time.Hour + 3*time.Minute)
		n.Heard("sip:anna@"+apptest.Anna, "richiesta numero 417. Il contatto è in ritardo, doveva avvenire entro le ore quattordici di oggi. Per prenderla, prema uno.", "Per chiamare il cliente, prema uno", "Chiamo il cliente")
		ticket, err := n.Desk.Ticket(t.Context(), number)
		if err != nil || ticket.Assignee != "anna" || len(c.At()) != 1 || sla.Met(ticket.Clocks, sla.Contact).IsZero() {
			t.Errorf("the customer was rung %d times; the ticket is %+v, %v", len(c.At()), ticket, err)
		}
	}, trunked)
}

// TestAStormThatLastsRingsNobodyMoreOftenThanTheTableSays: a contact is broken every minute for two hours, and nobody answers.
// Each alarm is told in the end.
func TestAStormThatLastsRingsNobodyMoreOftenThanTheTableSays(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna, marco apptest.Rings
		ringing := func(r *apptest.Rings) func(context.Context, *phone.Incoming) {
			return func(ctx context.Context, in *phone.Incoming) { r.Add(); rings(ctx, in) }
		}
		n.Engineers(ringing(&anna), ringing(&marco))
		all, began := sites(n), time.Now()
		var list []tickets.Number
		for i := range 120 {
			list = append(list, failing(n, all[i%len(all)]))
			n.Passes(time.Until(began.Add(time.Duration(i+1) * time.Minute)))
		}
		n.Passes(7 * time.Hour)
		for who, r := range map[string]*apptest.Rings{"Anna": &anna, "Marco": &marco} {
			for span, most := range map[time.Duration]int{time.Minute: 1, 15 * time.Minute: 3, time.Hour: 5, 3 * time.Hour: 10} {
				for i, at := range r.At() {
					if i >= most && at.Sub(r.At()[i-most]) < span {
						t.Errorf("%s was rung %d times within %s", who, most+1, at.Sub(r.At()[i-most]))
						break
					}
				}
			}
			if len(r.At()) < 10 {
				t.Errorf("%s was rung %d times", who, len(r.At()))
			}
		}
		for _, number := range list {
			lines, err := n.Store.History(t.Context(), number)
			if err != nil || !strings.Contains(fmt.Sprint(lines), string(tickets.Unreached)) {
				t.Errorf("ticket %d was never told: %v", number, err)
			}
		}
	})
}
