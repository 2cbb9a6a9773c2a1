package intake

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/storage"
)

// slow is a store of settings that takes its time.
type slow struct {
	Settings
	takes time.Duration
	err   error
	reads atomic.Int32
}

func (s *slow) AlertPolicies(ctx context.Context) ([]Policy, error) {
	s.reads.Add(1)
	select {
	case <-time.After(s.takes):
		return nil, s.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (*slow) AlertMappings(context.Context) ([]Mapping, error) { return nil, nil }

func (*slow) Maintenances(context.Context) ([]Maintenance, error) { return nil, nil }

// TestManyWaitForOneReadingOfTheSettings: also while the store does not answer, and whatever the order in which they come.
func TestManyWaitForOneReadingOfTheSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const asking = 40
		store := &slow{}
		var s settings
		began := time.Now()
		askAll := func(known bool) {
			t.Helper()
			asked := time.Now()
			var all sync.WaitGroup
			for i := range asking {
				all.Go(func() {
					if _, err := s.now(t.Context(), store, asked.Add(-time.Duration(i)*time.Millisecond)); (err == nil) != known {
						t.Errorf("the settings are given with %v", err)
					}
				})
			}
			all.Wait()
			if took := time.Since(asked); took > store.takes {
				t.Errorf("some waited for %s, and one reading takes %s", took, store.takes)
			}
		}
		store.takes, store.err = time.Second, storage.ErrDown
		askAll(false)
		store.err = nil
		askAll(true)
		store.err = storage.ErrDown
		time.Sleep(fresh)
		askAll(true)
		if n := store.reads.Load(); n != 3 {
			t.Errorf("%d readings in %s, want 3", n, time.Since(began))
		}
	})
}

// TestWhoGoesTakesNobodysSettingsAway: the one who reads has gone, and others wait for what is read.
func TestWhoGoesTakesNobodysSettingsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slow{takes: time.Second}
		var s settings
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { _, _ = s.now(ctx, store, time.Now()) })
		synctest.Wait()
		all.Go(func() {
			if _, err := s.now(t.Context(), store, time.Now()); err != nil {
				t.Errorf("who waits gets %v", err)
			}
		})
		all.Go(func() {
			if _, err := s.now(ctx, store, time.Now()); !errors.Is(err, context.Canceled) {
				t.Errorf("who waits and goes gets %v", err)
			}
		})
		synctest.Wait()
		cancel()
		all.Wait()
	})
}
