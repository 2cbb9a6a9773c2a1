package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"hotline/oncall"
	"hotline/sla"
	"hotline/tickets"
)

// kind names the documents of one type.
type kind string

const (
	customers kind = "customer"
	contracts kind = "contract"
	levels    kind = "level"
	calendars kind = "calendar"
	engineers kind = "engineer"
	rotas     kind = "rota"
	faults    kind = "fault"
)

const theRota = "rota"

const (
	selectDocument  = `select body from documents where kind = $1 and id = $2`
	selectDocuments = `select body from documents where kind = $1 order by id collate "C"`
	insertDocument  = `insert into documents (kind, id, version, body) values ($1, $2, $3, $4)`
	updateDocument  = `update documents set version = $3, body = $4 where kind = $1 and id = $2 and version = $5`
	upsertDocument  = `insert into documents (kind, id, version, body) values ($1, $2, 0, $3) on conflict (kind, id) do update set body = excluded.body`
	deleteDocument  = `delete from documents where kind = $1 and id = $2`
	knownDocument   = `select exists (select from documents where kind = $1 and id = $2)`
)

func scanDocument[T any](r pgx.CollectableRow) (v T, err error) {
	var body []byte
	if err = r.Scan(&body); err == nil {
		err = json.Unmarshal(body, &v)
	}
	return v, err
}

func document[T any](ctx context.Context, s *Store, k kind, id string) (T, error) {
	return row(ctx, s, fmt.Sprintf("reading %s %s", k, id), scanDocument[T], selectDocument, k, id)
}

func documents[T any](ctx context.Context, s *Store, k kind) ([]T, error) {
	return rows(ctx, s, fmt.Sprintf("reading every %s", k), scanDocument[T], selectDocuments, k)
}

// put writes a document without versions.
func (s *Store) put(ctx context.Context, k kind, id string, v any) error {
	return s.exec(ctx, fmt.Sprintf("writing %s %s", k, id), upsertDocument, k, id, v)
}

// replace writes a whole value by the rule of versions: given 0 makes a new one, else it must be the one that stands. v
// carries the next version already.
func (s *Store) replace(ctx context.Context, k kind, id string, given int, v any) error {
	return s.within(ctx, fmt.Sprintf("writing %s %s", k, id), func(tx pgx.Tx) error {
		if given == 0 {
			_, err := tx.Exec(ctx, insertDocument, k, id, 1, v)
			return err
		}
		done, err := tx.Exec(ctx, updateDocument, k, id, given+1, v, given)
		if err != nil || done.RowsAffected() == 1 {
			return err
		}
		var known bool
		if err := tx.QueryRow(ctx, knownDocument, k, id).Scan(&known); err != nil {
			return err
		}
		if !known {
			return tickets.ErrNotFound
		}
		return tickets.ErrConflict
	})
}

// Customer reads one customer.
func (s *Store) Customer(ctx context.Context, id tickets.CustomerID) (tickets.Customer, error) {
	return document[tickets.Customer](ctx, s, customers, string(id))
}

// Customers lists them by id.
func (s *Store) Customers(ctx context.Context) ([]tickets.Customer, error) {
	return documents[tickets.Customer](ctx, s, customers)
}

// PutCustomer writes a whole customer.
func (s *Store) PutCustomer(ctx context.Context, c tickets.Customer) (tickets.Customer, error) {
	given := c.Version
	c.Version++
	if err := s.replace(ctx, customers, string(c.ID), given, c); err != nil {
		return tickets.Customer{}, err
	}
	return c, nil
}

// Contract reads one contract.
func (s *Store) Contract(ctx context.Context, id tickets.ContractID) (tickets.Contract, error) {
	return document[tickets.Contract](ctx, s, contracts, string(id))
}

// Contracts lists them by id.
func (s *Store) Contracts(ctx context.Context) ([]tickets.Contract, error) {
	return documents[tickets.Contract](ctx, s, contracts)
}

// PutContract writes a whole contract.
func (s *Store) PutContract(ctx context.Context, c tickets.Contract) (tickets.Contract, error) {
	given := c.Version
	c.Version++
	if err := s.replace(ctx, contracts, string(c.ID), given, c); err != nil {
		return tickets.Contract{}, err
	}
	return c, nil
}

// Levels lists them by id.
func (s *Store) Levels(ctx context.Context) ([]sla.Level, error) {
	return documents[sla.Level](ctx, s, levels)
}

// PutLevel writes a level.
func (s *Store) PutLevel(ctx context.Context, l sla.Level) error {
	return s.put(ctx, levels, string(l.ID), l)
}

// Calendars lists them by id.
func (s *Store) Calendars(ctx context.Context) ([]sla.Calendar, error) {
	return documents[sla.Calendar](ctx, s, calendars)
}

// PutCalendar writes a calendar.
func (s *Store) PutCalendar(ctx context.Context, c sla.Calendar) error {
	return s.put(ctx, calendars, string(c.ID), c)
}

// Engineers lists them by id.
func (s *Store) Engineers(ctx context.Context) ([]oncall.Engineer, error) {
	return documents[oncall.Engineer](ctx, s, engineers)
}

// PutEngineer writes an engineer.
func (s *Store) PutEngineer(ctx context.Context, e oncall.Engineer) error {
	return s.put(ctx, engineers, string(e.ID), e)
}

// DeleteEngineer removes an engineer.
func (s *Store) DeleteEngineer(ctx context.Context, id oncall.EngineerID) error {
	return s.remove(ctx, engineers, string(id))
}

// Faults lists the known faults by id.
func (s *Store) Faults(ctx context.Context) ([]tickets.KnownFault, error) {
	return documents[tickets.KnownFault](ctx, s, faults)
}

// PutFault writes a known fault.
func (s *Store) PutFault(ctx context.Context, f tickets.KnownFault) error {
	return s.put(ctx, faults, f.ID, f)
}

// DeleteFault removes a fault that is over.
func (s *Store) DeleteFault(ctx context.Context, id string) error { return s.remove(ctx, faults, id) }

// remove deletes a document; ErrNotFound when there is none.
func (s *Store) remove(ctx context.Context, k kind, id string) error {
	return s.within(ctx, fmt.Sprintf("deleting %s %s", k, id), func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, deleteDocument, k, id)
		if err == nil && done.RowsAffected() == 0 {
			return tickets.ErrNotFound
		}
		return err
	})
}

// Rota reads the rota; an empty one when none was written.
func (s *Store) Rota(ctx context.Context) (oncall.Rota, error) {
	r, err := document[oncall.Rota](ctx, s, rotas, theRota)
	if errors.Is(err, tickets.ErrNotFound) {
		return oncall.Rota{}, nil
	}
	return r, err
}

// PutRota writes the whole rota.
func (s *Store) PutRota(ctx context.Context, r oncall.Rota) (oncall.Rota, error) {
	given := r.Version
	r.Version++
	err := s.replace(ctx, rotas, theRota, given, r)
	switch {
	case errors.Is(err, tickets.ErrExists), errors.Is(err, tickets.ErrNotFound):
		return oncall.Rota{}, fmt.Errorf("writing the rota: %w", tickets.ErrConflict)
	case err != nil:
		return oncall.Rota{}, err
	}
	return r, nil
}
