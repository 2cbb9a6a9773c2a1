package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
)

// scheduleTables are the documents of on-call work beside engineers and the main rota.
type scheduleTables struct {
	schedules map[rota.ID]rota.Rota
	absences  map[oncall.EngineerID]rota.Absences
	policies  map[string]escalation.Policy
	contacts  map[oncall.EngineerID]escalation.Contact
	proofs    map[oncall.EngineerID]oncall.Proofs
}

func newSchedules() scheduleTables {
	return scheduleTables{
		schedules: map[rota.ID]rota.Rota{}, absences: map[oncall.EngineerID]rota.Absences{}, policies: map[string]escalation.Policy{},
		contacts: map[oncall.EngineerID]escalation.Contact{}, proofs: map[oncall.EngineerID]oncall.Proofs{},
	}
}

// scheduled tells whether a rota beside the main one names an engineer.
func (s *Store) scheduled(id oncall.EngineerID) bool {
	for _, r := range s.schedules {
		if slices.Contains(r.Names(), id) {
			return true
		}
	}
	return false
}

// Schedule reads one rota beside the main one.
func (s *Store) Schedule(_ context.Context, id rota.ID) (rota.Rota, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.schedules, id, "rota", rota.Rota.Clone)
}

// Schedules lists them by id.
func (s *Store) Schedules(context.Context) ([]rota.Rota, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := sorted(s.schedules, func(a, b rota.Rota) int { return cmp.Compare(a.ID, b.ID) })
	for i, r := range list {
		list[i] = r.Clone()
	}
	return list, nil
}

// PutSchedule writes a whole rota, if everybody whom it names exists.
func (s *Store) PutSchedule(ctx context.Context, r rota.Rota) (rota.Rota, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range r.Names() {
		if _, known := s.engineers[id]; !known {
			return rota.Rota{}, fmt.Errorf("engineer %q: %w", id, oncall.ErrUnknownEngineer)
		}
	}
	return put(ctx, s, s.schedules, document{"schedule", string(r.ID)}, r.Clone(), func(r *rota.Rota) *int { return &r.Version })
}

// DeleteSchedule removes a rota.
func (s *Store) DeleteSchedule(ctx context.Context, id rota.ID, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return remove(ctx, s, s.schedules, document{"schedule", string(id)}, version, s.schedules[id].Version)
}

// AbsencesOf reads when an engineer is away.
func (s *Store) AbsencesOf(_ context.Context, id oncall.EngineerID) (rota.Absences, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.absences, id, "absences", itself)
}

// Absences lists them by engineer.
func (s *Store) Absences(context.Context) ([]rota.Absences, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.absences, func(a, b rota.Absences) int { return cmp.Compare(a.Engineer, b.Engineer) }), nil
}

// PutAbsences writes when an engineer is away, whole.
func (s *Store) PutAbsences(ctx context.Context, a rota.Absences) (rota.Absences, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.List = slices.Clone(a.List)
	return put(ctx, s, s.absences, document{"absences", string(a.Engineer)}, a, func(a *rota.Absences) *int { return &a.Version })
}

// Policy reads one escalation policy.
func (s *Store) Policy(_ context.Context, id string) (escalation.Policy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.policies, id, "escalation policy", itself)
}

// Policies lists them by id.
func (s *Store) Policies(context.Context) ([]escalation.Policy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.policies, func(a, b escalation.Policy) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutPolicy writes a whole escalation policy.
func (s *Store) PutPolicy(ctx context.Context, p escalation.Policy) (escalation.Policy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Steps = slices.Clone(p.Steps)
	return put(ctx, s, s.policies, document{"policy", p.ID}, p, func(p *escalation.Policy) *int { return &p.Version })
}

// DeletePolicy removes an escalation policy.
func (s *Store) DeletePolicy(ctx context.Context, id string, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return remove(ctx, s, s.policies, document{"policy", id}, version, s.policies[id].Version)
}

// Contact reads how an engineer is rung.
func (s *Store) Contact(_ context.Context, id oncall.EngineerID) (escalation.Contact, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.contacts, id, "contact", itself)
}

// Contacts lists them by engineer.
func (s *Store) Contacts(context.Context) ([]escalation.Contact, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.contacts, func(a, b escalation.Contact) int { return cmp.Compare(a.Engineer, b.Engineer) }), nil
}

// PutContact writes how an engineer is rung, whole.
func (s *Store) PutContact(ctx context.Context, c escalation.Contact) (escalation.Contact, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Rules = slices.Clone(c.Rules)
	return put(ctx, s, s.contacts, document{"contact", string(c.Engineer)}, c, func(c *escalation.Contact) *int { return &c.Version })
}

// DeleteContact removes the rules of an engineer, who is rung on every telephone then.
func (s *Store) DeleteContact(ctx context.Context, id oncall.EngineerID, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return remove(ctx, s, s.contacts, document{"contact", string(id)}, version, s.contacts[id].Version)
}

// ProofsOf reads which telephones an engineer has proven.
func (s *Store) ProofsOf(_ context.Context, id oncall.EngineerID) (oncall.Proofs, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.proofs, id, "proofs", itself)
}

// Proofs lists them by engineer.
func (s *Store) Proofs(context.Context) ([]oncall.Proofs, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.proofs, func(a, b oncall.Proofs) int { return cmp.Compare(a.Engineer, b.Engineer) }), nil
}

// PutProofs writes which telephones an engineer has proven, whole.
func (s *Store) PutProofs(ctx context.Context, p oncall.Proofs) (oncall.Proofs, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.List = slices.Clone(p.List)
	return put(ctx, s, s.proofs, document{"proofs", string(p.Engineer)}, p, func(p *oncall.Proofs) *int { return &p.Version })
}

var _ escalation.Store = (*Store)(nil)
