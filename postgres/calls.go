package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/cdr"
	"hotline/directory"
	"hotline/paging"
	"hotline/storage/stored"
	"hotline/tickets"
)

const (
	upsertCalls   = `insert into calls (id, started, body) select * from unnest($1::text[], $2::timestamptz[], $3::jsonb[]) on conflict (id) do update set started = excluded.started, body = excluded.body`
	selectCall    = `select body from calls where id = $1`
	selectCallsOf = `select body from calls where id = any($1)`

	insertLeg  = `insert into legs (started, engineer, address, body) values ($1, $2, $3, $4) on conflict do nothing`
	selectLegs = `select body from legs where started >= $1 and started < $2 order by started, engineer, address`

	addLadders = `
insert into ladders as l (call, at, parts, complete)
select u.call, u.at, case when length(u.parts) <= $4 then u.parts else '' end, length(u.parts) <= $4
from unnest($1::text[], $2::timestamptz[], $3::bytea[]) u(call, at, parts) join calls c on c.id = u.call
on conflict (call) do update set at = excluded.at, complete = l.complete and excluded.complete and length(l.parts) + length(excluded.parts) <= $4,
  parts = case when length(l.parts) + length(excluded.parts) <= $4 then l.parts || excluded.parts else l.parts end
returning call`
	selectLadder  = `select call, at, parts, not complete from ladders where call = $1`
	deleteLadders = `delete from ladders where call in (select call from ladders where at < $1 order by at limit $2)`
)

// PutCalls writes whole calls, in one statement: one by one they cost more than the calls did.
func (s *Store) PutCalls(ctx context.Context, list ...cdr.Call) error {
	ids, started, bodies := make([]tickets.CallID, len(list)), make([]time.Time, len(list)), make([]stored.Call, len(list))
	for i, c := range list {
		ids[i], started[i], bodies[i] = c.ID, c.Started, stored.OfCall(c)
	}
	return s.exec(ctx, fmt.Sprintf("writing the records of %d calls", len(list)), upsertCalls, ids, started, bodies)
}

// Call reads one call.
func (s *Store) Call(ctx context.Context, id tickets.CallID) (cdr.Call, error) {
	return row(ctx, s, fmt.Sprintf("reading call %s", id), scanDocument[stored.Call], selectCall, id)
}

// AddLadders adds parts to the ladders of calls, in one statement.
func (s *Store) AddLadders(ctx context.Context, list ...cdr.Ladder) (missing []tickets.CallID, err error) {
	ids, at, parts := make([]tickets.CallID, len(list)), make([]time.Time, len(list)), make([][]byte, len(list))
	for i, l := range list {
		ids[i], at[i], parts[i] = l.Call, l.At, l.Parts
	}
	there, err := rows(ctx, s, fmt.Sprintf("writing the ladders of %d calls", len(list)), pgx.RowTo[tickets.CallID], addLadders, ids, at, parts, cdr.LadderMost)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id tickets.CallID) bool { return slices.Contains(there, id) }), nil
}

// Ladder reads the ladder of a call.
func (s *Store) Ladder(ctx context.Context, id tickets.CallID) (cdr.Ladder, error) {
	return row(ctx, s, fmt.Sprintf("reading the ladder of call %s", id), pgx.RowToStructByPos[cdr.Ladder], selectLadder, id)
}

// ForgetLadders forgets the ladders whose last part was added before an instant.
func (s *Store) ForgetLadders(ctx context.Context, before time.Time) error {
	return s.inParts(ctx, "forgetting old ladders of calls", deleteLadders, before)
}

// Calls selects and pages calls, newest first: the places of the page from indexes alone, and then these calls.
func (s *Store) Calls(ctx context.Context, f cdr.Filter) (page paging.Page[cdr.Call], err error) {
	behind, given, err := f.Place()
	if err != nil {
		return page, fmt.Errorf("reading calls: %w", err)
	}
	var sel selection
	few := sel.calls(f)
	batch, total := &pgx.Batch{}, 0
	batch.Queue(fmt.Sprintf("select count(*) from (select from calls t%s limit %d) n", sel, paging.CountedAtMost+1), slices.Clone(sel.args)...).QueryRow(func(r pgx.Row) error {
		return r.Scan(&total)
	})
	var found []cdr.Call
	places := sel.pageOfCalls(few, given, behind, f.Limit)
	batch.Queue(fmt.Sprintf(wholeCalls, places), sel.args...).Query(func(r pgx.Rows) (err error) {
		found, err = pgx.CollectRows(r, scanDocument[stored.Call])
		return err
	})
	err = s.with(ctx, "listing calls", func(ctx context.Context, c *pgxpool.Conn) error { return c.SendBatch(ctx, batch).Close() })
	return paging.Paged(found, f.Limit, f.Position).Counted(total), err
}

// wholeCalls reads the calls of the places that a statement gives, in its order.
const wholeCalls = `
with p as materialized (select m.*, row_number() over () as nth from (%s) m(id, started))
select c.body from p join calls c on c.id = p.id order by p.nth`

// CallsOf reads calls by their IDs, in one statement.
func (s *Store) CallsOf(ctx context.Context, ids []tickets.CallID) ([]cdr.Call, error) {
	list, err := rows(ctx, s, "reading calls", scanDocument[stored.Call], selectCallsOf, ids)
	slices.SortFunc(list, func(a, b cdr.Call) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return list, err
}

// PutLeg keeps a leg of no call.
func (s *Store) PutLeg(ctx context.Context, l cdr.Leg) error {
	l.Started = l.Started.UTC().Truncate(time.Microsecond) // as the column keeps it
	return s.exec(ctx, "writing a leg of no call", insertLeg, l.Started, l.Engineer, l.Address, stored.OfLeg(l))
}

// Legs are the legs of no call that began between two instants.
func (s *Store) Legs(ctx context.Context, since, until time.Time) ([]cdr.Leg, error) {
	return rows(ctx, s, "reading legs of no call", scanDocument[stored.Leg], selectLegs, since, until)
}

// calls selects calls, and tells whether it does so by what few calls share.
func (s *selection) calls(f cdr.Filter) (few bool) {
	if f.Number != "" {
		s.where("t.caller = left($%d, 200)", f.Number)
	}
	if f.Contract != "" {
		s.where("t.contract = $%d", string(f.Contract))
	}
	if f.Customer != "" {
		contracts := slices.DeleteFunc(slices.Clone(f.Contracts), func(c directory.ContractID) bool { return c == "" })
		s.where(fmt.Sprintf("(t.customer = $%%d or t.contract = any(%s))", s.arg(list(contracts))), string(f.Customer))
	}
	few = len(s.conditions) > 0
	if f.Trunk != "" {
		s.where("t.trunk = $%d", f.Trunk)
	}
	if f.Ending != "" {
		s.where("t.ending = left($%d, 200)", f.Ending)
	}
	if !f.Since.IsZero() {
		s.where("t.started >= $%d", f.Since)
	}
	if !f.Until.IsZero() {
		s.where("t.started < $%d", f.Until)
	}
	return few
}

// pageOfCalls reads the places of a page, and one more: the few that are selected are gathered and sorted, all others are
// read in the order of an index.
func (s *selection) pageOfCalls(few, given bool, behind paging.Position, limit int) string {
	end := fmt.Sprintf(" order by started desc, id desc limit %d", paging.Size(limit)+1)
	if few {
		sql := fmt.Sprintf("select id, started from (select t.id, t.started from calls t%s offset 0) m", *s)
		if given {
			sql += fmt.Sprintf(" where (started, id) < (%s, %s)", s.arg(behind.At), s.arg(behind.ID))
		}
		return sql + end
	}
	if given {
		s.conditions = append(s.conditions, fmt.Sprintf("(t.started, t.id) < (%s, %s)", s.arg(behind.At), s.arg(behind.ID)))
	}
	return fmt.Sprintf("select t.id, t.started from calls t%s", *s) + end
}

// CallLoad measures the calls begun between two instants, in a zone.
func (s *Store) CallLoad(ctx context.Context, since, until time.Time, zone *time.Location) (cdr.Load, error) {
	return s.months().CallLoad(ctx, since, until, zone)
}
