package intake

import (
	"context"
	"fmt"
	"sync"
	"time"

	"hotline/directory"
)

// fresh is how long settings stand before they are read again: an edit holds a second later, on every node.
const fresh = time.Second

// settings is what owners have written, as it was read last. Safe for concurrent use.
type settings struct {
	mu sync.Mutex
	at time.Time
	is written
}

// written is every document of alerts.
type written struct {
	policies     map[PolicyID]Policy
	mappings     map[string]Mapping
	maintenances []Maintenance
}

// now gives the settings. While the store does not answer, the last ones hold.
func (s *settings) now(ctx context.Context, from Settings, now time.Time) (written, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := now.Sub(s.at); !s.at.IsZero() && age >= 0 && age < fresh {
		return s.is, nil
	}
	is, err := read(ctx, from)
	if err != nil {
		if s.at.IsZero() {
			return is, err
		}
		return s.is, nil
	}
	s.at, s.is = now, is
	return is, nil
}

func read(ctx context.Context, from Settings) (written, error) {
	w := written{policies: map[PolicyID]Policy{}, mappings: map[string]Mapping{}}
	policies, err := from.AlertPolicies(ctx)
	if err != nil {
		return w, fmt.Errorf("reading alert policies: %w", err)
	}
	for _, p := range policies {
		w.policies[p.ID] = p
	}
	mappings, err := from.AlertMappings(ctx)
	if err != nil {
		return w, fmt.Errorf("reading alert mappings: %w", err)
	}
	for _, m := range mappings {
		w.mappings[m.ID] = m
	}
	if w.maintenances, err = from.Maintenances(ctx); err != nil {
		return w, fmt.Errorf("reading maintenance windows: %w", err)
	}
	return w, nil
}

// policy is a contract's own, else the house's, else the one that ships.
func (w written) policy(c directory.ContractID) Policy {
	for _, id := range []PolicyID{PolicyID(c), DefaultPolicy} {
		if p, ok := w.policies[id]; ok {
			return p
		}
	}
	return Default()
}

// maintenance is when the maintenance ends that goes on at an installation; zero: none does.
func (w written) maintenance(id ID, now time.Time) (until time.Time) {
	for _, m := range w.maintenances {
		if m.covers(id, now) && m.Until.After(until) {
			until = m.Until
		}
	}
	return until
}
