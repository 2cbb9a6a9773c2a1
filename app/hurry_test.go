package app

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/memory"
	"hotline/tickets"
)

// hanging is a store that takes questions and does not answer.
type hanging struct {
	tickets.Tickets
	hangs atomic.Bool
	asked atomic.Int32
}

func (h *hanging) Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error) {
	h.asked.Add(1)
	if h.hangs.Load() {
		<-ctx.Done()
		return tickets.Ticket{}, ctx.Err()
	}
	return h.Tickets.Ticket(ctx, n)
}

func TestAStoreThatHangsKeepsACallerHalfASecondAndThenNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &hanging{Tickets: memory.New(417)}
		h := &hurried{Tickets: store}
		took := func() (time.Duration, error) {
			began := time.Now()
			_, err := h.Ticket(t.Context(), 417)
			return time.Since(began), err
		}
		if d, err := took(); d != 0 || !errors.Is(err, tickets.ErrNotFound) {
			t.Errorf("a store that answers: %v, %v", d, err)
		}
		store.hangs.Store(true)
		if d, err := took(); d != haste || !errors.Is(err, tickets.ErrDown) {
			t.Errorf("the first question to a store that hangs: %v, %v", d, err)
		}
		for range 10 {
			if d, err := took(); d != 0 || !errors.Is(err, tickets.ErrDown) {
				t.Errorf("the next question: %v, %v", d, err)
			}
		}
		if n := store.asked.Load(); n != 2 {
			t.Errorf("the store was asked %d times", n)
		}
		store.hangs.Store(false)
		<-time.After(rest)
		if d, err := took(); d != 0 || !errors.Is(err, tickets.ErrNotFound) {
			t.Errorf("once it answers again: %v, %v", d, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		store.hangs.Store(true)
		if _, err := h.Ticket(ctx, 417); !errors.Is(err, context.Canceled) || errors.Is(err, tickets.ErrDown) {
			t.Errorf("a caller who has gone: %v", err)
		}
	})
}
