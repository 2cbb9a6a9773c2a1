package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"hotline/tickets"
)

type pgconnParseError = pgconn.ParseConfigError

// fault turns the driver's errors into those of tickets. What the database itself refused for another reason stays what
// it is; everything else means that it did not answer.
func fault(doing string, err error) error {
	var refused *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, tickets.ErrConflict), errors.Is(err, tickets.ErrExists), errors.Is(err, tickets.ErrNotFound), errors.Is(err, tickets.ErrDown):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%s: %w", doing, tickets.ErrNotFound)
	case errors.As(err, &refused):
		switch {
		case refused.Code == "23505": // unique_violation
			return fmt.Errorf("%s: %w", doing, tickets.ErrExists)
		case refused.Code == "40001", refused.Code == "40P01": // serialization_failure, deadlock_detected
			return fmt.Errorf("%s: %w", doing, tickets.ErrConflict)
		case refused.Code[:2] == "57", refused.Code[:2] == "53", refused.Code[:2] == "08": // stopping, out of something, connection
			return fmt.Errorf("%s: %w: %w", doing, tickets.ErrDown, err)
		}
		return fmt.Errorf("%s: %w", doing, err)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w", doing, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, tickets.ErrDown, err)
}

// within runs f in a transaction that ends with it.
func (s *Store) within(ctx context.Context, doing string, f func(tx pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return fault(doing, pgx.BeginFunc(ctx, s.pool, f))
}

// exec runs one statement.
func (s *Store) exec(ctx context.Context, doing, sql string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := s.pool.Exec(ctx, sql, args...)
	return fault(doing, err)
}

// rows reads every row of a query.
func rows[T any](ctx context.Context, s *Store, doing string, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fault(doing, err)
	}
	list, err := pgx.CollectRows(found, scan)
	return list, fault(doing, err)
}

// row reads the one row of a query; ErrNotFound when there is none.
func row[T any](ctx context.Context, s *Store, doing string, scan pgx.RowToFunc[T], sql string, args ...any) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		var none T
		return none, fault(doing, err)
	}
	v, err := pgx.CollectExactlyOneRow(found, scan)
	return v, fault(doing, err)
}
