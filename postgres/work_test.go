package postgres

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"hotline/tickets"
)

// TestLettersDoNotWaitForCallOuts: the rota rings for more tickets than there are hands, and a letter goes out all the same.
func TestLettersDoNotWaitForCallOuts(t *testing.T) {
	s := fresh(t)
	now := time.Now()
	c := tickets.Change{Ticket: tickets.Ticket{Number: 1, OpenedAt: now, Version: 1}, Events: []tickets.Event{{ID: "e", Ticket: 1, At: now, Kind: tickets.Opened}}}
	for n := range 2 * hands {
		c.Work = append(c.Work, tickets.Work{ID: fmt.Sprint("ring", n), Kind: tickets.WorkRing, Ticket: 1, Due: now})
	}
	c.Work = append(c.Work, tickets.Work{ID: "letter", Kind: tickets.WorkNotify, Ticket: 1, Due: now}, tickets.Work{ID: "receipt", Kind: tickets.WorkReceipt, Ticket: 1, Due: now})
	if err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	told := make(chan string, 2)
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx, func(_ context.Context, w tickets.Work) error {
			if w.Kind == tickets.WorkRing {
				<-ctx.Done() // nobody picks up
				return nil
			}
			told <- w.ID
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	for range 2 {
		select {
		case <-told:
		case <-ctx.Done():
			t.Fatal("a letter waits for the telephone")
		}
	}
	cancel()
	running.Wait()
}

func TestWorkThatFailsIsTriedForDays(t *testing.T) {
	var sum, last time.Duration
	for n := 1; n < mostTries; n++ {
		gap := time.Until((&worker{}).NextRetry(&river.Job[job]{JobRow: &rivertype.JobRow{Attempt: n}})).Round(time.Second)
		if gap < last || gap > longestGap || gap <= 0 {
			t.Fatalf("after %d tries it waits %s, before it waited %s", n, gap, last)
		}
		sum, last = sum+gap, gap
	}
	if sum < 5*24*time.Hour {
		t.Errorf("it is given up after %s", sum)
	}
}
