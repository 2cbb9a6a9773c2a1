// Package bridged is what package memory keeps of tickets that are joined with those of another ticket system (package bridge/twins).
package bridged

import (
	"context"
	"fmt"
	"sync"
	"time"

	"hotline/bridge/twins"
	"hotline/storage"
	"hotline/tickets"
)

// Tables are twins and pokes. Its zero value is ready. Safe for concurrent use.
type Tables struct {
	mu    sync.Mutex // guards both
	twins map[tickets.Number]twins.Twin
	pokes map[int64]twins.Poke
}

var _ twins.Store = (*Tables)(nil)

// Twin reads the twin of a ticket here.
func (s *Tables) Twin(_ context.Context, n tickets.Number) (twins.Twin, error) {
	return s.one(func(t twins.Twin) bool { return t.Ticket == n })
}

// TwinOf reads the twin of a ticket there.
func (s *Tables) TwinOf(_ context.Context, foreign int64) (twins.Twin, error) {
	return s.one(func(t twins.Twin) bool { return t.Foreign == foreign && foreign != 0 })
}

func (s *Tables) one(is func(twins.Twin) bool) (twins.Twin, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.twins {
		if is(t) {
			return t, nil
		}
	}
	return twins.Twin{}, fmt.Errorf("the twin of a ticket: %w", storage.ErrNotFound)
}

// PutTwin writes a twin whole.
func (s *Tables) PutTwin(_ context.Context, t twins.Twin) (twins.Twin, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stands := s.twins[t.Ticket].Version
	for _, other := range s.twins {
		if t.Foreign != 0 && other.Foreign == t.Foreign && other.Ticket != t.Ticket {
			stands = -1
		}
	}
	if stands != t.Version {
		return t, fmt.Errorf("the twin of ticket %d: %w", t.Ticket, storage.ErrConflict)
	}
	t.Version++
	if s.twins == nil {
		s.twins = map[tickets.Number]twins.Twin{}
	}
	s.twins[t.Ticket] = t
	return t, nil
}

// AddPoke notes that a ticket there is to be read.
func (s *Tables) AddPoke(_ context.Context, foreign int64, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pokes == nil {
		s.pokes = map[int64]twins.Poke{}
	}
	s.pokes[foreign] = twins.Poke{Foreign: foreign, Due: at}
	return nil
}

// ClaimPoke takes a ticket there that is to be read: the one that has waited longest.
func (s *Tables) ClaimPoke(_ context.Context, now, until time.Time) (twins.Poke, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var next twins.Poke
	for _, p := range s.pokes {
		if !p.Due.After(now) && (next.Foreign == 0 || p.Due.Before(next.Due) || p.Due.Equal(next.Due) && p.Foreign < next.Foreign) {
			next = p
		}
	}
	if next.Foreign == 0 {
		return next, fmt.Errorf("a ticket elsewhere that has changed: %w", storage.ErrNotFound)
	}
	next.Due, next.Tries = until, next.Tries+1
	s.pokes[next.Foreign] = next
	return next, nil
}

// PokeDone ends one.
func (s *Tables) PokeDone(_ context.Context, p twins.Poke) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pokes[p.Foreign].Tries == p.Tries {
		delete(s.pokes, p.Foreign)
	}
	return nil
}

// PokeLater has one tried again.
func (s *Tables) PokeLater(_ context.Context, p twins.Poke, at time.Time, why string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stands, there := s.pokes[p.Foreign]; there && stands.Tries == p.Tries {
		stands.Due, stands.Error = at, why
		s.pokes[p.Foreign] = stands
	}
	return nil
}
