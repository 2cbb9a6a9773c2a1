package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"hotline/tickets"
)

// River wakes some 150 times a second whether there is work or not: five sixths of what a server costs that nobody calls.
// So it rests while nothing is due. Work of this node wakes it at once, what another node left when that is looked for.
const (
	look  = 2 * time.Second  // between two looks for work
	ahead = 6 * time.Second  // how long before work is due River must run: it moves up what is due within five seconds
	quiet = 10 * time.Second // without work before it rests
	again = 5 * time.Second  // between two tries to reach a database that does not answer
)

// tell wakes River for what was enqueued; one word is enough for much work.
func (s *Store) tell() {
	select {
	case s.told <- struct{}{}:
	default:
	}
}

// Run does due work until ctx ends and then waits for what is under way. That the database does not answer is said once and
// ends nothing: work of before may still be under way.
func (s *Store) Run(ctx context.Context, handle func(ctx context.Context, w tickets.Work) error) error {
	var ending sync.WaitGroup
	defer ending.Wait()
	for said := false; ctx.Err() == nil; {
		// One client for each time of work: the last one's last call-out may take its half hour, and nothing waits for it.
		client, err := s.whenDue(ctx, handle)
		if err == nil {
			said = false
			s.untilQuiet(ctx)
			ending.Go(func() {
				defer s.lease.clients.Add(-1)
				s.rest(ctx, client)
			})
			continue
		}
		if !said && ctx.Err() == nil {
			s.log.Warn("due work waits until the database answers", "error", err)
			said = true
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
		}
	}
	return nil
}

// whenDue waits for work and starts River for it.
func (s *Store) whenDue(ctx context.Context, handle func(ctx context.Context, w tickets.Work) error) (*river.Client[pgx.Tx], error) {
	if err := s.untilDue(ctx); err != nil {
		return nil, err
	}
	return s.awake(ctx, handle)
}

// untilDue returns nil when work is due, or nearly.
func (s *Store) untilDue(ctx context.Context) error {
	for {
		now := time.Now()
		if due, err := s.lookForDue(ctx, now); due || err != nil {
			return err
		}
		next := time.NewTimer(now.Truncate(look).Add(look).Sub(now)) // when the clocks are looked at, too: one waking for both
		select {
		case <-s.told:
		case <-next.C:
		case <-ctx.Done():
			next.Stop()
			return ctx.Err()
		}
		next.Stop()
	}
}

// untilQuiet returns when there was no work for a while, or ctx ends. A database that does not answer may have work.
func (s *Store) untilQuiet(ctx context.Context) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for busy := time.Now(); time.Since(busy) < quiet; {
		select {
		case <-s.told:
			busy = time.Now()
		case <-tick.C:
			if due, err := s.lookForDue(ctx, time.Now()); due || err != nil {
				busy = time.Now()
			}
		case <-ctx.Done():
			return
		}
	}
}

// unfinished are the states of jobs that River still has to do with.
var unfinished = [...]rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
	rivertype.JobStateRunning, rivertype.JobStateScheduled}

// due tells whether River must run at an instant: for work, or for its own daily upkeep at midnight UTC.
func (s *Store) due(ctx context.Context, now time.Time) (bool, error) {
	if now.UTC().Add(time.Minute).Truncate(24*time.Hour) != now.UTC().Add(-time.Minute).Truncate(24*time.Hour) {
		return true, nil
	}
	first, err := s.jobs.JobList(ctx, river.NewJobListParams().States(unfinished[:]...).
		OrderBy(river.JobListOrderByScheduledAt, river.SortOrderAsc).First(1))
	if err != nil {
		return false, fault("looking for due work", err)
	}
	return len(first.Jobs) > 0 && first.Jobs[0].ScheduledAt.Before(now.Add(ahead)), nil
}

// awake starts River.
func (s *Store) awake(ctx context.Context, handle func(ctx context.Context, w tickets.Work) error) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{store: s, handle: handle}); err != nil {
		return nil, fmt.Errorf("doing due work: %w", err)
	}
	if err := s.renew(ctx, time.Now()); err != nil {
		return nil, err
	}
	client, err := river.NewClient(riverpgxv5.New(s.pool), &river.Config{
		ID: s.lease.client(), Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: hands}, letters: {MaxWorkers: writers}, messages: {MaxWorkers: spreaders}, transcripts: {MaxWorkers: listeners},
		},
		Workers: workers, Logger: s.log,
	})
	if err != nil {
		return nil, fmt.Errorf("doing due work: %w", err)
	}
	s.lease.clients.Add(1)
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		s.lease.clients.Add(-1)
		return nil, fault("doing due work", err)
	}
	return client, nil
}

// rest lets River end what is under way and stops it; when ctx ends, what takes longer than answerTime is given up and
// done again by the next start.
func (s *Store) rest(ctx context.Context, client *river.Client[pgx.Tx]) {
	last, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	defer context.AfterFunc(ctx, func() {
		select {
		case <-time.After(answerTime):
			giveUp()
		case <-last.Done():
		}
	})()
	if err := client.Stop(last); err != nil {
		s.log.Warn("due work was cut short", "error", client.StopAndCancel(last))
	}
}

// A process that dies leaves its work as being done, and River would rescue that only after an hour. So each process that does
// work has a lease, which it renews. What a process was doing whose lease ran out is done by whoever is there.
const (
	leaseTime = 40 * time.Second // for which a lease holds
	renewTime = 10 * time.Second // between two renewals
	forgotten = 24 * time.Hour   // a lease that ran out so long ago goes
)

// lease is that of this process on due work, as the others know it. All but clients is used by one goroutine.
type lease struct {
	name    string
	clients atomic.Int32 // of River, that do work or end it
	begun   int          // clients until now
	renewed time.Time
	answers time.Time // since when the database has answered without a break; zero: it does not
}

// leasePrefix begins the names of processes that have leases; those of a former version have none.
const leasePrefix = "hotline-"

func newLease() *lease { return &lease{name: leasePrefix + rand.Text()} }

// client names the next client of River.
func (l *lease) client() string {
	l.begun++
	return fmt.Sprintf("%s.%d", l.name, l.begun)
}

const (
	putLease     = `insert into work_leases (name, until) values ($1, $2) on conflict (name) do update set until = $2`
	forgetLeases = `delete from work_leases where until < $1`
	// The last of those who attempted a job does it.
	rescueWork = `update river_job j set state = 'available', scheduled_at = $1 where state = 'running' and starts_with(attempted_by[cardinality(attempted_by)], $2)
	and not exists (select from work_leases l where l.until > $1 and l.name = split_part(j.attempted_by[cardinality(j.attempted_by)], '.', 1))`
)

// lookForDue tells whether work is due, as due does, and renews the lease of this process in time.
func (s *Store) lookForDue(ctx context.Context, now time.Time) (bool, error) {
	due, err := s.due(ctx, now)
	switch {
	case err != nil:
		s.lease.answers = time.Time{}
	case s.lease.answers.IsZero():
		s.lease.answers = now
	}
	if err == nil && s.lease.clients.Load() > 0 && now.Sub(s.lease.renewed) >= renewTime {
		err = s.renew(ctx, now)
	}
	return due, err
}

// renew renews the lease of this process, and makes due what others left who have died. After a time without the database, the
// others are given time to renew theirs first.
func (s *Store) renew(ctx context.Context, now time.Time) error {
	if err := s.exec(ctx, "renewing who does due work", putLease, s.lease.name, now.Add(leaseTime)); err != nil {
		return err
	}
	s.lease.renewed = now
	if s.lease.answers.IsZero() || now.Sub(s.lease.answers) < leaseTime {
		return nil
	}
	if err := s.exec(ctx, "taking over due work", rescueWork, now, leasePrefix); err != nil {
		return err
	}
	return s.exec(ctx, "forgetting who did due work", forgetLeases, now.Add(-forgotten))
}
