package app

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/journal"
	"hotline/memory"
	"hotline/oncall"
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

// TestAStoreThatIsBusyIsAskedByTheNextOne: only one that hangs is left alone. Staff, who can wait, do.
func TestAStoreThatIsBusyIsAskedByTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, staff := &busy{Tickets: memory.New(417)}, &busy{Tickets: memory.New(417)}
		h := &hurried{Tickets: store, staff: staff}
		for n := 1; n <= 5; n++ {
			if _, err := h.Ticket(t.Context(), 417); !errors.Is(err, tickets.ErrBusy) || store.asked != n {
				t.Errorf("question %d to a busy store: %v, it was asked %d times", n, err, store.asked)
			}
		}
		if _, err := h.Ticket(context.WithValue(t.Context(), staffKey{}, true), 417); !errors.Is(err, tickets.ErrBusy) || staff.asked != 1 || store.asked != 5 {
			t.Errorf("staff: %v, their connections were asked %d times, those of calls %d times", err, staff.asked, store.asked)
		}
	})
}

// busy is a store in which nobody's turn comes in time.
type busy struct {
	tickets.Tickets
	asked int
}

func (b *busy) Ticket(ctx context.Context, _ tickets.Number) (tickets.Ticket, error) {
	b.asked++
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Second):
	}
	return tickets.Ticket{}, tickets.ErrBusy
}

// rotaless is a store that may hang when it is asked for the rota.
type rotaless struct {
	oncall.Store
	hangs atomic.Bool
}

func (r *rotaless) Rota(ctx context.Context) (oncall.Rota, error) {
	if r.hangs.Load() {
		<-ctx.Done()
		return oncall.Rota{}, ctx.Err()
	}
	return r.Store.Rota(ctx)
}

func TestCallersDoNotWaitInARowForTheRota(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(417)
		if err := (Demo{}).staff(t.Context(), store); err != nil {
			t.Fatal(err)
		}
		r := &rotaless{Store: store}
		d := &duty{store: r, last: &shelf[rotaFacts]{}, disk: journal.Cache{Dir: dir}, log: slog.New(slog.DiscardHandler)}
		plan := func() (time.Duration, int) {
			began := time.Now()
			list, _, err := d.Plan(t.Context(), time.Now(), "")
			if err != nil {
				t.Error(err)
			}
			return time.Since(began), len(list)
		}
		_, want := plan()
		r.hangs.Store(true)
		if took, n := plan(); took != 2*time.Second || n != want || want == 0 {
			t.Errorf("the first caller has %d of %d attempts after %v", n, want, took)
		}
		for range 10 {
			if took, n := plan(); took != 0 || n != want {
				t.Errorf("the next caller has %d of %d attempts after %v", n, want, took)
			}
		}
		r.hangs.Store(false)
		<-time.After(rest)
		anna, err := store.Engineer(t.Context(), "anna")
		if err != nil {
			t.Fatal(err)
		}
		anna.Phones = []string{"sip:a@127.0.0.1", "sip:b@127.0.0.1"}
		if _, err := store.PutEngineer(t.Context(), anna); err != nil {
			t.Fatal(err)
		}
		if took, n := plan(); took != 0 || n <= want {
			t.Errorf("once it answers: %d attempts after %v", n, took)
		}
	})
}
