package memory

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"hotline/tickets"
)

const (
	look       = time.Second      // how often the twin looks for due work
	retryAfter = 10 * time.Second // of work that failed
)

// workTables are the due work.
type workTables struct {
	work  map[string]tickets.Work
	done  map[string]bool
	doing map[string]bool      // under way
	again map[string]time.Time // when work that failed is tried again
}

// Run does due work until ctx ends, each piece in a goroutine of its own: a call-out takes minutes, and what else is due does
// not wait for it. It waits for those under way.
func (s *Store) Run(ctx context.Context, handle func(ctx context.Context, w tickets.Work) error) error {
	var doing sync.WaitGroup
	defer doing.Wait()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		for _, w := range s.due(time.Now()) {
			if ctx.Err() != nil {
				return nil
			}
			if s.begin(w.ID) {
				doing.Go(func() { s.finish(w, handle(context.WithoutCancel(ctx), w)) })
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// begin is true for the first to begin a piece of work.
func (s *Store) begin(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doing[id] {
		return false
	}
	s.doing[id] = true
	return true
}

// due takes the work whose time has come.
func (s *Store) due(now time.Time) []tickets.Work {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []tickets.Work
	for id, w := range s.work {
		if again, failed := s.again[id]; !s.done[id] && !w.Due.After(now) && (!failed || !again.After(now)) {
			list = append(list, w)
		}
	}
	return list
}

func (s *Store) finish(w tickets.Work, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.doing, w.ID)
	var later *tickets.Later
	switch {
	case errors.As(err, &later):
		s.again[w.ID] = later.At
	case err != nil:
		s.again[w.ID] = time.Now().Add(retryAfter)
	default:
		s.done[w.ID] = true
	}
}

// Waiting lists the work that was not done yet, by due time: what a test looks at.
func (s *Store) Waiting() []tickets.Work {
	list := s.due(time.Unix(1<<40, 0))
	slices.SortFunc(list, func(a, b tickets.Work) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
	return list
}
