package months

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/cdr"
)

// Both are read from the index that holds the beginning of each call and how long its caller waited for a human.
const (
	callHours = `select date_trunc('hour', started at time zone $3), count(*) from calls where started >= $1 and started < $2 group by 1`
	callWaits = `
select count(wait), coalesce(percentile_disc(0.5) within group (order by wait), 0), coalesce(percentile_disc(0.9) within group (order by wait), 0)
from calls where started >= $1 and started < $2`
)

// CallLoad measures the calls begun between two instants, in a zone.
func (r Rows) CallLoad(ctx context.Context, since, until time.Time, zone *time.Location) (l cdr.Load, err error) {
	batch := &pgx.Batch{}
	batch.Queue(callHours, since, until, zone.String()).Query(each(func(r pgx.Rows) error {
		var hour time.Time // as a clock on the wall shows it
		var n int
		err := r.Scan(&hour, &n)
		l.Hours[hour.Weekday()][hour.Hour()] += n
		l.Calls += n
		return err
	}))
	batch.Queue(callWaits, since, until).QueryRow(func(r pgx.Row) error {
		var median, p90 int64
		err := r.Scan(&l.Reached, &median, &p90)
		l.Median, l.P90 = time.Duration(median)*time.Microsecond, time.Duration(p90)*time.Microsecond
		return err
	})
	err = r.With(ctx, "measuring a month's calls", func(ctx context.Context, c *pgxpool.Conn) error { return c.SendBatch(ctx, batch).Close() })
	return l, err
}
