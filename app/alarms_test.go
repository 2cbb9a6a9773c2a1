package app

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
)

// blocking opens a blocking ticket of a contract as staff do.
func (n *night) blocking(c directory.ContractID) tickets.Ticket {
	n.Helper()
	b := n.app.desk.Book()
	contract := b.Contracts.At(c)
	t, err := n.app.desk.Open(n.Context(), tickets.Draft{
		Identity: tickets.Identity{Contract: contract, Customer: b.Customers.At(contract.Customer)}, Claim: sla.Blocking, Channel: tickets.Web, Actor: "staff:carla",
	}, time.Now())
	if err != nil {
		n.Fatal(err)
	}
	return t
}

// raised lists a ticket's warnings and breaches with their delay after the instant that they are about.
func (n *night) raised(number tickets.Number) (list []string) {
	n.Helper()
	lines, err := n.store.History(n.Context(), number)
	if err != nil {
		n.Fatal(err)
	}
	for _, e := range lines {
		if e.Kind == tickets.Warned || e.Kind == tickets.Broken {
			list = append(list, fmt.Sprintf("%s %s %s", e.At.UTC().Format(time.TimeOnly), e.Kind, e.Facts["clock"]))
		}
	}
	return list
}

func TestWarningsAndBreachesAreRaisedOnceAndAtTheirInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(t) // Monday at nine, UTC
		defer n.end()
		ticket := n.blocking("rossi")
		time.Sleep(2 * time.Second) // a moment that is no multiple of anything
		time.Sleep(5*time.Hour + 300*time.Millisecond)
		want := "[09:45:00 warned contact 10:00:01 broken contact 12:00:00 warned intervention 13:00:01 broken intervention]"
		if got := fmt.Sprint(n.raised(ticket.Number)); got != want {
			t.Errorf("raised %s, want %s", got, want)
		}
	})
}

// TestManyClocksMayRunOutInTheSameSecond: an alert storm at night is due as one when the day begins.
func TestManyClocksMayRunOutInTheSameSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(t)
		defer n.end()
		var all []tickets.Number
		for range dueAtOnce + 50 {
			all = append(all, n.blocking("bianchi").Number)
		}
		time.Sleep(time.Hour + 3*time.Second)
		for _, number := range all {
			if got := fmt.Sprint(n.raised(number)); got != "[09:45:00 warned contact 10:00:01 broken contact]" {
				t.Fatalf("ticket %d: raised %s", number, got)
			}
		}
	})
}

func TestWhatFellDueWhileNobodyLookedIsRaisedAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(t)
		ticket := n.blocking("rossi")
		if err := n.app.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		again, err := New(n.app.cfg)
		if err != nil {
			t.Fatal(err)
		}
		n.app = again
		if err := again.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer n.end()
		time.Sleep(5 * time.Second)
		got := n.raised(ticket.Number)
		if len(got) != 2 || !strings.HasPrefix(got[1], "11:00:0") {
			t.Errorf("raised %v, want a warning and a breach within five seconds of eleven", got)
		}
	})
}

func TestAnAlarmMayRaiseTheLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(t)
		defer n.end()
		book := n.app.desk.Book().With(func(b *directory.Book) {
			l := b.Levels[sla.Advanced]
			l.Alarms = []sla.Alarm{{Clock: sla.Contact, Left: 10 * time.Minute, Do: []sla.Action{sla.Raise}}}
			b.Levels[sla.Advanced] = l
		})
		n.app.desk.SetBook(book)
		ticket := n.blocking("verdi")
		time.Sleep(51 * time.Minute)
		after, err := n.app.desk.Ticket(t.Context(), ticket.Number)
		if err != nil {
			t.Fatal(err)
		}
		if ticket.Priority != 2 || after.Priority != 1 || after.Raised != 1 {
			t.Errorf("P%d became P%d, raised %d times", ticket.Priority, after.Priority, after.Raised)
		}
	})
}

// assigned is a ticket that staff have given to an engineer.
func (n *night) assigned(number tickets.Number, engineer string) {
	n.Helper()
	if _, err := n.app.desk.Assign(n.Context(), number, "staff:carla", engineer, time.Now()); err != nil {
		n.Fatal(err)
	}
}
