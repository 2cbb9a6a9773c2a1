// Package months is what reports of a month read in PostgreSQL: the outcomes of tickets, their sums, the summaries that are kept of months
// which are over, and when calls came in. It starts no goroutine. Safe for concurrent use.
package months

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/directory"
	"hotline/storage/stored"
	"hotline/tickets"
	"hotline/tickets/statistics"
)

// Rows are the rows of one database.
type Rows struct {
	// With runs f on a connection; doing says in errors what was being done.
	With func(ctx context.Context, doing string, f func(ctx context.Context, c *pgxpool.Conn) error) error
}

// The clocks are looked up ticket by ticket: PostgreSQL does not know how few a month has, and would read those of all tickets.
const (
	outcomes = `
select t.number, t.contract, t.name, t.level, coalesce(nullif(t.assessment, ''), t.claim), t.pauses, coalesce(c.kind, ''), c.due,
	c.met_at is not null, c.broken_at is not null, coalesce(c.spent, 0), coalesce(e.text, ''), e.facts
from tickets t
left join lateral (select * from clocks where ticket = t.number offset 0) c on true
left join lateral (select text, facts from events where ticket = t.number and kind = 'broken' and c.broken_at is not null
	and facts->>'clock' = c.kind order by place desc limit 1) e on true
where t.state <> 'not_request' and `
	ofSpan    = `t.opened_at >= $1 and t.opened_at < $2`
	ofSome    = `t.number in (select number from tickets where contract = any($3) and opened_at >= $1 and opened_at < $2)`
	byNumber  = ` order by t.number, c.place`
	timeSpent = `
select e.ticket, t.contract, e.at, coalesce((e.facts->>'minutes')::int, ((e.facts->>'seconds')::int + 59) / 60, 0),
	coalesce(e.facts->>'who', e.actor), e.text, e.actor
from events e join tickets t on t.number = e.ticket
where e.kind = 'time_spent' and e.at >= $1 and e.at < $2`
	spentOnSome = ` and t.contract = any($3)`
	byTime      = ` order by e.at, e.place`

	selectOutcomes      = outcomes + ofSpan + byNumber
	selectOutcomesOf    = outcomes + ofSome + byNumber
	selectTimeSpent     = timeSpent + byTime
	selectTimeSpentOf   = timeSpent + spentOnSome + byTime
	pausesWithoutAnyOne = len("[]")
)

// Outcomes lists the clocks of tickets that were opened in a span.
func (r Rows) Outcomes(ctx context.Context, s statistics.Span) ([]statistics.Outcome, error) {
	sql, args := of(s, selectOutcomes, selectOutcomesOf)
	return read(ctx, r, "reading outcomes", scanOutcome, sql, args...)
}

// of is the statement for a span, and its arguments.
func of(s statistics.Span, all, some string) (string, []any) {
	if s.Whole {
		return all, []any{s.Since, s.Until}
	}
	return some, []any{s.Since, s.Until, append([]directory.ContractID{}, s.Contracts...)} // never null
}

func scanOutcome(r pgx.CollectableRow) (o statistics.Outcome, err error) {
	var due *time.Time
	var pauses []byte
	account := tickets.Event{Kind: tickets.Broken}
	err = r.Scan(&o.Ticket, &o.Contract, &o.Name, &o.Level, &o.Category, &pauses, &o.Clock, &due, &o.Met, &o.Broken, &o.Spent, &account.Text, &account.Facts)
	if err != nil {
		return o, err
	}
	if due != nil {
		o.Due = due.UTC()
	}
	if account.Facts != nil { // the clock broke
		o.Account = account.Accounts()
	}
	if len(pauses) > pausesWithoutAnyOne {
		var list []stored.Pause
		err = json.Unmarshal(pauses, &list)
		for i := range list {
			list[i].From, list[i].Until = list[i].From.UTC(), list[i].Until.UTC()
		}
		o.Pauses = stored.Pauses(list)
	}
	return o, err
}

// TimeSpent lists the time written down in a span; seconds, of former versions, are rounded up.
func (r Rows) TimeSpent(ctx context.Context, s statistics.Span) ([]tickets.Spent, error) {
	sql, args := of(s, selectTimeSpent, selectTimeSpentOf)
	return read(ctx, r, "reading time spent", func(r pgx.CollectableRow) (v tickets.Spent, err error) {
		err = r.Scan(&v.Ticket, &v.Contract, &v.At, &v.Minutes, &v.Who, &v.What, &v.By)
		v.At = v.At.UTC()
		return v, err
	}, sql, args...)
}

// read reads every row of a query.
func read[T any](ctx context.Context, r Rows, doing string, scan pgx.RowToFunc[T], sql string, args ...any) (list []T, err error) {
	err = r.With(ctx, doing, func(ctx context.Context, c *pgxpool.Conn) error {
		found, err := c.Query(ctx, sql, args...)
		if err == nil {
			list, err = pgx.CollectRows(found, scan)
		}
		return err
	})
	return list, err
}
