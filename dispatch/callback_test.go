package dispatch_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/oncall"
	"hotline/phone"
	"hotline/sla"
	"hotline/tickets"
)

const customersNumber = "+390612345"

// customer is the customer's telephone behind the trunk, at which every other number is refused. Safe for concurrent use.
type customer struct {
	apptest.Rings
	mu     sync.Mutex
	absent bool
	picks  time.Duration // how long it rings
}

func (c *customer) answer(ctx context.Context, in *phone.Incoming) {
	c.Add()
	c.mu.Lock()
	absent, picks := c.absent, c.picks
	c.mu.Unlock()
	in.Ring()
	if absent {
		<-ctx.Done()
		return
	}
	select {
	case <-time.After(picks):
	case <-ctx.Done():
		return
	}
	if call, err := in.PickUp(ctx); err == nil {
		<-call.Context().Done()
	}
}

// withCustomer plugs the customer's telephone in and opens a ticket of Rossi's, of a category, with the customer's number.
func withCustomer(t *testing.T, n *apptest.Program, c *customer, category sla.Category) tickets.Number {
	t.Helper()
	carrier := n.Phone("127.0.0.9:5060", "carrier", c.answer)
	t.Cleanup(func() { _ = carrier.Stop(context.Background()) })
	n.AddNumber(customersNumber)
	contract := n.Desk.Book().Contracts.At("rossi")
	ticket, err := n.Desk.Open(t.Context(), tickets.Draft{
		Identity: tickets.Identity{Contract: contract, Customer: n.Desk.Book().Customers.At("rossi")}, Claim: category, Channel: tickets.Web, Actor: "staff:carla", Caller: customersNumber,
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return ticket.Number
}

// kinds are the lines of the newest ticket's history from one kind on.
func linesFrom(n *apptest.Program, kind tickets.EventKind) []string {
	lines := strings.Split(n.History(), "\n")
	at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, string(kind)+" ") })
	return lines[max(at, 0):]
}

func callBacksDue(n *apptest.Program) (due int) {
	for _, w := range n.Store.Waiting() {
		if w.Kind == tickets.WorkCallBack {
			due++
		}
	}
	return due
}

// TestACallBackRingsTheEngineerThenTheCustomer: staff ask for it; Anna is busy, Marco accepts, hears music while the customer's
// telephone rings, and the two talk.
func TestACallBackRingsTheEngineerThenTheCustomer(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna apptest.Rings
		var marco apptest.Rings
		heard := make(chan []int16, 1)
		n.Engineers(anna.Busy, func(ctx context.Context, in *phone.Incoming) {
			marco.Add()
			call, err := in.PickUp(ctx)
			if err != nil {
				return
			}
			_ = call.Wait(ctx, 12*time.Second)
			_ = call.Press(ctx, "1")
			_ = call.Wait(ctx, 12*time.Second)
			heard <- call.Heard()
			_ = call.Wait(ctx, 20*time.Second)
			call.Hangup()
		})
		c := &customer{picks: 15 * time.Second}
		number := withCustomer(t, n, c, sla.NonBlocking)
		if _, err := n.Desk.AskCallBack(t.Context(), number, "staff:carla", "", time.Time{}, time.Now()); err != nil {
			t.Fatal(err)
		}
		n.Passes(2 * time.Minute)
		n.Heard("sip:marco@"+apptest.Marco, "Il cliente attende di essere richiamato. Per parlargli ora, prema uno.", "Chiamo il cliente")
		samples, loud := <-heard, 0
		for _, v := range samples[len(samples)-8000*5:] { // of the time in which the customer's telephone rings
			if v > 100 || v < -100 {
				loud++
			}
		}
		if loud < 8000 {
			t.Errorf("the engineer hears silence while the customer is rung: %d of 40000 samples are louder than that", loud)
		}
		var kinds []string
		for _, l := range linesFrom(n, tickets.CallBackAsked) {
			kinds = append(kinds, strings.Fields(l)[0])
		}
		want := []string{"call_back_asked", "calling_out", "planned", "rang", "accepted", "rang", "joined", "talk_ended", "rang"}
		if !slices.Equal(kinds, want) {
			t.Errorf("the history is\n%s\nwant %v", n.History(), want)
		}
		ticket, err := n.Desk.Ticket(t.Context(), number)
		if err != nil || ticket.Assignee != "marco" || sla.Met(ticket.Clocks, sla.Contact).IsZero() {
			t.Errorf("the ticket is %+v, %v", ticket, err)
		}
		if due := callBacksDue(n); due != 0 || len(marco.At()) != 1 || len(c.At()) != 1 {
			t.Errorf("%d call-backs are due; Marco was rung %d times, the customer %d", due, len(marco.At()), len(c.At()))
		}
	}, trunked)
}

// TestAPromisedCallBackOutlastsARestart: it is asked for in half an hour, and the program is down meanwhile.
func TestAPromisedCallBackOutlastsARestart(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna apptest.Rings
		n.Engineers(anna.Accepts(12*time.Second, 40*time.Second), anna.Busy)
		c := &customer{picks: 3 * time.Second}
		number := withCustomer(t, n, c, sla.Question)
		asked := time.Now()
		if _, err := n.Desk.AskCallBack(t.Context(), number, "staff:carla", "", asked.Add(30*time.Minute), asked); err != nil {
			t.Fatal(err)
		}
		n.Passes(time.Minute)
		n.Stop()
		n.Passes(time.Hour)
		if len(anna.At()) != 0 {
			t.Fatal("somebody was rung before the time")
		}
		n.Restart()
		n.Passes(2 * time.Minute)
		if len(anna.At()) != 1 || len(c.At()) != 1 || callBacksDue(n) != 0 || !strings.Contains(n.History(), "joined") {
			t.Errorf("Anna was rung %d times, the customer %d:\n%s", len(anna.At()), len(c.At()), n.History())
		}
	}, trunked)
}

// TestACustomerWhoDoesNotAnswerIsCalledBackAgain: after 5, 15, 35, 65 and 95 minutes; then people must see to it.
func TestACustomerWhoDoesNotAnswerIsCalledBackAgain(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna apptest.Rings
		n.Engineers(anna.Accepts(12*time.Second, 2*time.Minute), anna.Busy)
		c := &customer{absent: true}
		number := withCustomer(t, n, c, sla.NonBlocking)
		if _, err := n.Desk.AskCallBack(t.Context(), number, "staff:carla", "", time.Time{}, time.Now()); err != nil {
			t.Fatal(err)
		}
		n.Passes(4 * time.Hour)
		if got := len(c.At()); got != 6 {
			t.Errorf("the customer was rung %d times, want 6:\n%s", got, n.History())
		}
		for i, at := range c.At()[1:] {
			least := []time.Duration{5, 10, 20, 30, 30}[i] * time.Minute
			if gap := at.Sub(c.At()[i]); gap < least-30*time.Second || gap > least+2*time.Minute {
				t.Errorf("try %d came %s after the one before, want about %s", i+2, gap, least)
			}
		}
		if got := n.History(); !strings.Contains(got, "call_back_lost") || callBacksDue(n) != 0 {
			t.Errorf("nobody is told that it was in vain:\n%s", got)
		}
		if got := n.Logged(); !strings.Contains(got, "ALARM kind=unreached") || !strings.Contains(got, "6 tries were in vain") {
			t.Errorf("the operator hears nothing:\n%s", got)
		}
	}, trunked)
}

// TestACallBackEndsWithWhatEndsItsNeed: each of these makes it needless before its time.
func TestACallBackEndsWithWhatEndsItsNeed(t *testing.T) {
	now := time.Now
	for name, does := range map[string]func(d *tickets.Desk, ctx context.Context, n tickets.Number) error{
		"staff have talked to the customer": func(d *tickets.Desk, ctx context.Context, n tickets.Number) error {
			_, err := d.Contact(ctx, n, "staff:carla", now())
			return err
		},
		"the service is restored": func(d *tickets.Desk, ctx context.Context, n tickets.Number) error {
			_, err := d.Restored(ctx, n, "staff:carla", now())
			return err
		},
		"it is closed": func(d *tickets.Desk, ctx context.Context, n tickets.Number) error {
			_, err := d.Close(ctx, n, "staff:carla", "", now())
			return err
		},
		"it is no request": func(d *tickets.Desk, ctx context.Context, n tickets.Number) error {
			_, err := d.MarkNotRequest(ctx, n, "staff:carla", now())
			return err
		},
		"another time is asked for": func(d *tickets.Desk, ctx context.Context, n tickets.Number) error {
			_, err := d.AskCallBack(ctx, n, "staff:carla", "", now().Add(24*time.Hour), now())
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Run(t, func(t *testing.T, n *apptest.Program) {
				var anna apptest.Rings
				n.Engineers(anna.Busy, anna.Busy)
				number := withCustomer(t, n, &customer{}, sla.NonBlocking)
				if _, err := n.Desk.AskCallBack(t.Context(), number, "staff:carla", "", now().Add(10*time.Minute), now()); err != nil {
					t.Fatal(err)
				}
				n.Passes(time.Minute)
				if err := does(n.Desk, t.Context(), number); err != nil {
					t.Fatal(err)
				}
				n.Passes(30 * time.Minute)
				if len(anna.At()) != 0 {
					t.Errorf("somebody was rung:\n%s", n.History())
				}
			}, trunked)
		})
	}
}

// TestACallerWhoDoesNotWaitIsConnectedByTheKeyThatAccepts: the caller presses 1 on hold and hangs up; whoever accepts later is
// joined with the caller by that same key, and the promise is a line of the history and due work until then.
func TestACallerWhoDoesNotWaitIsConnectedByTheKeyThatAccepts(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna, marco apptest.Rings
		n.Engineers(func(ctx context.Context, in *phone.Incoming) { // she hears nothing while the caller waits, and shortly after
			if len(anna.At()) < 3 {
				anna.Add()
				rings(ctx, in)
				return
			}
			anna.Accepts(12*time.Second, time.Minute)(ctx, in)
		}, func(ctx context.Context, in *phone.Incoming) { marco.Add(); rings(ctx, in) })
		carrier := n.Phone("127.0.0.9:5060", "carrier", (&customer{picks: 3 * time.Second}).answer)
		defer carrier.Stop(context.Background())
		n.AddNumber(customersNumber)
		call := n.Dial("127.0.0.1:6000", customersNumber)
		n.Message(call, "314159#1")
		n.Await("caller: Cerco ora un tecnico")
		_ = call.Wait(t.Context(), 8*time.Second)
		if err := call.Press(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		<-call.Context().Done()
		if callBacksDue(n) != 1 || !strings.Contains(n.History(), "call_back_asked the caller asked to be called back") {
			t.Errorf("the promise is not kept: %d due\n%s", callBacksDue(n), n.History())
		}
		n.Passes(30 * time.Minute)
		n.Heard("sip:anna@"+apptest.Anna, "Il cliente attende di essere richiamato", "Chiamo il cliente")
		if got := n.History(); !strings.Contains(got, "joined") || callBacksDue(n) != 0 {
			t.Errorf("%d due\n%s", callBacksDue(n), got)
		}
	}, trunked)
}

// TestStaffRingTheChainNow: also for a ticket that rings nobody by itself; once, also when they press twice.
func TestStaffRingTheChainNow(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna apptest.Rings
		n.Engineers(anna.Accepts(12*time.Second, 10*time.Second), anna.Busy)
		number := withCustomer(t, n, &customer{}, sla.Question)
		for range 2 {
			if _, err := n.Desk.AskRing(t.Context(), number, "staff:carla", time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		n.Passes(5 * time.Minute)
		ticket, err := n.Desk.Ticket(t.Context(), number)
		if err != nil || ticket.Assignee != "anna" || len(anna.At()) != 1 {
			t.Errorf("Anna was rung %d times; the ticket is %+v, %v\n%s", len(anna.At()), ticket, err, n.History())
		}
		if _, err := n.Desk.Close(t.Context(), number, "staff:carla", "", time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Desk.AskRing(t.Context(), number, "staff:carla", time.Now()); err == nil {
			t.Error("somebody is rung for a ticket that is closed")
		}
	}, trunked)
}

// TestATestCallProvesATelephone: a table of what picks up.
func TestATestCallProvesATelephone(t *testing.T) {
	presses := func(keys string, after time.Duration) func(context.Context, *phone.Incoming) {
		return func(ctx context.Context, in *phone.Incoming) {
			call, err := in.PickUp(ctx)
			if err != nil {
				return
			}
			_ = call.Wait(ctx, after)
			_ = call.Press(ctx, keys)
			<-call.Context().Done()
		}
	}
	for name, c := range map[string]struct {
		anna   func(context.Context, *phone.Incoming)
		result string
		proven bool
	}{
		"presses 1":                 {presses("1", 6*time.Second), "proven by a test call", true},
		"presses 2, then 1":         {presses("21", 8*time.Second), "proven by a test call", true},
		"presses nothing":           {presses("", time.Second), "no key", false},
		"presses 2":                 {presses("2", 6*time.Second), "no key", false},
		"busy":                      {new(apptest.Rings).Busy, "busy", false},
		"rings and nobody picks up": {func(ctx context.Context, in *phone.Incoming) { in.Ring(); <-ctx.Done() }, "no answer", false},
		"hangs up": {func(ctx context.Context, in *phone.Incoming) {
			if call, err := in.PickUp(ctx); err == nil {
				_ = call.Wait(ctx, 2*time.Second)
				call.Hangup()
			}
		}, "hung up", false},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Run(t, func(t *testing.T, n *apptest.Program) {
				n.Engineers(c.anna, new(apptest.Rings).Busy)
				address := "sip:anna@" + apptest.Anna
				began := time.Now()
				result := n.App.Dispatcher().TestCall(t.Context(), oncall.Attempt{Engineer: "anna", Name: "Anna", Phone: address, Language: "it"})
				if took := time.Since(began); result != c.result || took > time.Minute {
					t.Errorf("%q after %s, want %q", result, took, c.result)
				}
				p, _ := n.Store.ProofsOf(t.Context(), "anna")
				if until := oncall.Proven(p.List, "anna", address, time.Now()); until.IsZero() == c.proven {
					t.Errorf("the proofs are %+v", p)
				}
				if c.proven && p.List[0].How != "test call" {
					t.Errorf("the proof says %q", p.List[0].How)
				}
			})
		})
	}
}
