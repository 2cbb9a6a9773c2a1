package deadlines_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app/apptest"
	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
)

func TestWarningsAndBreachesAreRaisedOnceAndAtTheirInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := apptest.Start(t) // Monday at nine, UTC
		defer n.Stop()
		ticket := n.Open("rossi")
		time.Sleep(2 * time.Second) // a moment that is no multiple of anything
		time.Sleep(5*time.Hour + 300*time.Millisecond)
		want := "[09:45:00 warned contact 10:00:01 broken contact 12:00:00 warned intervention 13:00:01 broken intervention]"
		if got := fmt.Sprint(n.Raised(ticket.Number)); got != want {
			t.Errorf("raised %s, want %s", got, want)
		}
	})
}

// TestManyClocksMayRunOutInTheSameSecond: an alert storm at night is due as one when the day begins.
func TestManyClocksMayRunOutInTheSameSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := apptest.Start(t)
		defer n.Stop()
		var all []tickets.Number
		for range 250 {
			all = append(all, n.Open("bianchi").Number)
		}
		time.Sleep(time.Hour + 3*time.Second)
		for _, number := range all {
			if got := fmt.Sprint(n.Raised(number)); got != "[09:45:00 warned contact 10:00:01 broken contact]" {
				t.Fatalf("ticket %d: raised %s", number, got)
			}
		}
	})
}

func TestWhatFellDueWhileNobodyLookedIsRaisedAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := apptest.Start(t)
		ticket := n.Open("rossi")
		if err := n.App.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		n.Restart()
		defer n.Stop()
		time.Sleep(5 * time.Second)
		got := n.Raised(ticket.Number)
		if len(got) != 2 || !strings.HasPrefix(got[1], "11:00:0") {
			t.Errorf("raised %v, want a warning and a breach within five seconds of eleven", got)
		}
	})
}

func TestAnAlarmMayRaiseTheLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := apptest.Start(t)
		defer n.Stop()
		book := n.Desk.Book().With(func(b *directory.Book) {
			l := b.Levels[sla.Advanced]
			l.Alarms = []sla.Alarm{{Clock: sla.Contact, Left: 10 * time.Minute, Do: []sla.Action{sla.Raise}}}
			b.Levels[sla.Advanced] = l
		})
		n.Desk.SetBook(book)
		ticket := n.Open("verdi")
		time.Sleep(51 * time.Minute)
		after, err := n.Desk.Ticket(t.Context(), ticket.Number)
		if err != nil {
			t.Fatal(err)
		}
		if ticket.Priority != 2 || after.Priority != 1 || after.Raised != 1 {
			t.Errorf("P%d became P%d, raised %d times", ticket.Priority, after.Priority, after.Raised)
		}
	})
}
