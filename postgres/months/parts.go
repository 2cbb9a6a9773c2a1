package months

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/tickets/statistics"
)

// Days are kept in a form of their own: a month has thousands of sums, and as JSON to read them takes longer than to add up a day.
const (
	selectParts = `
select m.tickets, m.versions, k.body
from unnest($1::timestamptz[], $2::timestamptz[]) with ordinality as p(since, until, place)
cross join lateral (select count(*) as tickets, coalesce(sum(version), 0) as versions from tickets where opened_at >= p.since and opened_at < p.until) m
left join month_parts k on k.month = $3 and k.since = p.since and k.until = p.until and k.form = $4 and k.tickets = m.tickets and k.versions = m.versions
order by p.place`
	keepPart = `
insert into month_parts (month, since, until, form, tickets, versions, body) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (month, since, until) do update set form = excluded.form, tickets = excluded.tickets, versions = excluded.versions, body = excluded.body`
)

// partForm is the form of kept days; those of another form are added up anew. It rises whenever what a sum says changes.
const partForm = 2

// Parts reads what was kept of parts of one month.
func (r Rows) Parts(ctx context.Context, list []statistics.Part) ([]statistics.KeptPart, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var since, until []time.Time
	for _, p := range list {
		since, until = append(since, p.Since), append(until, p.Until)
	}
	return read(ctx, r, "reading a month's days", func(r pgx.CollectableRow) (k statistics.KeptPart, err error) {
		var body []byte
		if err = r.Scan(&k.At.Tickets, &k.At.Versions, &body); err != nil || body == nil {
			return k, err
		}
		k.Sums = []statistics.Sum{}
		if err = gob.NewDecoder(bytes.NewReader(body)).Decode(&k.Sums); err != nil {
			err = fmt.Errorf("decoding a day's sums: %w", err)
		}
		return k, err
	}, selectParts, since, until, list[0].From, partForm)
}

// KeepParts keeps sums of parts, all in one round trip.
func (r Rows) KeepParts(ctx context.Context, list []statistics.PartSums) error {
	batch := &pgx.Batch{}
	for _, p := range list {
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(p.Sums); err != nil {
			return fmt.Errorf("encoding a day's sums: %w", err)
		}
		batch.Queue(keepPart, p.From, p.Since, p.Until, partForm, p.At.Tickets, p.At.Versions, b.Bytes())
	}
	return r.With(ctx, "keeping a month's days", func(ctx context.Context, c *pgxpool.Conn) error { return c.SendBatch(ctx, batch).Close() })
}
