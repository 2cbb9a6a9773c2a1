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

// settings is what owners have written, as it was read last. One goroutine reads at a time, without holding the lock. All that
// come meanwhile take what it reads, so nobody waits for several readings. Safe for concurrent use.
type settings struct {
	mu      sync.Mutex
	at      time.Time
	is      written
	reading *reading // under way; nil: nobody reads
}

// reading is one reading of the settings. is and err stand once done is closed.
type reading struct {
	done chan struct{}
	is   written
	err  error
}

// written is every document of alerts.
type written struct {
	policies     map[PolicyID]Policy
	mappings     map[string]Mapping
	maintenances []Maintenance
}

// now gives the settings. While the store does not answer, the last ones hold. Those who ask at one instant may come in any order.
func (s *settings) now(ctx context.Context, from Settings, now time.Time) (written, error) {
	s.mu.Lock()
	if !s.at.IsZero() && now.Sub(s.at).Abs() < fresh {
		defer s.mu.Unlock()
		return s.is, nil
	}
	r := s.reading
	if r != nil {
		s.mu.Unlock()
		select {
		case <-r.done:
			return r.is, r.err
		case <-ctx.Done():
			return written{}, ctx.Err()
		}
	}
	r = &reading{done: make(chan struct{}), err: errUnfinished} // what a panic leaves
	s.reading = r
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), turnTime) // others wait for it too
	defer cancel()
	func() {
		defer s.end(r, now)
		r.is, r.err = read(ctx, from)
	}()
	return r.is, r.err
}

// end ends a reading.
func (s *settings) end(r *reading, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.err == nil:
		s.at, s.is = now, r.is
	case !s.at.IsZero():
		r.is, r.err = s.is, nil
	}
	s.reading = nil
	close(r.done)
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
