// Package callstore is the ticket store as those on the line reach it.
//
// A caller waits half a second for a store that hangs, and then takes it for down: what a call has won waits in the journal. The
// next callers do not wait. Staff, who ask through the API, have connections of their own and wait for as long as the store lets
// them. It starts no goroutine.
package callstore

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"hotline/circuitbreaker"
	"hotline/directory"
	"hotline/storage"
	"hotline/tickets"
)

const (
	timeout  = 500 * time.Millisecond // a caller waits no longer for the store
	cooldown = 5 * time.Second        // a store that did not answer in time is not asked for so long
)

// Store is the tickets, for calls and for staff. A store that is busy answers with tickets.ErrBusy, also late: the next caller
// asks it all the same. Safe for concurrent use.
type Store struct {
	tickets.Store                         // for those on the line
	staff         tickets.Store           // for requests of ForStaff
	breaker       *circuitbreaker.Breaker // of what those on the line ask
}

// New makes the store of the connections of calls and those of staff.
func New(calls, staff tickets.Store) *Store {
	return &Store{calls, staff, circuitbreaker.New(circuitbreaker.Config{
		Timeout: timeout, Cooldown: cooldown, Trips: func(err error, late bool) bool { return late && !errors.Is(err, storage.ErrBusy) },
	})}
}

// staffKey marks the context of what staff ask for.
type staffKey struct{}

// ForStaff marks the requests of an HTTP handler as those of staff.
func ForStaff(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), staffKey{}, true)))
	})
}

// do sends a question to the store of whoever asks.
func (s *Store) do(ctx context.Context, question func(context.Context, tickets.Store) error) error {
	if ctx.Value(staffKey{}) != nil {
		return question(ctx, s.staff)
	}
	err := s.breaker.Do(ctx, func(ctx context.Context) error { return question(ctx, s.Store) })
	if errors.Is(err, circuitbreaker.ErrOpen) || errors.Is(err, circuitbreaker.ErrTimeout) {
		return fmt.Errorf("%w: %w", storage.ErrDown, err)
	}
	return err
}

// Apply writes a change, or says that the store is down.
func (s *Store) Apply(ctx context.Context, c tickets.Change) error {
	return s.do(ctx, func(ctx context.Context, store tickets.Store) error { return store.Apply(ctx, c) })
}

// Ticket reads a ticket.
func (s *Store) Ticket(ctx context.Context, n tickets.Number) (t tickets.Ticket, err error) {
	err = s.do(ctx, func(ctx context.Context, store tickets.Store) error {
		t, err = store.Ticket(ctx, n)
		return err
	})
	return t, err
}

// OpenOf reads the open tickets of a contract.
func (s *Store) OpenOf(ctx context.Context, c directory.ContractID) (list []tickets.Ticket, err error) {
	err = s.do(ctx, func(ctx context.Context, store tickets.Store) error {
		list, err = store.OpenOf(ctx, c)
		return err
	})
	return list, err
}
