package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"hotline/audit"
	"hotline/oncall"
	"hotline/storage"
)

// oncallTables are the engineers and their rota.
type oncallTables struct {
	engineers    map[oncall.EngineerID]oncall.Engineer
	engineerPINs map[oncall.EngineerID]oncall.PIN
	rota         oncall.Rota
}

// Engineer reads one engineer.
func (s *Store) Engineer(_ context.Context, id oncall.EngineerID) (oncall.Engineer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.engineers, id, "engineer", itself)
}

// Engineers lists them by id.
func (s *Store) Engineers(context.Context) ([]oncall.Engineer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.engineers, func(a, b oncall.Engineer) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutEngineer writes a whole engineer.
func (s *Store) PutEngineer(ctx context.Context, e oncall.Engineer) (oncall.Engineer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Phones = slices.Clone(e.Phones)
	return put(ctx, s, s.engineers, document{"engineer", string(e.ID)}, e, func(e *oncall.Engineer) *int { return &e.Version })
}

// DeleteEngineer removes an engineer whom no rota, no escalation policy and no live ticket names, with what is kept of the engineer.
func (s *Store) DeleteEngineer(ctx context.Context, id oncall.EngineerID, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.unnamed(id); err != nil {
		return err
	}
	if s.hasTicket(id) {
		return fmt.Errorf("engineer %s: %w", id, oncall.ErrHasTicket)
	}
	if err := remove(ctx, s, s.engineers, document{"engineer", string(id)}, version, s.engineers[id].Version); err != nil {
		return err
	}
	return s.removeOf(ctx, id)
}

// hasTicket tells whether a live ticket is an engineer's; s.mu is held.
func (s *Store) hasTicket(id oncall.EngineerID) bool {
	for _, t := range s.tickets {
		if t.Assignee == string(id) && t.State.Live() {
			return true
		}
	}
	return false
}

// EngineerPIN reads the hash of an engineer's PIN.
func (s *Store) EngineerPIN(_ context.Context, id oncall.EngineerID) (oncall.PIN, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.engineerPINs, id, "engineer's PIN", itself)
}

// EngineerPINs lists them by engineer.
func (s *Store) EngineerPINs(context.Context) ([]oncall.PIN, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.engineerPINs, func(a, b oncall.PIN) int { return cmp.Compare(a.Engineer, b.Engineer) }), nil
}

// PutEngineerPIN gives an engineer another PIN.
func (s *Store) PutEngineerPIN(ctx context.Context, p oncall.PIN) (oncall.PIN, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.engineers[p.Engineer]; !known {
		return oncall.PIN{}, fmt.Errorf("engineer %s: %w", p.Engineer, storage.ErrNotFound)
	}
	return put(ctx, s, s.engineerPINs, document{"engineer_pin", string(p.Engineer)}, p, func(p *oncall.PIN) *int { return &p.Version })
}

// EndEngineerPIN ends the PIN of an engineer.
func (s *Store) EndEngineerPIN(ctx context.Context, id oncall.EngineerID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return remove(ctx, s, s.engineerPINs, document{"engineer_pin", string(id)}, 0, s.engineerPINs[id].Version)
}

// Rota reads the rota.
func (s *Store) Rota(context.Context) (oncall.Rota, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rota
	r.Shifts, r.Overrides = slices.Clone(r.Shifts), slices.Clone(r.Overrides)
	return r, nil
}

// PutRota writes the whole rota.
func (s *Store) PutRota(ctx context.Context, r oncall.Rota) (oncall.Rota, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rota.Version != r.Version {
		return oncall.Rota{}, fmt.Errorf("rota: %w", storage.ErrConflict)
	}
	known := map[oncall.EngineerID]bool{}
	for id := range s.engineers {
		known[id] = true
	}
	if err := r.Staffed(known); err != nil {
		return oncall.Rota{}, err
	}
	r.Version++
	r.Shifts, r.Overrides = slices.Clone(r.Shifts), slices.Clone(r.Overrides)
	s.note(ctx, audit.OfDocument("rota", "rota", s.rota.Version, r.Version, audit.Differences(s.rota, r)))
	s.rota = r
	return r, nil
}

// Engage lets a node ring somebody.
func (s *Store) Engage(_ context.Context, e oncall.Engagement, talking bool, now time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.engaged {
		if other.Name == e.Name && other.Node != e.Node && other.Holds(now) && !(other.Talks && talking) {
			return false, nil
		}
	}
	if i := s.engagedAt(e.Node, e.Name); i >= 0 {
		s.engaged[i].Until = e.Until
		return true, nil
	}
	s.engaged = append(s.engaged, oncall.Engagement{Name: e.Name, Node: e.Node, Until: e.Until})
	return true, nil
}

func (s *Store) engagedAt(node, name string) int {
	return slices.IndexFunc(s.engaged, func(e oncall.Engagement) bool { return e.Node == node && e.Name == name })
}

// EngagedElsewhere gives those whom other nodes ring or talk to.
func (s *Store) EngagedElsewhere(_ context.Context, node string, names []string, now time.Time) (list []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.engaged {
		if e.Node != node && slices.Contains(names, e.Name) && e.Holds(now) && !slices.Contains(list, e.Name) {
			list = append(list, e.Name)
		}
	}
	return list, nil
}

// Disengage ends what a node has with somebody.
func (s *Store) Disengage(_ context.Context, node, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engaged = slices.DeleteFunc(s.engaged, func(e oncall.Engagement) bool { return e.Node == node && e.Name == name })
	return nil
}

// RenewEngagements writes all engagements of a node, and forgets what is stale.
func (s *Store) RenewEngagements(_ context.Context, node string, list []oncall.Engagement, stale time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range list {
		e.Node = node
		if i := s.engagedAt(node, e.Name); i >= 0 {
			s.engaged[i] = e
		} else {
			s.engaged = append(s.engaged, e)
		}
	}
	s.engaged = slices.DeleteFunc(s.engaged, func(e oncall.Engagement) bool {
		return e.Until.Before(stale) && (e.Node == node || e.Until.Before(stale.Add(-oncall.Forgotten)))
	})
	return nil
}
