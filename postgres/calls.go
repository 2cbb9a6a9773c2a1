package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

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

// Calls selects and pages calls, newest first: the places of the page from indexes alone, and then these calls.
func (s *Store) Calls(ctx context.Context, f cdr.Filter) (page paging.Page[cdr.Call], err error) {
	behind, given, err := f.Place()
	if err != nil {
		return page, fmt.Errorf("reading calls: %w", err)
	}
	var sel selection
	few := sel.calls(f)
	total, err := row(ctx, s, "counting calls", pgx.RowTo[int],
		fmt.Sprintf("select count(*) from (select from calls t%s limit %d) n", sel, paging.CountedAtMost+1), sel.args...)
	if err != nil {
		return page, err
	}
	places, err := rows(ctx, s, "listing calls", func(r pgx.CollectableRow) (c cdr.Call, err error) {
		err = r.Scan(&c.ID, &c.Started)
		c.Started = c.Started.UTC()
		return c, err
	}, sel.pageOfCalls(few, given, behind, f.Limit), sel.args...)
	if err != nil {
		return page, err
	}
	page = paging.Paged(places, f.Limit, f.Position).Counted(total)
	ids := make([]tickets.CallID, 0, len(page.Items))
	for _, c := range page.Items {
		ids = append(ids, c.ID)
	}
	page.Items, err = s.CallsOf(ctx, ids)
	return page, err
}

// CallsOf reads calls by their IDs, in one statement.
func (s *Store) CallsOf(ctx context.Context, ids []tickets.CallID) ([]cdr.Call, error) {
	list, err := rows(ctx, s, "reading calls", scanDocument[stored.Call], selectCallsOf, ids)
	slices.SortFunc(list, func(a, b cdr.Call) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return list, err
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

const (
	selectCallHours = `select extract(dow from started at time zone $3)::int, extract(hour from started at time zone $3)::int, count(*) from calls where started >= $1 and started < $2 group by 1, 2`
	// Only calls with an accepted leg are looked into, and each once: without the offset the time is worked out anew for each of the three
	// figures.
	selectHumans = `select count(wait), coalesce(percentile_disc(0.5) within group (order by wait), 0), coalesce(percentile_disc(0.9) within group (order by wait), 0) from (
select (select min((extract(epoch from (l->>'answered')::timestamptz - c.started) * 1000000)::bigint) from jsonb_array_elements(c.body->'legs') l where l->>'result' = 'accepted' and l ? 'answered') as wait
from calls c where c.started >= $1 and c.started < $2 and c.body @> '{"legs": [{"result": "accepted"}]}' offset 0) w`
)

// CallLoad measures the calls begun between two instants, in a zone.
func (s *Store) CallLoad(ctx context.Context, since, until time.Time, zone *time.Location) (cdr.Load, error) {
	var l cdr.Load
	type hour struct{ day, hour, calls int }
	hours, err := rows(ctx, s, "counting calls by hour", func(r pgx.CollectableRow) (h hour, err error) {
		return h, r.Scan(&h.day, &h.hour, &h.calls)
	}, selectCallHours, since, until, zone.String())
	if err != nil {
		return l, err
	}
	for _, h := range hours {
		l.Hours[h.day][h.hour] = h.calls
		l.Calls += h.calls
	}
	return row(ctx, s, "measuring the way to a human", func(r pgx.CollectableRow) (cdr.Load, error) {
		var median, p90 int64
		err := r.Scan(&l.Reached, &median, &p90)
		l.Median, l.P90 = time.Duration(median)*time.Microsecond, time.Duration(p90)*time.Microsecond
		return l, err
	}, selectHumans, since, until)
}
