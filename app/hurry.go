package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"hotline/tickets"
)

const (
	haste = 500 * time.Millisecond // a caller waits no longer for the store
	rest  = 5 * time.Second        // a store that did not answer in time is not asked for so long
)

// questions keeps those on the line from waiting for a store in a row: one that did not answer in time is not asked by the
// next ones. Its zero value is ready. Safe for concurrent use.
type questions struct {
	mu    sync.Mutex
	until time.Time // none is asked before
}

// ask asks a question that must be answered within so long, unless the last one was not a moment ago: tickets.ErrDown then,
// and when it is not.
func (q *questions) ask(ctx context.Context, within time.Duration, question func(context.Context) error) error {
	q.mu.Lock()
	resting := time.Now().Before(q.until)
	q.mu.Unlock()
	if resting {
		return fmt.Errorf("%w: it did not answer within %v a moment ago", tickets.ErrDown, within)
	}
	bounded, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := question(bounded)
	if err == nil || ctx.Err() != nil || errors.Is(err, tickets.ErrBusy) || !errors.Is(bounded.Err(), context.DeadlineExceeded) {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.until = time.Now().Add(rest)
	return fmt.Errorf("%w: it did not answer within %v: %w", tickets.ErrDown, within, err)
}

// hurried is the store for those on the line. One that hangs is as good as down, and what a call has won waits in the
// journal. One that is busy is not: the next one asks it all the same. What staff ask for takes other connections, waits
// for as long as the store lets it, and tells nothing of how those on the line fare. Safe for concurrent use.
type hurried struct {
	tickets.Tickets
	staff     tickets.Tickets
	questions questions
}

// staffKey marks the context of what staff ask for.
type staffKey struct{}

// ofStaff marks the requests of the API.
func ofStaff(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), staffKey{}, true)))
	})
}

// patient tells whether staff ask, who can wait.
func (h *hurried) patient(ctx context.Context) bool {
	return h.staff != nil && ctx.Value(staffKey{}) != nil
}

// Apply writes a change, or says that the store is down.
func (h *hurried) Apply(ctx context.Context, c tickets.Change) error {
	if h.patient(ctx) {
		return h.staff.Apply(ctx, c)
	}
	return h.questions.ask(ctx, haste, func(ctx context.Context) error { return h.Tickets.Apply(ctx, c) })
}

// Ticket reads a ticket.
func (h *hurried) Ticket(ctx context.Context, n tickets.Number) (t tickets.Ticket, err error) {
	if h.patient(ctx) {
		return h.staff.Ticket(ctx, n)
	}
	err = h.questions.ask(ctx, haste, func(ctx context.Context) error {
		t, err = h.Tickets.Ticket(ctx, n)
		return err
	})
	return t, err
}

// OpenOf reads the open tickets of a contract.
func (h *hurried) OpenOf(ctx context.Context, c tickets.ContractID) (list []tickets.Ticket, err error) {
	if h.patient(ctx) {
		return h.staff.OpenOf(ctx, c)
	}
	err = h.questions.ask(ctx, haste, func(ctx context.Context) error {
		list, err = h.Tickets.OpenOf(ctx, c)
		return err
	})
	return list, err
}
