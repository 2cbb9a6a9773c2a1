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
				defer s.hand.clients.Add(-1)
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
		if due, err := s.looked(ctx, now); due || err != nil {
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
			if due, err := s.looked(ctx, time.Now()); due || err != nil {
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
		ID: s.hand.client(), Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: hands}, letters: {MaxWorkers: writers}, messages: {MaxWorkers: spreaders}, transcripts: {MaxWorkers: listeners},
		},
		Workers: workers, Logger: s.log,
	})
	if err != nil {
		return nil, fmt.Errorf("doing due work: %w", err)
	}
	s.hand.clients.Add(1)
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		s.hand.clients.Add(-1)
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

// A process that dies leaves its work as being done, and River would take that up again only after an hour. So each process that does
// work has a row, which it renews. What a process was doing whose row ran out waits for whoever is there.
const (
	handTime  = 40 * time.Second // for which a row holds
	renewTime = 10 * time.Second // between two renewals
	forgotten = 24 * time.Hour   // a row that ran out so long ago goes
)

// hand is a process that does due work, as the others know it. All but clients is used by one goroutine.
type hand struct {
	name    string
	clients atomic.Int32 // of River, that do work or end it
	begun   int          // clients until now
	renewed time.Time
	answers time.Time // since when the database has answered without a break; zero: it does not
}

// handPrefix begins the names of processes that have rows; those of a former version have none.
const handPrefix = "hotline-"

func newHand() *hand { return &hand{name: handPrefix + rand.Text()} }

// client names the next client of River.
func (h *hand) client() string {
	h.begun++
	return fmt.Sprintf("%s.%d", h.name, h.begun)
}

const (
	putHand     = `insert into hands (name, until) values ($1, $2) on conflict (name) do update set until = $2`
	forgetHands = `delete from hands where until < $1`
	// The last of those who attempted a job does it.
	relieveHands = `update river_job j set state = 'available', scheduled_at = $1 where state = 'running' and starts_with(attempted_by[cardinality(attempted_by)], $2)
	and not exists (select from hands h where h.until > $1 and h.name = split_part(j.attempted_by[cardinality(j.attempted_by)], '.', 1))`
)

// looked is due, and keeps this process known to the others.
func (s *Store) looked(ctx context.Context, now time.Time) (bool, error) {
	due, err := s.due(ctx, now)
	if h := s.hand; err != nil {
		h.answers = time.Time{}
	} else if h.answers.IsZero() {
		h.answers = now
	}
	if err == nil && s.hand.clients.Load() > 0 && now.Sub(s.hand.renewed) >= renewTime {
		err = s.renew(ctx, now)
	}
	return due, err
}

// renew renews the row of this process, and makes due what others left who have died. After a time without the database, the
// others are given time to renew theirs first.
func (s *Store) renew(ctx context.Context, now time.Time) error {
	if err := s.exec(ctx, "renewing who does due work", putHand, s.hand.name, now.Add(handTime)); err != nil {
		return err
	}
	s.hand.renewed = now
	if s.hand.answers.IsZero() || now.Sub(s.hand.answers) < handTime {
		return nil
	}
	if err := s.exec(ctx, "taking over due work", relieveHands, now, handPrefix); err != nil {
		return err
	}
	return s.exec(ctx, "forgetting who did due work", forgetHands, now.Add(-forgotten))
}
