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

// TestNoWayOfTellingWaitsForAnother: the rota rings for more tickets than there are hands, and letters go out all the same. A mail server
// hangs, and messages to other systems go out all the same, such as the one that shows on the manager's telephone.
func TestNoWayOfTellingWaitsForAnother(t *testing.T) {
	for name, c := range map[string]struct {
		hangs string
		many  int
		told  []string
	}{
		"nobody picks up":     {tickets.WorkRing, 2 * hands, []string{tickets.WorkNotify, tickets.WorkReceipt, tickets.WorkOutgoing}},
		"a mail server hangs": {tickets.WorkReceipt, 20, []string{tickets.WorkOutgoing, tickets.WorkRing, tickets.WorkEscalate}},
	} {
		t.Run(name, func(t *testing.T) {
			var list []tickets.Work
			for n := range c.many {
				list = append(list, tickets.Work{ID: fmt.Sprint("hangs ", n), Kind: c.hangs})
			}
			for _, kind := range c.told {
				list = append(list, tickets.Work{ID: "told " + string(kind), Kind: kind})
			}
			begin(t, len(c.told), list, func(w tickets.Work) (hangs, counts bool) { return w.Kind == c.hangs, w.Kind != c.hangs })
		})
	}
}

// begin runs work that is due now, and waits until so many pieces that count have begun.
func begin(t *testing.T, want int, list []tickets.Work, of func(tickets.Work) (hangs, counts bool)) {
	s, now := fresh(t), time.Now()
	c := tickets.Change{Ticket: tickets.Ticket{Number: 1, OpenedAt: now, Version: 1}, Events: []tickets.Event{{ID: "e", Ticket: 1, At: now, Kind: tickets.Opened}}}
	for _, w := range list {
		w.Ticket, w.Due = 1, now
		c.Work = append(c.Work, w)
	}
	if err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	begun := make(chan struct{}, len(list))
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx, func(_ context.Context, w tickets.Work) error {
			hangs, counts := of(w)
			if counts {
				begun <- struct{}{}
			}
			if hangs {
				<-ctx.Done()
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	for n := range want {
		select {
		case <-begun:
		case <-ctx.Done():
			t.Fatalf("%d of %d pieces of work have begun; the others wait", n, want)
		}
	}
	cancel()
	running.Wait()
}

// TestCallOutsDoNotWaitForTheTalksOfOthers: a call-out lasts as long as the talk with the customer who is called back. The engineers of
// other teams are rung meanwhile, however many talk.
func TestCallOutsDoNotWaitForTheTalksOfOthers(t *testing.T) {
	var list []tickets.Work
	for n := range 41 {
		list = append(list, tickets.Work{ID: fmt.Sprint("call out ", n), Kind: tickets.WorkEscalate})
	}
	begin(t, len(list), list, func(tickets.Work) (talks, counts bool) { return true, true })
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

// TestWhatADeadProcessWasDoingIsDoneByAnother: once its row has run out, and only if the database has answered for as long as a row holds, so that
// the living have renewed theirs. What a former version does is left to River.
func TestWhatADeadProcessWasDoingIsDoneByAnother(t *testing.T) {
	s, now := fresh(t), time.Now().Truncate(time.Second)
	of := map[string]rivertype.JobState{ // by whom it is being done
		leasePrefix + "dead.1": rivertype.JobStateAvailable, leasePrefix + "gone.2": rivertype.JobStateAvailable,
		leasePrefix + "lives.3": rivertype.JobStateRunning, "host_2026_11_30": rivertype.JobStateRunning,
	}
	n := tickets.Number(0)
	for who := range of {
		n++
		leave(t, s, n, who, now.Add(-time.Hour))
		if _, err := s.pool.Exec(t.Context(), `update river_job set state = 'running', attempt = 1, attempted_at = $3, attempted_by = array['hotline-lives.1', $2] where args->>'id' = $1`, who, who, now); err != nil {
			t.Fatal(err)
		}
	}
	for name, until := range map[string]time.Time{"lives": now.Add(time.Second), "gone": now} {
		if err := s.exec(t.Context(), "", putLease, leasePrefix+name, until); err != nil {
			t.Fatal(err)
		}
	}
	standing := func(want func(who string) rivertype.JobState) {
		t.Helper()
		for who := range of {
			var is rivertype.JobState
			if err := s.pool.QueryRow(t.Context(), `select state from river_job where args->>'id' = $1`, who).Scan(&is); err != nil || is != want(who) {
				t.Errorf("what %s was doing is %s, want %s: %v", who, is, want(who), err)
			}
		}
	}
	s.lease.clients.Store(1)
	for _, at := range []time.Time{now.Add(-leaseTime + time.Second), now.Add(-renewTime)} {
		if _, err := s.lookForDue(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	standing(func(string) rivertype.JobState { return rivertype.JobStateRunning })
	s.lease.answers = now.Add(-leaseTime)
	if _, err := s.lookForDue(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	standing(func(who string) rivertype.JobState { return of[who] })
}

// TestWhoDoesWorkIsKnownBeforeItBegins, under the name that has the row.
func TestWhoDoesWorkIsKnownBeforeItBegins(t *testing.T) {
	s := fresh(t)
	leave(t, s, 1, "now", time.Now())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	known := 0
	err := s.Run(ctx, func(ctx context.Context, _ tickets.Work) error {
		defer cancel()
		return s.pool.QueryRow(ctx, `select count(*) from work_leases, river_job where state = 'running' and attempted_by[cardinality(attempted_by)] like name || '.%' and until > $1`, time.Now()).Scan(&known)
	})
	if err != nil || known != 1 {
		t.Errorf("%d known, %v", known, err)
	}
}
