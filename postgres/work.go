package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"

	"hotline/outbox"
	"hotline/storage"
	"hotline/storage/stored"
	"hotline/tickets"
)

// job is due work as River carries it: the id alone; what is to be done stands in our own table.
type job struct {
	ID string `json:"id" river:"unique"`
}

// Kind names the jobs in River's tables.
func (job) Kind() string { return "due-work" }

const (
	hands       = 64               // pieces of work at a time: a call-out lasts as long as the talk to which it leads, and no other may wait for that
	writers     = 2                // of them letters, which must not wait for call-outs
	retryAfter  = 10 * time.Second // of work that failed for the first time; later ones wait longer
	longestGap  = 15 * time.Minute // between two tries
	mostTries   = 500              // more than four days of them
	letters     = "letters"        // River's queue of what is told by mail
	spreaders   = 2                // of them messages to other systems, which must not wait for a mail server
	messages    = "messages"       // River's queue of what becomes such messages
	listeners   = 1                // of them transcripts: a recogniser takes a core for minutes
	transcripts = "transcripts"    // River's queue of what is put into text
)

// queueOf is the queue that work waits in.
func queueOf(w tickets.Work) string {
	switch w.Kind {
	case tickets.WorkNotify, tickets.WorkReceipt, tickets.WorkUpdate, tickets.WorkTell:
		return letters
	case tickets.WorkOutgoing:
		return messages
	case tickets.WorkTranscribe:
		return transcripts
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

const endpoints kind = "endpoint"

const (
	outgoingColumns = `endpoint, id, ticket, kind, at, body, state, held, due, since, tries, error, sent_at`
	// What waits before a message that is due earlier becomes due with it.
	addOutgoing = `with added as (insert into outgoing (endpoint, id, ticket, kind, at, body, state, held, due, since) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
	on conflict (endpoint, id) do nothing returning endpoint, ticket, held, due)
update outgoing o set due = a.due from added a
	where o.endpoint = a.endpoint and o.ticket = a.ticket and o.state = 'waiting' and o.tries = 0 and not o.held and not a.held and o.due > a.due`
	selectOutgoing = `select ` + outgoingColumns + ` from outgoing where endpoint = $1 and id = $2`
	listOutgoing   = `select ` + outgoingColumns + ` from outgoing where ($1 = '' or endpoint = $1) and ($2 = '' or state = $2) order by place desc limit $3`
	countOutgoing  = `select endpoint, state, count(*) from outgoing where state in ('waiting', 'dead') group by endpoint, state`
	dueEndpoints   = `select distinct endpoint from outgoing where state = 'waiting' and due <= $1 order by endpoint`
	// Behind an earlier one of its ticket a message waits, unless quiet hours keep the earlier one.
	claimOutgoing = `update outgoing set due = $3, held = false, tries = tries + 1, error = '' where place = (
	select place from outgoing m where endpoint = $1 and state = 'waiting' and due <= $2 and not exists (
		select from outgoing b where b.endpoint = m.endpoint and b.ticket = m.ticket and b.state = 'waiting' and b.place < m.place and (not b.held or b.due <= $2))
	order by due, place limit 1 for update skip locked) returning ` + outgoingColumns
	behindOutgoing = `select ` + outgoingColumns + ` from outgoing where endpoint = $1 and ticket = $2 and state = 'waiting'
	and place > (select place from outgoing where endpoint = $1 and id = $3) order by place limit $4`
	leadOutgoing    = `update outgoing set kind = $3, body = $4 where endpoint = $1 and id = $2 and state = 'waiting' and tries = $5`
	joinOutgoing    = `update outgoing set state = 'bundled', held = false, sent_at = $4 where endpoint = $1 and ticket = $2 and id = any($3) and state = 'waiting' and tries = 0`
	putOutgoing     = `update outgoing set state = $3, held = $4, due = $5, since = $6, tries = $7, error = $8, sent_at = $9 where endpoint = $1 and id = $2 and tries = $10`
	hastenOutgoing  = `update outgoing set due = $2 where endpoint = $1 and state = 'waiting' and error <> '' and due > $2`
	requeueOutgoing = `update outgoing set state = 'waiting', held = false, due = $2, since = $2 where endpoint = $1 and state = 'dead'`
	forgetOutgoing  = `delete from outgoing where state in ('sent', 'bundled') and sent_at < $1 or state = 'dead' and due < $2
	or endpoint not in (select id from documents where kind = 'endpoint')`
	deleteOutgoingOf = `delete from outgoing where endpoint = $1`
)

// Endpoint reads one endpoint.
func (s *Store) Endpoint(ctx context.Context, id string) (outbox.Endpoint, error) {
	return document[stored.Endpoint](ctx, s, endpoints, id)
}

// Endpoints lists them by id.
func (s *Store) Endpoints(ctx context.Context) ([]outbox.Endpoint, error) {
	return documents[stored.Endpoint](ctx, s, endpoints)
}

// PutEndpoint writes a whole endpoint.
func (s *Store) PutEndpoint(ctx context.Context, e outbox.Endpoint) (outbox.Endpoint, error) {
	return put(ctx, s, key{endpoints, e.ID}, e, stored.OfEndpoint, func(e *outbox.Endpoint) *int { return &e.Version })
}

// DeleteEndpoint removes an endpoint, with its messages.
func (s *Store) DeleteEndpoint(ctx context.Context, id string, version int) error {
	return s.edit(ctx, "deleting endpoint "+id, func(tx pgx.Tx) error {
		if err := remove(ctx, tx, endpoints, id, version); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, deleteOutgoingOf, id)
		return err
	})
}

func scanOutgoing(r pgx.CollectableRow) (m outbox.Message, err error) {
	var sent *time.Time
	err = r.Scan(&m.Endpoint, &m.ID, &m.Ticket, &m.Kind, &m.At, &m.Body, &m.State, &m.Held, &m.Due, &m.Since, &m.Tries, &m.Error, &sent)
	m.At, m.Due, m.Since, m.SentAt = m.At.UTC(), m.Due.UTC(), m.Since.UTC(), orNever(sent)
	return m, err
}

// AddMessages writes the messages that are not known, in their order.
func (s *Store) AddMessages(ctx context.Context, list []outbox.Message) error {
	if len(list) == 0 {
		return nil
	}
	return s.within(ctx, "writing messages to other systems", func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for _, m := range list {
			batch.Queue(addOutgoing, m.Endpoint, m.ID, m.Ticket, m.Kind, m.At, m.Body, m.State, m.Held, m.Due, m.Since)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

// Message reads one message to another system.
func (s *Store) Message(ctx context.Context, endpoint, id string) (outbox.Message, error) {
	return row(ctx, s, "reading message "+id+" to "+endpoint, scanOutgoing, selectOutgoing, endpoint, id)
}

// Messages lists messages, the newest first.
func (s *Store) Messages(ctx context.Context, f outbox.Filter) ([]outbox.Message, error) {
	return rows(ctx, s, "reading messages to other systems", scanOutgoing, listOutgoing, f.Endpoint, f.State, cmp.Or(f.Limit, 100))
}

// CountMessages counts what waits, and the dead letters.
func (s *Store) CountMessages(ctx context.Context) (map[string]map[outbox.State]int, error) {
	counts := map[string]map[outbox.State]int{}
	_, err := rows(ctx, s, "counting messages to other systems", func(r pgx.CollectableRow) (none struct{}, err error) {
		var endpoint string
		var state outbox.State
		var n int
		err = r.Scan(&endpoint, &state, &n)
		if counts[endpoint] == nil {
			counts[endpoint] = map[outbox.State]int{}
		}
		counts[endpoint][state] = n
		return none, err
	}, countOutgoing)
	return counts, err
}

// DueEndpoints are those with a message that is due.
func (s *Store) DueEndpoints(ctx context.Context, now time.Time) ([]string, error) {
	return rows(ctx, s, "looking for messages that are due", pgx.RowTo[string], dueEndpoints, now)
}

// ClaimMessage takes the next message of an endpoint.
func (s *Store) ClaimMessage(ctx context.Context, endpoint string, now, until time.Time) (outbox.Message, error) {
	return row(ctx, s, "taking the next message to "+endpoint, scanOutgoing, claimOutgoing, endpoint, now, until)
}

// Following are the messages that wait behind one of its ticket.
func (s *Store) Following(ctx context.Context, m outbox.Message, most int) ([]outbox.Message, error) {
	return rows(ctx, s, "reading what waits behind message "+m.ID, scanOutgoing, behindOutgoing, m.Endpoint, m.Ticket, m.ID, most)
}

// Bundle writes that a message tells what others do.
func (s *Store) Bundle(ctx context.Context, m outbox.Message, others []string, now time.Time) error {
	return s.within(ctx, "bundling messages with "+m.ID, func(tx pgx.Tx) error {
		lead, err := tx.Exec(ctx, leadOutgoing, m.Endpoint, m.ID, m.Kind, m.Body, m.Tries)
		if err != nil {
			return err
		}
		joined, err := tx.Exec(ctx, joinOutgoing, m.Endpoint, m.Ticket, others, now)
		if err == nil && (lead.RowsAffected() != 1 || int(joined.RowsAffected()) != len(others)) {
			err = storage.ErrConflict
		}
		return err
	})
}

// PutMessage writes how a message stands.
func (s *Store) PutMessage(ctx context.Context, m outbox.Message, tried int) error {
	return s.within(ctx, "writing what became of message "+m.ID, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, putOutgoing, m.Endpoint, m.ID, m.State, m.Held, m.Due, m.Since, m.Tries, m.Error, instant(m.SentAt), tried)
		if err == nil && done.RowsAffected() == 0 {
			err = storage.ErrConflict
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, outbox.AuditedAgain(m.Endpoint))
	})
}

// Hasten makes due what waits for another try.
func (s *Store) Hasten(ctx context.Context, endpoint string, now time.Time) error {
	return s.exec(ctx, "sending what waits for "+endpoint, hastenOutgoing, endpoint, now)
}

// Requeue makes dead letters wait again.
func (s *Store) Requeue(ctx context.Context, endpoint string, now time.Time) (n int, err error) {
	err = s.within(ctx, "sending the dead letters of "+endpoint+" again", func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, requeueOutgoing, endpoint, now)
		if n = int(done.RowsAffected()); err != nil {
			return err
		}
		return note(ctx, tx, outbox.AuditedAgain(endpoint))
	})
	return n, err
}

// ForgetMessages forgets old messages, and those of endpoints that are gone.
func (s *Store) ForgetMessages(ctx context.Context, sent, dead time.Time) error {
	return s.exec(ctx, "forgetting old messages to other systems", forgetOutgoing, sent, dead)
}

var _ outbox.Store = (*Store)(nil)
