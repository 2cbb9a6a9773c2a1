package memory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hotline/audit"
	"hotline/ivr/versions"
	"hotline/storage"
)

// flowTables are the flow's versions, and the named facts.
type flowTables struct {
	flows []versions.Flow // oldest first
	facts map[string]string
}

// PutFlow writes a new version of the flow.
func (s *Store) PutFlow(ctx context.Context, f versions.Flow) (versions.Flow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Version != 0 && f.Version != len(s.flows) {
		return versions.Flow{}, fmt.Errorf("flow: %w", storage.ErrConflict)
	}
	f.Version = len(s.flows) + 1
	f.Published = f.Published.Truncate(time.Second)
	s.flows = append(s.flows, f)
	s.note(ctx, audit.Record{Who: f.By, What: audit.Published, Document: audit.Document{Kind: "flow", ID: f.Name}, Before: f.Version - 1, After: f.Version})
	return f, nil
}

// Flows lists the versions, newest first.
func (s *Store) Flows(context.Context) ([]versions.Flow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.flows)
	slices.Reverse(list)
	return list, nil
}

// Fact reads a named fact.
func (s *Store) Fact(_ context.Context, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.facts, key, "fact", itself)
}

// PutFact writes a named fact.
func (s *Store) PutFact(_ context.Context, key, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.facts[key] = value
	return nil
}
