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
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
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

// TestWorkThatIsDueBeginsAtOnce: a job with a time waits for River's next look, five seconds apart; one that is due has none.
func TestWorkThatIsDueBeginsAtOnce(t *testing.T) {
	s := fresh(t)
	leave(t, s, 1, "now", time.Now())
	leave(t, s, 2, "later", time.Now().Add(time.Hour))
	for id, want := range map[string]rivertype.JobState{"now": rivertype.JobStateAvailable, "later": rivertype.JobStateScheduled} {
		var state rivertype.JobState
		if err := s.pool.QueryRow(t.Context(), `select state from river_job where args->>'id' = $1`, id).Scan(&state); err != nil || state != want {
			t.Errorf("the job %s is %s, want %s: %v", id, state, want, err)
		}
	}
}

// TestRiverRunsForWorkThatIsNearAndForItsOwnUpkeep and at no other time.
func TestRiverRunsForWorkThatIsNearAndForItsOwnUpkeep(t *testing.T) {
	s := fresh(t)
	noon := time.Now().UTC().Truncate(24 * time.Hour).Add(36 * time.Hour)
	leave(t, s, 1, "later", noon)
	for at, want := range map[time.Duration]bool{
		-ahead - time.Second: false, -ahead + time.Second: true, time.Hour: true,
		-12*time.Hour - 30*time.Second: true, -12*time.Hour + 30*time.Second: true, -12*time.Hour - 2*time.Minute: false, -12*time.Hour + 2*time.Minute: false,
	} {
		if due, err := s.due(t.Context(), noon.Add(at)); err != nil || due != want {
			t.Errorf("%v from work at noon River runs: %v, want %v: %v", at, due, want, err)
		}
	}
}

// TestAServerRestsUntilThereIsWork: River runs for work that is told here, rests after it, and is woken for what another node
// left.
func TestAServerRestsUntilThereIsWork(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	other, err := Open(t.Context(), s.pool.Config().ConnString(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ctx, cancel := context.WithCancel(t.Context())
	told := make(chan string, 2)
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx, func(_ context.Context, w tickets.Work) error {
			told <- w.ID
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	defer running.Wait()
	defer cancel()
	done := func(id string) {
		t.Helper()
		select {
		case was := <-told:
			if was != id {
				t.Errorf("%s was done, it should be %s", was, id)
			}
		case <-time.After(time.Minute):
			t.Fatal("nobody does the work", id)
		}
	}
	leaders := func(want int) { // River has one where it runs
		t.Helper()
		waiting, stop := context.WithTimeout(t.Context(), 90*time.Second)
		defer stop()
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for n := -1; n != want; <-tick.C {
			if err := s.pool.QueryRow(waiting, `select count(*) from river_leader`).Scan(&n); err != nil {
				t.Fatalf("waiting until %d lead: %v", want, err)
			}
		}
	}
	leave(t, s, 1, "ours", time.Now())
	done("ours")
	leaders(1)
	leaders(0)
	leave(t, other, 2, "theirs", time.Now())
	done("theirs")
}

// leave writes a ticket with work.
func leave(t *testing.T, s *Store, n tickets.Number, id string, due time.Time) {
	t.Helper()
	now := time.Now()
	err := s.Apply(t.Context(), tickets.Change{
		Ticket: tickets.Ticket{Number: n, OpenedAt: now, Version: 1},
		Events: []tickets.Event{{ID: id, Ticket: n, At: now, Kind: tickets.Opened}},
		Work:   []tickets.Work{{ID: id, Kind: tickets.WorkNotify, Due: due}},
	})
	if err != nil {
		t.Fatal(err)
	}
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
