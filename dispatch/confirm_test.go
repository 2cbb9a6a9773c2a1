package dispatch_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/phone"
	"hotline/sla"
	"hotline/tickets"
)

// asked is a customer's telephone at which a key is pressed after a while; no key: it rings in vain.
func asked(rings *apptest.Rings, key string) func(context.Context, *phone.Incoming) {
	return func(ctx context.Context, in *phone.Incoming) {
		rings.Add()
		in.Ring()
		if key == "" {
			<-ctx.Done()
			return
		}
		call, err := in.PickUp(ctx)
		if err != nil {
			return
		}
		_ = call.Wait(ctx, 9*time.Second)
		_ = call.Press(ctx, key)
		_ = call.Wait(ctx, 20*time.Second)
		call.Hangup()
	}
}

// restored opens a blocking ticket of Rossi's, whose contract wants the call or not, and has it restored.
func restored(t *testing.T, n *apptest.Program, confirm bool, answer func(context.Context, *phone.Incoming)) tickets.Number {
	t.Helper()
	carrier := n.Phone("127.0.0.9:5060", "carrier", answer)
	t.Cleanup(func() { _ = carrier.Stop(context.Background()) })
	contract, err := n.Store.Contract(t.Context(), "rossi")
	if err != nil {
		t.Fatal(err)
	}
	contract.ConfirmByCall = confirm
	if _, err := n.Store.PutContract(t.Context(), contract); err != nil {
		t.Fatal(err)
	}
	n.AddNumber(customersNumber) // which reads the book anew
	ticket, err := n.Desk.Open(t.Context(), tickets.Draft{
		Identity: tickets.Identity{Contract: contract, Customer: n.Desk.Book().Customers.At("rossi")}, Claim: sla.Blocking, Channel: tickets.Web, Actor: "staff:carla", Caller: customersNumber,
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range []func(context.Context, tickets.Number, string, time.Time) (tickets.Ticket, error){n.Desk.Intervene, n.Desk.Restored} {
		n.Passes(time.Minute)
		if _, err := act(t.Context(), ticket.Number, "engineer:anna", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return ticket.Number
}

// After "restored" the customer is rung, where the contract wants it: who says that it works hears confirm-closed behind the
// confirm-question and the ticket is closed; who says that it does not hears confirm-open , and the engineers are rung.
func TestTheCustomerIsAskedWhetherItWorks(t *testing.T) {
	for name, c := range map[string]struct {
		confirm bool
		key     string
		state   tickets.State
		hears   string
	}{
		"it works":                     {true, "1", tickets.Closed, "Grazie. La sua richiesta è chiusa."},
		"it does not":                  {true, "2", tickets.Open, "La sua richiesta è di nuovo aperta."},
		"the contract does not want":   {false, "1", tickets.Restored, ""},
		"nobody answers the telephone": {true, "", tickets.Restored, ""},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Run(t, func(t *testing.T, n *apptest.Program) {
				var anna, marco, customer apptest.Rings
				n.Engineers(anna.Busy, marco.Busy)
				number := restored(t, n, c.confirm, asked(&customer, c.key))
				before := len(anna.At())
				n.Passes(4 * time.Minute)
				if len(customer.At()) > 0 {
					t.Error("the customer is rung while the engineer may still talk")
				}
				n.Passes(3 * time.Minute)
				now, err := n.Desk.Ticket(t.Context(), number)
				if err != nil || now.State != c.state {
					t.Errorf("the ticket is %s, %v\n%s", now.State, err, n.History())
				}
				if c.hears != "" {
					n.Heard(customersNumber, "La linea di assistenza chiama per la sua richiesta numero 417", c.hears)
				}
				n.Passes(3 * time.Hour)
				want := map[bool]int{true: 1, false: 0}[c.confirm]
				if c.key == "" {
					want = 3
					if !strings.Contains(n.History(), "confirmation_lost") {
						t.Errorf("no line says so:\n%s", n.History())
					}
				}
				if len(customer.At()) != want {
					t.Errorf("the customer is rung %d times, want %d\n%s", len(customer.At()), want, n.History())
				}
				if reopened := c.key == "2"; reopened != (len(anna.At()) > before) {
					t.Errorf("Anna is rung %d times\n%s", len(anna.At()), n.History())
				}
				if c.key == "2" {
					k := clock(now, sla.Restore)
					if !k.MetAt.IsZero() || k.Paused || !strings.Contains(n.History(), "not_restored the customer says by telephone") {
						t.Errorf("the clock is %+v\n%s", k, n.History())
					}
				}
			}, trunked)
		})
	}
}

func clock(t tickets.Ticket, kind sla.Kind) sla.Clock {
	for _, k := range t.Clocks {
		if k.Kind == kind {
			return k
		}
	}
	return sla.Clock{}
}

// TestWhoSaysThatItDoesNotWorkIsHeardWhateverStaffDidMeanwhile: staff close the ticket while the customer hears the question.
func TestWhoSaysThatItDoesNotWorkIsHeardWhateverStaffDidMeanwhile(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna, marco, customer apptest.Rings
		n.Engineers(anna.Busy, marco.Busy)
		number, answer := tickets.Number(417), asked(&customer, "2")
		restored(t, n, true, func(ctx context.Context, in *phone.Incoming) {
			if _, err := n.Desk.Close(context.Background(), number, "staff:carla", "done", time.Now()); err != nil {
				t.Error(err)
			}
			answer(ctx, in)
		})
		before := len(anna.At())
		n.Passes(7 * time.Minute)
		if now, err := n.Desk.Ticket(t.Context(), number); err != nil || now.State != tickets.Open || len(anna.At()) == before {
			t.Errorf("the ticket is %s, %v, and Anna was rung %d times more\n%s", now.State, err, len(anna.At())-before, n.History())
		}
		n.Heard(customersNumber, "La sua richiesta è di nuovo aperta.")
	}, trunked)
}
