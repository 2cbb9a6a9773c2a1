// Package bridged is what PostgreSQL keeps of tickets that are joined with those of another ticket system (package bridge/twins). It starts
// no goroutine. Safe for concurrent use.
package bridged

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/bridge/twins"
	"hotline/storage"
	"hotline/tickets"
)

// Rows are the rows of one database. Together they are a twins.Store.
type Rows struct {
	// With runs f on a connection; doing says in errors what was being done.
	With func(ctx context.Context, doing string, f func(ctx context.Context, c *pgxpool.Conn) error) error
}

var _ twins.Store = Rows{}

const (
	columns = `ticket, foreign_id, number, there, hop, began, article, read, heard_state, heard_priority, heard_owner, saying_state, saying_priority, saying_owner,
	meant_state, meant_priority, meant_assignee, told_state, told_priority, told_assignee, version`
	selectTwin   = `select ` + columns + ` from bridge_twins where ticket = $1`
	selectTwinOf = `select ` + columns + ` from bridge_twins where foreign_id = $1`
	insertTwin   = `insert into bridge_twins (` + columns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 1)
	on conflict (ticket) do nothing`
	updateTwin = `update bridge_twins set foreign_id = $2, number = $3, there = $4, hop = $5, began = $6, article = $7, read = $8, heard_state = $9, heard_priority = $10,
	heard_owner = $11, saying_state = $12, saying_priority = $13, saying_owner = $14, meant_state = $15, meant_priority = $16, meant_assignee = $17, told_state = $18,
	told_priority = $19, told_assignee = $20, version = version + 1 where ticket = $1 and version = $21`

	addPoke = `insert into bridge_pokes (foreign_id, due, tries, error) values ($1, $2, 0, '')
	on conflict (foreign_id) do update set due = excluded.due, tries = 0, error = ''`
	claimPoke = `update bridge_pokes set due = $2, tries = tries + 1 where foreign_id = (
	select foreign_id from bridge_pokes where due <= $1 order by due limit 1 for update skip locked) returning foreign_id, due, tries, error`
	pokeDone  = `delete from bridge_pokes where foreign_id = $1 and tries = $2`
	pokeLater = `update bridge_pokes set due = $3, error = $4 where foreign_id = $1 and tries = $2`
)

func scanTwin(r pgx.CollectableRow) (t twins.Twin, err error) {
	var foreign *int64
	var began, read *time.Time
	err = r.Scan(&t.Ticket, &foreign, &t.Number, &t.There, &t.Hop, &began, &t.Article, &read, &t.Heard.State, &t.Heard.Priority, &t.Heard.Owner,
		&t.Saying.State, &t.Saying.Priority, &t.Saying.Owner, &t.Meant.State, &t.Meant.Priority, &t.Meant.Assignee, &t.Told.State, &t.Told.Priority, &t.Told.Assignee, &t.Version)
	if foreign != nil {
		t.Foreign = *foreign
	}
	t.Began, t.Read = instant(began), instant(read)
	return t, err
}

// instant is the zero time for null.
func instant(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.UTC()
}

// null is null for a zero value.
func null[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

// Twin reads the twin of a ticket here.
func (r Rows) Twin(ctx context.Context, n tickets.Number) (twins.Twin, error) {
	return r.one(ctx, selectTwin, int64(n))
}

// TwinOf reads the twin of a ticket there.
func (r Rows) TwinOf(ctx context.Context, foreign int64) (twins.Twin, error) {
	return r.one(ctx, selectTwinOf, foreign)
}

func (r Rows) one(ctx context.Context, sql string, id int64) (t twins.Twin, err error) {
	err = r.With(ctx, "reading the twin of a ticket", func(ctx context.Context, c *pgxpool.Conn) error {
		found, err := c.Query(ctx, sql, id)
		if err == nil {
			t, err = pgx.CollectExactlyOneRow(found, scanTwin)
		}
		return err
	})
	return t, err
}

// uniqueViolation is PostgreSQL's code of a value that may stand once and stands already.
const uniqueViolation = "23505"

// PutTwin writes a twin whole.
func (r Rows) PutTwin(ctx context.Context, t twins.Twin) (twins.Twin, error) {
	args := []any{
		t.Ticket, null(t.Foreign), t.Number, t.There, t.Hop, null(t.Began), t.Article, null(t.Read), t.Heard.State, t.Heard.Priority, t.Heard.Owner,
		t.Saying.State, t.Saying.Priority, t.Saying.Owner, t.Meant.State, t.Meant.Priority, t.Meant.Assignee, t.Told.State, t.Told.Priority, t.Told.Assignee,
	}
	sql := insertTwin
	if t.Version > 0 {
		sql, args = updateTwin, append(args, t.Version)
	}
	err := r.With(ctx, "writing the twin of a ticket", func(ctx context.Context, c *pgxpool.Conn) error {
		done, err := c.Exec(ctx, sql, args...)
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == uniqueViolation || err == nil && done.RowsAffected() == 0 {
			return storage.ErrConflict
		}
		return err
	})
	t.Version++
	return t, err
}

// AddPoke notes that a ticket there is to be read.
func (r Rows) AddPoke(ctx context.Context, foreign int64, at time.Time) error {
	return r.exec(ctx, "noting that a ticket elsewhere has changed", addPoke, foreign, at)
}

// ClaimPoke takes a ticket there that is to be read.
func (r Rows) ClaimPoke(ctx context.Context, now, until time.Time) (p twins.Poke, err error) {
	err = r.With(ctx, "looking for tickets elsewhere that have changed", func(ctx context.Context, c *pgxpool.Conn) error {
		return c.QueryRow(ctx, claimPoke, now, until).Scan(&p.Foreign, &p.Due, &p.Tries, &p.Error)
	})
	p.Due = p.Due.UTC()
	return p, err
}

// PokeDone ends one.
func (r Rows) PokeDone(ctx context.Context, p twins.Poke) error {
	return r.exec(ctx, "noting that a ticket elsewhere was read", pokeDone, p.Foreign, p.Tries)
}

// PokeLater has one tried again.
func (r Rows) PokeLater(ctx context.Context, p twins.Poke, at time.Time, why string) error {
	return r.exec(ctx, "noting that a ticket elsewhere is read later", pokeLater, p.Foreign, p.Tries, at, why)
}

func (r Rows) exec(ctx context.Context, doing, sql string, args ...any) error {
	return r.With(ctx, doing, func(ctx context.Context, c *pgxpool.Conn) error {
		_, err := c.Exec(ctx, sql, args...)
		return err
	})
}
