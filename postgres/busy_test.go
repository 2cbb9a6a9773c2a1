package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"hotline/storage"
	"hotline/tickets"
)

// TestABusyPoolIsNoDeadStore takes every connection that staff have. The database answers, so it is busy to them, and calls
// are served as before. One that answered nobody for a while is down.
func TestABusyPoolIsNoDeadStore(t *testing.T) {
	s := fresh(t)
	for range connections {
		c, err := s.pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Release()
	}
	ask := func(s *Store) error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := s.Ticket(ctx, 1)
		return err
	}
	s.pulse.at.Store(0)
	if _, err := s.ForCalls().Ticket(t.Context(), 1); !errors.Is(err, storage.ErrNotFound) || s.pulse.at.Load() == 0 {
		t.Errorf("a call is told %v, and the database answered at %d", err, s.pulse.at.Load())
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("health says %v", err)
	}
	s.pulse.at.Store(time.Now().Add(time.Minute).UnixNano()) // a second may pass here before the next line
	if err := ask(s); !errors.Is(err, storage.ErrBusy) || !errors.Is(err, storage.ErrDown) {
		t.Errorf("staff are told %v", err)
	}
	s.pulse.at.Store(time.Now().Add(-time.Minute).UnixNano())
	if err := ask(s); errors.Is(err, storage.ErrBusy) || !errors.Is(err, storage.ErrDown) {
		t.Errorf("with a database that answers nobody: %v", err)
	}
}

// TestANumberThatIsTooLargeForItsColumnIsNotADeadStore: nothing was asked of the database at all.
func TestANumberThatIsTooLargeForItsColumnIsNotADeadStore(t *testing.T) {
	err := fresh(t).Apply(t.Context(), tickets.Change{Ticket: tickets.Ticket{Number: 1, Version: 1 << 40, OpenedAt: time.Unix(0, 0)}})
	if err == nil || errors.Is(err, storage.ErrDown) {
		t.Errorf("a version above a column's: %v", err)
	}
}
