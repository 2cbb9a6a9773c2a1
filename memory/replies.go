package memory

import (
	"context"
	"maps"
	"slices"
	"time"

	"hotline/idempotency"
)

// ForgetReplies forgets the answers that were kept before an instant.
func (s *Store) ForgetReplies(_ context.Context, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.replies, func(_ string, r idempotency.Reply) bool { return r.At.Before(before) })
	return nil
}

// Remember keeps the answer to a write, or gives back the one that is known under its key.
func (s *Store) Remember(_ context.Context, r idempotency.Reply) (idempotency.Reply, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.replies[r.Key]; ok {
		known.Body = slices.Clone(known.Body)
		return known, true, nil
	}
	r.Body = slices.Clone(r.Body)
	s.replies[r.Key] = r
	return r, false, nil
}
