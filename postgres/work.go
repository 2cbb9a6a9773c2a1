package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"

	"hotline/storage"
	"hotline/tickets"
)

// job is due work as River carries it: the id alone; what is to be done stands in our own table.
type job struct {
	ID string `json:"id" river:"unique"`
}

// Kind names the jobs in River's tables.
func (job) Kind() string { return "due-work" }

const (
	hands      = 4                // pieces of work at a time
	writers    = 2                // of them letters, which must not wait for call-outs
	retryAfter = 10 * time.Second // of work that failed for the first time; later ones wait longer
	longestGap = 15 * time.Minute // between two tries
	mostTries  = 500              // more than four days of them
	letters    = "letters"        // River's queue of what is told in writing
)

// queueOf is the queue that work waits in.
func queueOf(w tickets.Work) string {
	switch w.Kind {
	case tickets.WorkNotify, tickets.WorkReceipt, tickets.WorkUpdate:
		return letters
	}
	return river.QueueDefault
}

// putWork writes work. Once the batch was carried out, fresh is the work that was not known before.
func putWork(batch *pgx.Batch, list []tickets.Work) (fresh *[]tickets.Work) {
	fresh = new([]tickets.Work)
	for _, w := range list {
		batch.Queue(insertWork, w.ID, w.Kind, w.Ticket, w.Due, facts(w.Facts)).Exec(func(done pgconn.CommandTag) error {
			if done.RowsAffected() == 1 {
				*fresh = append(*fresh, w)
			}
			return nil
		})
	}
	return fresh
}

// enqueue gives work to River in the ticket's own transaction.
func (s *Store) enqueue(ctx context.Context, tx pgx.Tx, list []tickets.Work) error {
	if len(list) == 0 {
		return nil
	}
	var jobs []river.InsertManyParams
	for _, w := range list {
		o := &river.InsertOpts{Queue: queueOf(w), MaxAttempts: mostTries}
		if w.Due.After(time.Now()) { // a job with a time, even a past one, waits up to five seconds for River's next look
			o.ScheduledAt = w.Due
		}
		jobs = append(jobs, river.InsertManyParams{Args: job{ID: w.ID}, InsertOpts: o})
	}
	_, err := s.jobs.InsertManyTx(ctx, tx, jobs)
	return err
}

const (
	selectWork = `select kind, ticket, due, facts from work where id = $1 and not done`
	finishWork = `update work set done = true where id = $1`
)

// worker does one job.
type worker struct {
	river.WorkerDefaults[job]
	store  *Store
	handle func(ctx context.Context, w tickets.Work) error
}

// NextRetry keeps the first retry short and lets the gaps grow until a quarter of an hour.
func (k *worker) NextRetry(j *river.Job[job]) time.Time {
	gap := retryAfter << min(j.Attempt-1, 10)
	return time.Now().Add(min(gap, longestGap))
}

// longest bounds one piece of work: a call-out may ring several engineers several times, which takes longer than the
// minute that River gives by default, and would begin anew.
const longest = 30 * time.Minute

// Timeout is how long a job may take.
func (k *worker) Timeout(*river.Job[job]) time.Duration { return longest }

// Work hands a job's work on, unless it was done before, and puts off what cannot be done yet.
func (k *worker) Work(ctx context.Context, j *river.Job[job]) error {
	w, err := row(ctx, k.store, "reading due work "+j.Args.ID, func(r pgx.CollectableRow) (w tickets.Work, err error) {
		w.ID = j.Args.ID
		err = r.Scan(&w.Kind, &w.Ticket, &w.Due, &w.Facts)
		w.Due = w.Due.UTC()
		return w, err
	}, selectWork, j.Args.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var later *tickets.Later
	if err := k.handle(ctx, w); errors.As(err, &later) {
		return river.JobSnooze(max(time.Until(later.At), 0))
	} else if err != nil {
		return fmt.Errorf("doing %s: %w", w.ID, err)
	}
	return k.store.exec(ctx, "marking due work "+w.ID, finishWork, w.ID)
}
