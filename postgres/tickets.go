package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"hotline/sla"
	"hotline/storage"
	"hotline/storage/stored"
	"hotline/tickets"
)

const (
	insertTicket = `
insert into tickets (number, contract, customer, name, caller, channel, claim, assessment, priority, level, state, assignee, evo,
	language, opened_at, closed_at, time_spent, bundled, version, next_due, due, terms, pauses, stamps, raised)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
on conflict (number) do nothing`

	updateTicket = `
update tickets set contract = $2, customer = $3, name = $4, caller = $5, channel = $6, claim = $7, assessment = $8, priority = $9,
	level = $10, state = $11, assignee = $12, evo = $13, language = $14, opened_at = $15, closed_at = $16, time_spent = $17,
	bundled = $18, version = $19, next_due = $20, due = $21, terms = $22, pauses = $23, stamps = $24, raised = $25
where number = $1 and version = $26`

	insertClock = `
insert into clocks (ticket, place, kind, due, met_at, broken_at, projected, span, began, paused, spent, warnings, terms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

	insertTerms = `insert into terms (id, body) values ($1, $2) on conflict (id) do nothing`

	insertRecording = `
insert into recordings (id, ticket, place, call, at, seconds, law, partial, file, sha256, kind)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 where not exists (select from erased where recording = $1)`

	insertErased = `insert into erased (recording, ticket) values ($1, $2) on conflict (recording) do nothing`
	// What the API answered within a day holds the checksums of the sounds. The index replies_sums knows the answers that hold one.
	forgetReplies = `
update replies set body = convert_to(regexp_replace(a.text, array_to_string(r.sums, '|'), '', 'g'), 'UTF8')
from (select array_agg(sha256) as sums from recordings where id = any($1) and sha256 <> '') r,
	(select key, convert_from(body, 'UTF8') as text from replies where position('"sha256":"'::bytea in body) > 0 offset 0) a
where replies.key = a.key and exists (select from unnest(r.sums) s where strpos(a.text, s) > 0)`
	insertHeld = `insert into held (ticket) values ($1) on conflict (ticket) do nothing`
	deleteHeld = `delete from held where ticket = $1`
	// Holds of a contract and erasures under it come one after the other, so that neither overtakes the other.
	lockHolds    = `select pg_advisory_xact_lock(hashtextextended('holds of ' || $1, 0))`
	contractHeld = `select coalesce((select not lifted from holds where contract = $1 order by place desc limit 1), false)`

	// An engineer who is being removed is waited for, and so is the assignment by who removes the engineer.
	holdEngineer = `select from documents where kind = 'engineer' and id = $1 for key share`
	hasTicket    = `select exists (select from tickets where assignee = $1 and state = any($2))`

	insertEvent = `insert into events (id, ticket, at, kind, actor, text, facts) values ($1, $2, $3, $4, $5, $6, $7)`

	insertWork = `insert into work (id, kind, ticket, due, facts) values ($1, $2, $3, $4, $5) on conflict (id) do nothing`

	deleteClocks     = `delete from clocks where ticket = $1`
	deleteRecordings = `delete from recordings where ticket = $1`
	knownEvent       = `select exists (select from events where id = $1)`
	knownTicket      = `select exists (select from tickets where number = $1)`
)

// Why a change is not written.
var (
	errKnown = errors.New("the change stands there already")
	errStale = errors.New("the ticket is not there in the version that was expected")
)

// Apply writes a whole change in one transaction, due work included, or nothing.
func (s *Store) Apply(ctx context.Context, c tickets.Change) error {
	doing := fmt.Sprintf("writing ticket %d", c.Ticket.Number)
	err := s.within(ctx, doing, func(tx pgx.Tx) error { return s.write(ctx, tx, c) })
	switch {
	case errors.Is(err, errKnown):
		return nil
	case errors.Is(err, errStale) && c.Expect == 0:
		return fmt.Errorf("%s: %w", doing, storage.ErrExists)
	case errors.Is(err, errStale):
		known, err := row(ctx, s, doing, pgx.RowTo[bool], knownTicket, c.Ticket.Number)
		if err == nil && known {
			err = storage.ErrConflict
		} else if err == nil {
			err = storage.ErrNotFound
		}
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err == nil && len(c.Work) > 0 {
		s.tell()
	}
	return err
}

// write sends all statements of a change at once: each round trip between the two programs costs both of them more than most of the
// statements do.
func (s *Store) write(ctx context.Context, tx pgx.Tx, c tickets.Change) error {
	batch := &pgx.Batch{}
	if len(c.Events) > 0 {
		batch.Queue(knownEvent, c.Events[0].ID).QueryRow(func(r pgx.Row) error {
			var known bool
			err := r.Scan(&known)
			if err == nil && known {
				err = errKnown
			}
			return err
		})
	}
	if c.Unheld != "" {
		batch.Queue(lockHolds, string(c.Unheld))
		batch.Queue(contractHeld, string(c.Unheld)).QueryRow(func(r pgx.Row) error {
			var held bool
			err := r.Scan(&held)
			if err == nil && held {
				err = storage.ErrConflict
			}
			return err
		})
	}
	if c.Staffed != "" {
		batch.Queue(holdEngineer, c.Staffed).Exec(func(found pgconn.CommandTag) error {
			if found.RowsAffected() == 0 {
				return tickets.ErrNoEngineer
			}
			return nil
		})
	}
	putTicket(batch, c.Ticket, c.Expect)
	putErased(batch, c)
	putParts(batch, c.Ticket, c.Expect == 0)
	for _, e := range c.Events {
		batch.Queue(insertEvent, e.ID, e.Ticket, e.At, e.Kind, e.Actor, e.Text, facts(e.Facts))
	}
	deleteTranscripts(batch, c.Events)
	for _, r := range c.Audited() {
		queueAudit(batch, r)
	}
	putWords(batch, c)
	fresh := putWork(batch, c.Work)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return s.enqueue(ctx, tx, *fresh)
}

// putTicket writes the ticket's own row, comparing the version.
func putTicket(batch *pgx.Batch, t tickets.Ticket, expect int) {
	terms := ""
	if t.Promise != nil {
		terms = t.Promise.ID()
		batch.Queue(insertTerms, terms, stored.OfTerms(*t.Promise))
	}
	args := []any{t.Number, t.Contract, t.Customer, t.Name, t.Caller, t.Channel, t.Claim, t.Assessment, t.Priority, t.Level, t.State,
		t.Assignee, t.Evo, t.Language, t.OpenedAt, instant(t.ClosedAt), t.TimeSpent, t.Bundled, t.Version, nextDue(t), nextAlarm(t),
		terms, list(stored.OfPauses(t.Pauses)), stored.Stamps(t.Stamps), t.Raised}
	sql := insertTicket
	if expect != 0 {
		sql, args = updateTicket, append(args, expect)
	}
	batch.Queue(sql, args...).Exec(func(done pgconn.CommandTag) error {
		if done.RowsAffected() != 1 {
			return errStale
		}
		return nil
	})
}

// putErased writes what lines of the history say of recordings: which were erased, by whom, and whether a legal hold stands.
func putErased(batch *pgx.Batch, c tickets.Change) {
	for _, e := range c.Events {
		if ids := e.ErasedRecordings(); len(ids) > 0 {
			batch.Queue(forgetReplies, ids)
		}
		for _, id := range e.ErasedRecordings() {
			batch.Queue(insertErased, id, e.Ticket)
			batch.Queue(insertAccess, id, e.Actor, tickets.ErasedIt, e.At, e.Ticket, c.By.From, c.By.Route)
		}
		switch e.Kind {
		case tickets.Held:
			batch.Queue(insertHeld, e.Ticket)
		case tickets.HoldLifted:
			batch.Queue(deleteHeld, e.Ticket)
		}
	}
}

// deleteTranscripts removes what was made of the recordings that lines of the history erased, and its words from searches. It comes behind
// the recordings' own rows: a transcript that is being written holds on to one.
func deleteTranscripts(batch *pgx.Batch, lines []tickets.Event) {
	for _, e := range lines {
		erased := e.ErasedRecordings()
		for _, id := range erased {
			batch.Queue(deleteTranscript, id)
		}
		if len(erased) > 0 {
			batch.Queue(gatherAgain, e.Ticket)
		}
	}
}

// putParts writes clocks and recordings whole.
func putParts(batch *pgx.Batch, t tickets.Ticket, fresh bool) {
	if !fresh {
		batch.Queue(deleteClocks, t.Number)
		batch.Queue(deleteRecordings, t.Number)
	}
	for i, c := range t.Clocks {
		batch.Queue(insertClock, t.Number, i, c.Kind, c.Due, instant(c.MetAt), instant(c.BrokenAt), c.Projected, c.Limit, c.From,
			c.Paused, c.Spent, list(stored.OfWarnings(c.Warnings)), c.Terms)
	}
	for i, r := range t.Recordings {
		batch.Queue(insertRecording, r.ID, t.Number, i, r.Call, r.At, r.Seconds, r.Law, r.Partial, r.File, r.SHA256, r.Kind)
	}
}

// instant is null for the zero time.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func facts(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// nextDue is when the next thing is owed to the ticket, for lists.
func nextDue(t tickets.Ticket) *time.Time {
	due := tickets.DueOf(t)
	if due.Equal(tickets.Never()) {
		return nil
	}
	return &due
}

// nextAlarm is when the ticket's next warning or breach is to be raised.
func nextAlarm(t tickets.Ticket) *time.Time {
	at, _ := sla.NextAlarm(t.Clocks)
	return instant(at)
}

// list is never null.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

const selectHistory = `select id, ticket, at, kind, actor, text, facts from events where ticket = $1 order by place`

// History reads a ticket's lines in the order written.
func (s *Store) History(ctx context.Context, n tickets.Number) ([]tickets.Event, error) {
	doing := fmt.Sprintf("reading the history of ticket %d", n)
	lines, err := rows(ctx, s, doing, func(r pgx.CollectableRow) (e tickets.Event, err error) {
		err = r.Scan(&e.ID, &e.Ticket, &e.At, &e.Kind, &e.Actor, &e.Text, &e.Facts)
		if e.At = e.At.UTC(); len(e.Facts) == 0 {
			e.Facts = nil
		}
		return e, err
	}, selectHistory, n)
	if err != nil || len(lines) > 0 {
		return lines, err
	}
	_, err = s.Ticket(ctx, n)
	return nil, err
}

const leaseNumbers = `update numbers set next = next + $1 returning next - $1`

// LeaseNumbers gives a block that is never given again.
func (s *Store) LeaseNumbers(ctx context.Context, n int) (tickets.Number, error) {
	return row(ctx, s, "leasing ticket numbers", pgx.RowTo[tickets.Number], leaseNumbers, n)
}
