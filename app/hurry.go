package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hotline/tickets"
)

const (
	haste = 500 * time.Millisecond // a caller waits no longer for the store
	rest  = 5 * time.Second        // a store that did not answer in time is not asked for so long
)

// hurried is the store for those on the line. One that hangs is as good as down, and what a call has won waits in the
// journal. Safe for concurrent use.
type hurried struct {
	tickets.Tickets
	mu    sync.Mutex
	until time.Time // it is not asked before
}

// Apply writes a change, or says that the store is down.
func (h *hurried) Apply(ctx context.Context, c tickets.Change) error {
	return h.ask(ctx, func(ctx context.Context) error { return h.Tickets.Apply(ctx, c) })
}

// Ticket reads a ticket.
func (h *hurried) Ticket(ctx context.Context, n tickets.Number) (t tickets.Ticket, err error) {
	err = h.ask(ctx, func(ctx context.Context) error {
		t, err = h.Tickets.Ticket(ctx, n)
		return err
	})
	return t, err
}

// OpenOf reads the open tickets of a contract.
func (h *hurried) OpenOf(ctx context.Context, c tickets.ContractID) (list []tickets.Ticket, err error) {
	err = h.ask(ctx, func(ctx context.Context) error {
		list, err = h.Tickets.OpenOf(ctx, c)
		return err
	})
	return list, err
}

// ask asks the store unless it did not answer a moment ago.
func (h *hurried) ask(ctx context.Context, question func(context.Context) error) error {
	h.mu.Lock()
	resting := time.Now().Before(h.until)
	h.mu.Unlock()
	if resting {
		return fmt.Errorf("%w: it did not answer within %v a moment ago", tickets.ErrDown, haste)
	}
	bounded, cancel := context.WithTimeout(ctx, haste)
	defer cancel()
	err := question(bounded)
	if err == nil || ctx.Err() != nil || !errors.Is(bounded.Err(), context.DeadlineExceeded) {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.until = time.Now().Add(rest)
	return fmt.Errorf("%w: it did not answer within %v: %w", tickets.ErrDown, haste, err)
}
