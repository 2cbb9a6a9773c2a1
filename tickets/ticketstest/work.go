package ticketstest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// work runs the queue for real: what is due is done, what is due later is not, what fails comes again.
func work(t *testing.T, s Store) {
	x := sample(417)
	due := func(id string, at time.Time) tickets.Work {
		return tickets.Work{ID: id, Kind: tickets.WorkWarn, Ticket: 417, Due: at, Facts: map[string]string{"clock": "contact"}}
	}
	list := []tickets.Work{due("now", monday), due("now", monday), due("far", monday.AddDate(200, 0, 0))}
	check.Must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Events: []tickets.Event{event("w", 417, tickets.Opened)}, Work: list}))
	done, puts := make(chan tickets.Work, 9), 0
	run := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- s.Run(ctx, func(_ context.Context, w tickets.Work) error {
				done <- w
				if w.ID == "bad" {
					return errors.New("not now")
				}
				if w.ID == "put off" && puts < 1 {
					puts++ // this piece alone, one after the other
					return fmt.Errorf("the office is closed: %w", &tickets.Later{At: time.Now().Add(2 * time.Second)})
				}
				return nil
			})
		}()
		return func() {
			cancel()
			check.Must(t, <-ended)
		}
	}
	stop := run()
	first := take(t, done)
	check.Equal(t, "work", first, due("now", monday))
	x.Version = 2
	check.Must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{event("w2", 417, tickets.Commented)}, Work: []tickets.Work{due("bad", monday), due("now", monday)}}))
	check.Equal(t, "work that fails", take(t, done).ID, "bad")
	x.Version = 3
	check.Must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Expect: 2, Events: []tickets.Event{event("w3", 417, tickets.Commented)}, Work: []tickets.Work{due("put off", monday)}}))
	check.Equal(t, "work put off", take(t, done).ID, "put off")
	for id := ""; id != "put off"; { // beside it the work that fails may come again
		id = take(t, done).ID
	}
	stop()
	select {
	case w := <-done:
		if w.ID != "bad" { // its next try may have come meanwhile
			t.Errorf("%s was done besides", w.ID)
		}
	default:
	}
}

func take(t *testing.T, done <-chan tickets.Work) tickets.Work {
	t.Helper()
	select {
	case w := <-done:
		return w
	case <-time.After(30 * time.Second):
		t.Fatal("due work was not done within 30 s")
		return tickets.Work{}
	}
}
