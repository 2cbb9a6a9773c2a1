package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/outbox"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// receiver is the other system: it notes what it takes, and may be down.
type receiver struct {
	mu    sync.Mutex
	down  error
	taken []outbox.Message
	tries int
}

func (r *receiver) Send(_ context.Context, _ outbox.Endpoint, m outbox.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if r.down != nil {
		return r.down
	}
	r.taken = append(r.taken, m)
	return nil
}

func (r *receiver) set(down error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// all is what was taken so far.
func (r *receiver) all() []outbox.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.taken)
}

// tried is how often something was sent so far.
func (r *receiver) tried() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tries
}

// told are what it took, as "ticket kind".
func (r *receiver) told() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.taken {
		list = append(list, fmt.Sprint(m.Ticket, " ", m.Kind))
	}
	return list
}

// with runs a test with the program and one endpoint "zammad".
func with(t *testing.T, e outbox.Endpoint, test func(n *apptest.Program, r *receiver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{}
		n := apptest.Start(t, func(c *app.Config) { c.Virtual.Sender = r })
		t.Cleanup(n.Stop)
		e.ID, e.Template = "zammad", outbox.Webhook
		if _, err := n.Store.PutEndpoint(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		n.App.Outbox().Edited(t.Context())
		test(n, r)
	})
}

func opened(n *apptest.Program, c sla.Category) tickets.Number {
	n.Helper()
	t, err := n.Desk.Open(n.Context(), tickets.Draft{Claim: c, Channel: tickets.Phone, Caller: "+39061234", Actor: "caller", Language: "it"}, time.Now())
	if err != nil {
		n.Fatal(err)
	}
	return t.Number
}

func do(n *apptest.Program, command func() (tickets.Ticket, error)) {
	n.Helper()
	if _, err := command(); err != nil {
		n.Fatal(err)
	}
}

func TestWhatHappensToATicketIsToldInItsOrder(t *testing.T) {
	with(t, outbox.Endpoint{}, func(n *apptest.Program, r *receiver) {
		one := opened(n, sla.Question)
		do(n, func() (tickets.Ticket, error) {
			return n.Desk.Assign(n.Context(), one, "staff:carla", "anna", time.Now())
		})
		do(n, func() (tickets.Ticket, error) {
			return n.Desk.Intervene(n.Context(), one, "staff:carla", time.Now())
		})
		do(n, func() (tickets.Ticket, error) {
			return n.Desk.Comment(n.Context(), one, "staff:carla", "as agreed", time.Now())
		})
		do(n, func() (tickets.Ticket, error) {
			return n.Desk.Restored(n.Context(), one, "staff:carla", time.Now())
		})
		do(n, func() (tickets.Ticket, error) {
			return n.Desk.Close(n.Context(), one, "staff:carla", "done", time.Now())
		})
		n.Passes(10 * time.Second)
		want := []string{"417 ticket.opened", "417 ticket.assigned", "417 ticket.intervention", "417 ticket.commented", "417 ticket.restored", "417 ticket.closed"}
		if got := r.told(); !slices.Equal(got, want) {
			t.Errorf("told %v", got)
		}
		var p outbox.Payload
		if err := json.Unmarshal([]byte(r.all()[3].Body), &p); err != nil {
			t.Fatal(err)
		}
		if p.Data.Event.Text != "as agreed" || p.Data.Ticket.Number != 417 || p.Type != outbox.Commented || !strings.Contains(p.Data.Summary, "[417]") {
			t.Errorf("payload %+v", p)
		}
		for _, m := range r.all() { // a template that names one of them is of use for each
			if _, event, _ := strings.Cut(m.Body, `"event":{`); !strings.Contains(event, `"text":"`) || !strings.Contains(event, `"facts":{`) {
				t.Errorf("%s lacks a field: %s", m.Kind, event)
			}
		}
		if clock, err := json.Marshal(outbox.Clock{}); err != nil || !strings.Contains(string(clock), `"projected":false,"met_at":null,"broken_at":null`) {
			t.Errorf("a clock lacks a field: %s, %v", clock, err)
		}
	})
}

// TestADayWithoutTheReceiverLosesNothing: everything arrives once, with its id, in the order of each ticket, soon after it is back.
func TestADayWithoutTheReceiverLosesNothing(t *testing.T) {
	with(t, outbox.Endpoint{}, func(n *apptest.Program, r *receiver) {
		r.set(errors.New("connection refused"))
		var want []string
		for range 24 {
			one := opened(n, sla.Question)
			n.Passes(30 * time.Minute)
			do(n, func() (tickets.Ticket, error) {
				return n.Desk.Close(n.Context(), one, "staff:carla", "done", time.Now())
			})
			n.Passes(30 * time.Minute)
			want = append(want, fmt.Sprint(one, " ticket.opened"), fmt.Sprint(one, " ticket.closed"))
		}
		if got := r.told(); len(got) > 0 {
			t.Fatalf("a receiver that is down takes %v", got)
		}
		if r.tried() > 48*40 {
			t.Errorf("it is tried %d times in a day", r.tried())
		}
		r.set(nil)
		n.Passes(outbox.LongestGap + time.Minute)
		got, ids := r.told(), map[string]int{}
		for _, m := range r.all() {
			ids[m.ID]++
		}
		if len(ids) != len(want) || len(got) != len(want) {
			t.Errorf("%d messages of %d ids, want %d", len(got), len(ids), len(want))
		}
		for at, line := range got {
			if number, closed := strings.CutSuffix(line, " ticket.closed"); closed && !slices.Contains(got[:at], number+" ticket.opened") {
				t.Errorf("%s is closed before it is opened", number)
			}
		}
	})
}

func TestWhatIsNotTakenForThreeDaysIsADeadLetterThatCanBeSentAgain(t *testing.T) {
	with(t, outbox.Endpoint{}, func(n *apptest.Program, r *receiver) {
		r.set(&outbox.Failure{Why: "it answers 500 Internal Server Error"})
		one := opened(n, sla.Question)
		n.Passes(time.Minute)
		tried, err := n.Store.Messages(n.Context(), outbox.Filter{State: outbox.Waiting})
		if err != nil || len(tried) != 1 {
			t.Fatal(tried, err)
		}
		tried[0].Since = tried[0].Since.Add(time.Hour - outbox.GiveUp) // but for an hour of them the three days have passed
		if err := n.Store.PutMessage(n.Context(), tried[0], tried[0].Tries); err != nil {
			t.Fatal(err)
		}
		n.Passes(50 * time.Minute)
		if dead, _ := n.Store.Messages(n.Context(), outbox.Filter{State: outbox.Dead}); len(dead) > 0 {
			t.Fatalf("given up before its time: %+v", dead)
		}
		n.Passes(2 * outbox.LongestGap)
		dead, err := n.Store.Messages(n.Context(), outbox.Filter{State: outbox.Dead})
		if err != nil || len(dead) != 1 || dead[0].Error != "it answers 500 Internal Server Error" {
			t.Fatalf("dead letters %+v, %v", dead, err)
		}
		r.set(nil)
		n.Passes(outbox.LongestGap)
		if got := r.told(); len(got) != 0 {
			t.Errorf("a dead letter is sent by itself: %v", got)
		}
		if count, err := n.App.Outbox().RetryAll(n.Context(), "zammad", time.Now()); count != 1 || err != nil {
			t.Errorf("%d are sent again, %v", count, err)
		}
		n.Passes(5 * time.Second)
		if got := r.all(); len(got) != 1 || got[0].ID != dead[0].ID || got[0].Ticket != one {
			t.Errorf("sent again: %+v, want the id %s", got, dead[0].ID)
		}
	})
}

// TestWhatWaitedForDaysIsTriedForThreeDays: a pause, or a message before it, takes nothing of the time in which it is tried.
func TestWhatWaitedForDaysIsTriedForThreeDays(t *testing.T) {
	with(t, outbox.Endpoint{Paused: true}, func(n *apptest.Program, r *receiver) {
		r.set(errors.New("connection refused"))
		opened(n, sla.Question)
		n.Passes(outbox.GiveUp + time.Hour)
		e, err := n.Store.Endpoint(n.Context(), "zammad")
		if err != nil {
			t.Fatal(err)
		}
		e.Paused = false
		if _, err = n.Store.PutEndpoint(n.Context(), e); err != nil {
			t.Fatal(err)
		}
		n.Passes(time.Minute)
		if dead, err := n.Store.Messages(n.Context(), outbox.Filter{State: outbox.Dead}); len(dead) > 0 || err != nil || r.tried() != 3 {
			t.Errorf("after %d tries dead letters %+v, %v", r.tried(), dead, err)
		}
	})
}

// TestAReceiverThatIsBackGetsAllThatFailed as soon as it takes one message, also one that it was never sent before.
func TestAReceiverThatIsBackGetsAllThatFailed(t *testing.T) {
	with(t, outbox.Endpoint{}, func(n *apptest.Program, r *receiver) {
		r.set(errors.New("connection refused"))
		opened(n, sla.Question)
		n.Passes(12 * time.Hour)
		r.set(nil)
		tried := r.tried()
		opened(n, sla.Question)
		n.Passes(5 * time.Second)
		if got := r.told(); !slices.Equal(got, []string{"418 ticket.opened", "417 ticket.opened"}) || r.tried() != tried+2 {
			t.Errorf("told %v by %d tries", got, r.tried()-tried)
		}
	})
}

// TestAMessageIsNotSentTwiceAtOnce, whoever asks for it to be sent again while it is under way.
func TestAMessageIsNotSentTwiceAtOnce(t *testing.T) {
	with(t, outbox.Endpoint{}, func(n *apptest.Program, r *receiver) {
		opened(n, sla.Question)
		n.Passes(5 * time.Second)
		all, err := n.Store.Messages(n.Context(), outbox.Filter{})
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		if _, err = n.App.Outbox().Retry(n.Context(), "zammad", all[0].ID, time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err = n.Store.ClaimMessage(n.Context(), "zammad", time.Now(), time.Now().Add(time.Minute)); err != nil { // another node
			t.Fatal(err)
		}
		if _, err = n.App.Outbox().Retry(n.Context(), "zammad", all[0].ID, time.Now()); err != nil {
			t.Fatal(err)
		}
		n.Passes(50 * time.Second)
		if len(r.all()) != 1 {
			t.Errorf("sent %d times while another node sends it", len(r.all()))
		}
		n.Passes(15 * time.Second)
		if len(r.all()) != 2 {
			t.Errorf("sent %d times: the other node is gone", len(r.all()))
		}
	})
}

func TestAReceiverThatIsGoneMakesADeadLetterAtOnceAndWhatItAsksForIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		why  outbox.Failure
		want int // tries in ten minutes
	}{
		"gone":          {outbox.Failure{Why: "it answers 410 Gone", Final: true}, 1},
		"five minutes":  {outbox.Failure{Why: "it answers 429", After: 5 * time.Minute}, 2},
		"says nothing":  {outbox.Failure{Why: "it answers 500"}, 6}, // after 10, 30, 70, 150, 310 s
		"asks too much": {outbox.Failure{Why: "it answers 503", After: 24 * time.Hour}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			with(t, outbox.Endpoint{}, func(n *apptest.Program, r *receiver) {
				r.set(&c.why)
				opened(n, sla.Question)
				n.Passes(9 * time.Minute)
				if r.tried() != c.want {
					t.Errorf("%d tries, want %d", r.tried(), c.want)
				}
				n.Passes(outbox.LongestGap)
				if name == "asks too much" && r.tried() != 2 {
					t.Errorf("%d tries after an hour: nobody may ask for more", r.tried())
				}
			})
		})
	}
}

func TestAnEndpointIsToldOfWhatItWants(t *testing.T) {
	for name, c := range map[string]struct {
		e    outbox.Endpoint
		want []string
	}{
		"all":              {outbox.Endpoint{}, []string{"417 ticket.opened", "418 ticket.opened", "417 ticket.closed"}},
		"closes":           {outbox.Endpoint{Kinds: []outbox.Kind{outbox.Closed}}, []string{"417 ticket.closed"}},
		"a category":       {outbox.Endpoint{Categories: []sla.Category{sla.Change}}, []string{"418 ticket.opened"}},
		"another contract": {outbox.Endpoint{Contracts: []string{"rossi"}}, nil},
		"paused":           {outbox.Endpoint{Paused: true}, nil},
		"later":            {outbox.Endpoint{Since: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			with(t, c.e, func(n *apptest.Program, r *receiver) {
				one := opened(n, sla.Question)
				opened(n, sla.Change)
				n.Passes(5 * time.Second)
				do(n, func() (tickets.Ticket, error) { return n.Desk.Close(n.Context(), one, "staff:carla", "", time.Now()) })
				n.Passes(5 * time.Second)
				got := r.told()
				slices.Sort(got[:min(2, len(got))])
				if !slices.Equal(got, c.want) {
					t.Errorf("told %v, want %v", got, c.want)
				}
			})
		})
	}
}

// TestQuietHoursKeepWhatCanWait: the demo begins at nine, UTC, which is ten in Rome.
func TestQuietHoursKeepWhatCanWait(t *testing.T) {
	quiet := outbox.Quiet{From: "09:30", Until: "12:00", Zone: "Europe/Rome", Except: []outbox.Kind{outbox.Closed}}
	with(t, outbox.Endpoint{Quiet: quiet}, func(n *apptest.Program, r *receiver) {
		one := opened(n, sla.Question)
		do(n, func() (tickets.Ticket, error) {
			return n.Desk.Comment(n.Context(), one, "staff:carla", "a note", time.Now())
		})
		do(n, func() (tickets.Ticket, error) { return n.Desk.Close(n.Context(), one, "staff:carla", "", time.Now()) })
		n.Passes(time.Hour)
		if got := r.told(); !slices.Equal(got, []string{"417 ticket.closed"}) {
			t.Errorf("in the quiet hours it is told %v", got)
		}
		n.Passes(time.Hour + 5*time.Second)
		if got := r.told(); !slices.Equal(got, []string{"417 ticket.closed", "417 ticket.opened", "417 ticket.commented"}) {
			t.Errorf("after them it is told %v", got)
		}
	})
}

func TestTheEndOfQuietHours(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	night := outbox.Quiet{From: "22:00", Until: "07:00", Zone: "Europe/Rome"}
	for _, c := range []struct{ at, want string }{
		{"2026-11-23 21:59", "2026-11-23 21:59"}, {"2026-11-23 22:00", "2026-11-24 07:00"}, {"2026-11-24 03:00", "2026-11-24 07:00"}, {"2026-11-24 07:00", "2026-11-24 07:00"},
		{"2026-03-29 01:30", "2026-03-29 07:00"}, {"2026-10-25 01:30", "2026-10-25 07:00"}, // an hour less, and one more
	} {
		at, _ := time.ParseInLocation("2006-01-02 15:04", c.at, rome)
		if got := night.End(outbox.Opened, at).In(rome).Format("2006-01-02 15:04"); got != c.want {
			t.Errorf("at %s until %s, want %s", c.at, got, c.want)
		}
	}
	for _, bad := range []outbox.Quiet{{From: "22:00"}, {From: "25:00", Until: "07:00"}, {From: "07:00", Until: "07:00"}, {From: "22:00", Until: "07:00", Zone: "Roma"}} {
		if bad.Check() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// TestARestartSendsWhatWaits, with the id that it had.
func TestARestartSendsWhatWaits(t *testing.T) {
	with(t, outbox.Endpoint{}, func(n *apptest.Program, r *receiver) {
		r.set(errors.New("connection refused"))
		opened(n, sla.Question)
		n.Passes(time.Minute)
		waits, err := n.Store.Messages(n.Context(), outbox.Filter{State: outbox.Waiting})
		if err != nil || len(waits) != 1 {
			t.Fatal(waits, err)
		}
		n.Stop()
		r.set(nil)
		n.Restart()
		n.Passes(outbox.LongestGap)
		if len(r.all()) != 1 || r.all()[0].ID != waits[0].ID {
			t.Errorf("after the restart %+v", r.all())
		}
	})
}

// TestAnEndpointThatIsNoMoreIsRemoved: with all that it was to be told, so that nothing is tried for days at an address that nobody has.
func TestAnEndpointThatIsNoMoreIsRemoved(t *testing.T) {
	with(t, outbox.Endpoint{Owner: "carla", Assignees: []string{"anna"}}, func(n *apptest.Program, r *receiver) {
		one := opened(n, sla.Question)
		n.Passes(10 * time.Second)
		if r.tried() != 0 {
			t.Errorf("told of a ticket that is not anna's: %d", r.tried())
		}
		r.set(&outbox.Failure{Why: "it answers 404 Not Found", Final: true, Gone: true, Status: 404})
		do(n, func() (tickets.Ticket, error) {
			return n.Desk.Assign(n.Context(), one, "staff:carla", "anna", time.Now())
		})
		n.Passes(10 * time.Second)
		_, err := n.Store.Endpoint(n.Context(), "zammad")
		list, failed := n.Store.Messages(n.Context(), outbox.Filter{})
		if !errors.Is(err, storage.ErrNotFound) || failed != nil || len(list) != 0 || r.tried() != 1 {
			t.Errorf("%v; %d tries, left are %+v, %v", err, r.tried(), list, failed)
		}
	})
}
