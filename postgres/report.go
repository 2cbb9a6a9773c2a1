package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/storage/stored"
	"hotline/tickets"
	"hotline/tickets/statistics"
)

const (
	selectOutcomes = `
select t.number, t.contract, t.name, t.level, coalesce(nullif(t.assessment, ''), t.claim), t.pauses, coalesce(c.kind, ''), c.due,
	c.met_at is not null, c.broken_at is not null, coalesce(c.spent, 0), coalesce(e.text, ''), e.facts
from tickets t
left join clocks c on c.ticket = t.number
left join lateral (select text, facts from events where ticket = t.number and kind = 'broken' and c.broken_at is not null
	and facts->>'clock' = c.kind order by place desc limit 1) e on true
where t.opened_at >= $1 and t.opened_at < $2 and t.state <> 'not_request'
order by t.number, c.place`

	selectTimeSpent = `
select e.ticket, t.contract, e.at, coalesce((e.facts->>'minutes')::int, ((e.facts->>'seconds')::int + 59) / 60, 0),
	coalesce(e.facts->>'who', e.actor), e.text, e.actor
from events e join tickets t on t.number = e.ticket
where e.kind = 'time_spent' and e.at >= $1 and e.at < $2
order by e.at, e.place`
)

// Outcomes lists the clocks of tickets opened between two instants.
func (s *Store) Outcomes(ctx context.Context, since, until time.Time) ([]statistics.Outcome, error) {
	return rows(ctx, s, "reading outcomes", func(r pgx.CollectableRow) (o statistics.Outcome, err error) {
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
		if len(pauses) > len("[]") {
			var list []stored.Pause
			err = json.Unmarshal(pauses, &list)
			o.Pauses = pausesOf(list)
		}
		return o, err
	}, selectOutcomes, since, until)
}

// TimeSpent lists the time written down between two instants; seconds, of former versions, are rounded up.
func (s *Store) TimeSpent(ctx context.Context, since, until time.Time) ([]tickets.Spent, error) {
	return rows(ctx, s, "reading time spent", func(r pgx.CollectableRow) (v tickets.Spent, err error) {
		err = r.Scan(&v.Ticket, &v.Contract, &v.At, &v.Minutes, &v.Who, &v.What, &v.By)
		v.At = v.At.UTC()
		return v, err
	}, selectTimeSpent, since, until)
}
