package memory

import (
	"cmp"
	"context"
	"slices"

	"hotline/tickets"
)

// Faults lists the known faults by id.
func (s *Store) Faults(context.Context) ([]tickets.KnownFault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.faults, func(a, b tickets.KnownFault) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// Fault reads one known fault.
func (s *Store) Fault(_ context.Context, id string) (tickets.KnownFault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.faults, id, "known fault", itself)
}

// PutFault writes a whole known fault.
func (s *Store) PutFault(_ context.Context, f tickets.KnownFault) (tickets.KnownFault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Contracts = slices.Clone(f.Contracts)
	return put(s, s.faults, "fault", f.ID, f, func(f *tickets.KnownFault) *int { return &f.Version })
}

// DeleteFault removes a fault that is over.
func (s *Store) DeleteFault(_ context.Context, id string, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return remove(s, s.faults, "fault", id, version, s.faults[id].Version)
}
