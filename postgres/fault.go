package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/attachments"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/storage"
	"hotline/tickets"
)

type pgconnParseError = pgconn.ParseConfigError

// fault turns the driver's errors into those of tickets. What the database itself refused for another reason, and what
// never reached it because it cannot be written, stays what it is; everything else means that it did not answer.
func fault(doing string, err error) error {
	var refused *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case ours(err), unfit(err):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%s: %w", doing, storage.ErrNotFound)
	case errors.As(err, &refused):
		switch {
		case refused.Code == "23505": // unique_violation
			return fmt.Errorf("%s: %w", doing, storage.ErrExists)
		case refused.Code == "40001", refused.Code == "40P01": // serialization_failure, deadlock_detected
			return fmt.Errorf("%s: %w", doing, storage.ErrConflict)
		case refused.Code == "53100": // disk_full
			return fmt.Errorf("%s: %w (%w)", doing, storage.ErrFull, err)
		case refused.Code[:2] == "57", refused.Code[:2] == "53", refused.Code[:2] == "08": // stopping, out of something, connection
			return fmt.Errorf("%s: %w: %w", doing, storage.ErrDown, err)
		}
		return fmt.Errorf("%s: %w", doing, err)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w", doing, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, storage.ErrDown, err)
}

// ours tells whether an error is one of the domain's already.
func ours(err error) bool {
	for _, known := range []error{
		storage.ErrConflict, storage.ErrExists, storage.ErrNotFound, storage.ErrDown, storage.ErrBusy, storage.ErrFull, oncall.ErrOnRota, oncall.ErrHasTicket, tickets.ErrNoEngineer, oncall.ErrUnknownEngineer,
		rota.ErrRota, escalation.ErrPolicy, escalation.ErrNamed, attachments.ErrFull, errKnown, errStale,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// unfit tells whether a value cannot be written or read at all, such as a number that is too large for its column. The
// driver has no type for it.
func unfit(err error) bool {
	var scan pgx.ScanArgError
	var marshal *json.MarshalerError
	var kind *json.UnmarshalTypeError
	return errors.As(err, &scan) || errors.As(err, &marshal) || errors.As(err, &kind) || strings.Contains(err.Error(), "failed to encode args[")
}

// pulse is when the database last did what it was asked. Safe for concurrent use.
type pulse struct{ at atomic.Int64 }

// beatTime is how recent an answer is that tells of a living database.
const beatTime = time.Second

func (p *pulse) beat()       { p.at.Store(time.Now().UnixNano()) }
func (p *pulse) beats() bool { return time.Since(time.Unix(0, p.at.Load())) < beatTime }
func (p *pulse) of(err error) error {
	if err == nil || !errors.Is(err, storage.ErrDown) {
		p.beat()
	}
	return err
}

// with does something on a connection of the pool. Where none became free in time while the database answers others, the
// store is busy and not down.
func (s *Store) with(ctx context.Context, doing string, f func(ctx context.Context, c *pgxpool.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	c, err := s.pool.Acquire(ctx)
	if errors.Is(err, context.DeadlineExceeded) && s.pulse.beats() {
		return fmt.Errorf("%s: %w", doing, storage.ErrBusy)
	}
	if err != nil {
		return fault(doing, err)
	}
	defer c.Release()
	return s.pulse.of(fault(doing, f(ctx, c)))
}

// within runs f in a transaction that ends with it.
func (s *Store) within(ctx context.Context, doing string, f func(tx pgx.Tx) error) error {
	return s.with(ctx, doing, func(ctx context.Context, c *pgxpool.Conn) error { return pgx.BeginFunc(ctx, c, f) })
}

// exec runs one statement.
func (s *Store) exec(ctx context.Context, doing, sql string, args ...any) error {
	return s.with(ctx, doing, func(ctx context.Context, c *pgxpool.Conn) error {
		_, err := c.Exec(ctx, sql, args...)
		return err
	})
}

// rows reads every row of a query.
func rows[T any](ctx context.Context, s *Store, doing string, scan pgx.RowToFunc[T], sql string, args ...any) (list []T, err error) {
	err = s.with(ctx, doing, func(ctx context.Context, c *pgxpool.Conn) error {
		found, err := c.Query(ctx, sql, args...)
		if err == nil {
			list, err = pgx.CollectRows(found, scan)
		}
		return err
	})
	return list, err
}

// row reads the one row of a query; ErrNotFound when there is none.
func row[T any](ctx context.Context, s *Store, doing string, scan pgx.RowToFunc[T], sql string, args ...any) (v T, err error) {
	err = s.with(ctx, doing, func(ctx context.Context, c *pgxpool.Conn) error {
		found, err := c.Query(ctx, sql, args...)
		if err == nil {
			v, err = pgx.CollectExactlyOneRow(found, scan)
		}
		return err
	})
	return v, err
}
