package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"hotline/tickets"
)

// Faults lists the known faults by id.
func (s *Store) Faults(context.Context) ([]tickets.KnownFault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.faults, func(a, b tickets.KnownFault) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutFault writes a known fault.
func (s *Store) PutFault(_ context.Context, f tickets.KnownFault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Contracts = slices.Clone(f.Contracts)
	s.faults[f.ID] = f
	return nil
}

// DeleteFault removes a fault that is over.
func (s *Store) DeleteFault(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.faults[id]; !ok {
		return fmt.Errorf("known fault %s: %w", id, tickets.ErrNotFound)
	}
	delete(s.faults, id)
	return nil
}
