package outbox_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hotline/app/apptest"
	"hotline/outbox"
	"hotline/sla"
	"hotline/tickets"
)

// lines are what a message tells: the ids of its messages, by a bundle's list or its own.
func lines(t testing.TB, m outbox.Message) (ids []string, p outbox.Payload) {
	t.Helper()
	if err := json.Unmarshal([]byte(m.Body), &p); err != nil {
		t.Fatal(err)
	}
	for _, one := range p.Data.Lines {
		ids = append(ids, one.ID)
	}
	if len(ids) == 0 {
		ids = []string{m.ID}
	}
	return ids, p
}

func TestMessagesOfOneTicketWithinTheWindowAreOne(t *testing.T) {
	with(t, outbox.Endpoint{Window: 5 * time.Minute}, func(n *apptest.Program, r *receiver) {
		one, other := opened(n, sla.Question), opened(n, sla.Question)
		for i := range 3 {
			n.Passes(time.Minute)
			do(n, func() (tickets.Ticket, error) {
				return n.Desk.Comment(n.Context(), one, "staff:carla", fmt.Sprint("note ", i), time.Now())
			})
		}
		n.Passes(time.Minute)
		if got := r.told(); len(got) > 0 {
			t.Errorf("within the window it is told %v", got)
		}
		n.Passes(time.Minute + 5*time.Second)
		got := r.all() // tickets have no order among each other
		slices.SortFunc(got, func(a, b outbox.Message) int { return cmp.Compare(a.Ticket, b.Ticket) })
		if len(got) != 2 || got[0].Ticket != one || got[1].Ticket != other {
			t.Errorf("after it %v", r.told())
			return
		}
		ids, p := lines(t, got[0])
		if len(ids) != 4 || ids[0] != got[0].ID || p.Type != outbox.Commented || p.Data.Event.Text != "note 2" || !strings.HasSuffix(p.Data.Summary, "(+3)") {
			t.Errorf("the bundle %s: %+v", ids, p)
		}
		for _, want := range []string{"note 0", "note 1", "note 2"} {
			if !strings.Contains(p.Data.Text, want) {
				t.Errorf("the text lacks %q: %s", want, p.Data.Text)
			}
		}
		if ids, p := lines(t, got[1]); len(ids) != 1 || p.Data.Lines != nil {
			t.Errorf("what came alone is a bundle of %v", ids)
		}
		n.Passes(time.Hour)
		if len(r.all()) != 2 {
			t.Errorf("told again: %v", r.told())
		}
	})
}

func TestABlockingTicketWaitsForNothingAndTakesAlongWhatWaits(t *testing.T) {
	with(t, outbox.Endpoint{Window: time.Hour}, func(n *apptest.Program, r *receiver) {
		opened(n, sla.Blocking)
		one := opened(n, sla.Question)
		n.Passes(5 * time.Second)
		if got := r.told(); !slices.Equal(got, []string{"417 ticket.opened"}) {
			t.Fatalf("at once it is told %v", got)
		}
		do(n, func() (tickets.Ticket, error) {
			return n.Desk.Assess(n.Context(), one, "staff:carla", "", sla.Blocking, time.Now())
		})
		n.Passes(5 * time.Second)
		ids, _ := lines(t, r.all()[len(r.all())-1])
		if got := r.told(); len(got) != 2 || len(ids) != 2 {
			t.Errorf("when it is found to be blocking it is told %v: %v", got, ids)
		}
	})
}

// TestAWindowDoesNotReachIntoQuietHours: the demo begins at nine, UTC, which is ten in Rome.
func TestAWindowDoesNotReachIntoQuietHours(t *testing.T) {
	quiet := outbox.Quiet{From: "10:20", Until: "12:00", Zone: "Europe/Rome", Except: []outbox.Kind{outbox.Closed}}
	with(t, outbox.Endpoint{Window: 30 * time.Minute, Quiet: quiet}, func(n *apptest.Program, r *receiver) {
		one := opened(n, sla.Question)
		n.Passes(5 * time.Second)
		if got := r.told(); !slices.Equal(got, []string{"417 ticket.opened"}) {
			t.Fatalf("before the quiet hours it is told %v", got)
		}
		n.Passes(30 * time.Minute)
		for range 2 {
			do(n, func() (tickets.Ticket, error) {
				return n.Desk.Comment(n.Context(), one, "staff:carla", "a note", time.Now())
			})
		}
		do(n, func() (tickets.Ticket, error) { return n.Desk.Close(n.Context(), one, "staff:carla", "", time.Now()) })
		n.Passes(31 * time.Minute)
		if got := r.told(); !slices.Equal(got, []string{"417 ticket.opened", "417 ticket.closed"}) {
			t.Errorf("in them it is told %v", got)
		}
		n.Passes(time.Hour)
		if ids, _ := lines(t, r.all()[len(r.all())-1]); len(r.all()) != 3 || len(ids) != 2 {
			t.Errorf("after them it is told %v: %v", r.told(), ids)
		}
	})
}

// TestABundleIsBounded: what is more follows.
func TestABundleIsBounded(t *testing.T) {
	with(t, outbox.Endpoint{Window: 5 * time.Minute}, func(n *apptest.Program, r *receiver) {
		one := opened(n, sla.Question)
		for range 39 {
			do(n, func() (tickets.Ticket, error) {
				return n.Desk.Comment(n.Context(), one, "staff:carla", strings.Repeat("è", 900), time.Now())
			})
		}
		n.Passes(6 * time.Minute)
		told := 0
		for _, m := range r.all() {
			ids, p := lines(t, m)
			told += len(ids)
			if len(ids) > 20 || len(m.Body) > 80<<10 || utf8.RuneCountInString(p.Data.Text) > 4000 {
				t.Errorf("a bundle of %d, %d octets, a text of %d characters", len(ids), len(m.Body), utf8.RuneCountInString(p.Data.Text))
			}
		}
		if told != 40 || len(r.all()) > 4 {
			t.Errorf("%d are told by %d messages", told, len(r.all()))
		}
	})
}
