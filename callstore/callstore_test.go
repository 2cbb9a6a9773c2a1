package callstore

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/memory"
	"hotline/storage"
	"hotline/tickets"
)

// hanging is a store that takes questions and does not answer.
type hanging struct {
	tickets.Store
	hangs atomic.Bool
	asked atomic.Int32
}

func (h *hanging) Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error) {
	h.asked.Add(1)
	if h.hangs.Load() {
		<-ctx.Done()
		return tickets.Ticket{}, ctx.Err()
	}
	return h.Store.Ticket(ctx, n)
}

func TestAStoreThatHangsKeepsACallerHalfASecondAndThenNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &hanging{Store: memory.New(417)}
		h := New(store, nil)
		took := func() (time.Duration, error) {
			began := time.Now()
			_, err := h.Ticket(t.Context(), 417)
			return time.Since(began), err
		}
		if d, err := took(); d != 0 || !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a store that answers: %v, %v", d, err)
		}
		store.hangs.Store(true)
		if d, err := took(); d != timeout || !errors.Is(err, storage.ErrDown) {
			t.Errorf("the first question to a store that hangs: %v, %v", d, err)
		}
		for range 10 {
			if d, err := took(); d != 0 || !errors.Is(err, storage.ErrDown) {
				t.Errorf("the next question: %v, %v", d, err)
			}
		}
		if n := store.asked.Load(); n != 2 {
			t.Errorf("the store was asked %d times", n)
		}
		store.hangs.Store(false)
		<-time.After(cooldown)
		if d, err := took(); d != 0 || !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("once it answers again: %v, %v", d, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		store.hangs.Store(true)
		if _, err := h.Ticket(ctx, 417); !errors.Is(err, context.Canceled) || errors.Is(err, storage.ErrDown) {
			t.Errorf("a caller who has gone: %v", err)
		}
	})
}

// TestAStoreThatIsBusyIsAskedByTheNextOne: only one that hangs is left alone. Staff, who can wait, do.
func TestAStoreThatIsBusyIsAskedByTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, staff := &busy{Store: memory.New(417)}, &busy{Store: memory.New(417)}
		h := New(store, staff)
		for n := 1; n <= 5; n++ {
			if _, err := h.Ticket(t.Context(), 417); !errors.Is(err, storage.ErrBusy) || store.asked != n {
				t.Errorf("question %d to a busy store: %v, it was asked %d times", n, err, store.asked)
			}
		}
		if _, err := h.Ticket(context.WithValue(t.Context(), staffKey{}, true), 417); !errors.Is(err, storage.ErrBusy) || staff.asked != 1 || store.asked != 5 {
			t.Errorf("staff: %v, their connections were asked %d times, those of calls %d times", err, staff.asked, store.asked)
		}
	})
}

// busy is a store in which nobody's turn comes in time.
type busy struct {
	tickets.Store
	asked int
}

func (b *busy) Ticket(ctx context.Context, _ tickets.Number) (tickets.Ticket, error) {
	b.asked++
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Second):
	}
	return tickets.Ticket{}, storage.ErrBusy
}
