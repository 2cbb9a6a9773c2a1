package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/storage"
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

// unnamed refuses to remove an engineer whom a rota or an escalation policy names; s.mu is held.
func (s *Store) unnamed(id oncall.EngineerID) error {
	for _, r := range append(slices.Collect(maps.Values(s.schedules)), rota.Of(s.rota)) {
		if slices.Contains(r.Names(), id) {
			return fmt.Errorf("engineer %s: %w", id, oncall.ErrOnRota)
		}
	}
	return escalation.NamesEngineer(slices.Collect(maps.Values(s.policies)), id)
}

// removeOf removes what is kept of an engineer, who may be followed by another one of the same name; s.mu is held.
func (s *Store) removeOf(ctx context.Context, id oncall.EngineerID) error {
	var failed []error
	if a, there := s.absences[id]; there {
		failed = append(failed, remove(ctx, s, s.absences, document{"absences", string(id)}, 0, a.Version))
	}
	if c, there := s.contacts[id]; there {
		failed = append(failed, remove(ctx, s, s.contacts, document{"contact", string(id)}, 0, c.Version))
	}
	if p, there := s.proofs[id]; there {
		failed = append(failed, remove(ctx, s, s.proofs, document{"proofs", string(id)}, 0, p.Version))
	}
	if pin, there := s.engineerPINs[id]; there {
		failed = append(failed, remove(ctx, s, s.engineerPINs, document{"engineer_pin", string(id)}, 0, pin.Version))
	}
	return errors.Join(failed...)
}

// knows refuses a document of an engineer who is not there; s.mu is held.
func (s *Store) knows(id oncall.EngineerID) error {
	if _, known := s.engineers[id]; !known {
		return fmt.Errorf("engineer %q: %w", id, storage.ErrNotFound)
	}
	return nil
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

// PutSchedule writes a whole rota, if everybody whom it names exists and no other one serves the same.
func (s *Store) PutSchedule(ctx context.Context, r rota.Rota) (rota.Rota, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range r.Names() {
		if _, known := s.engineers[id]; !known {
			return rota.Rota{}, fmt.Errorf("engineer %q: %w", id, oncall.ErrUnknownEngineer)
		}
	}
	if err := r.Beside(slices.Collect(maps.Values(s.schedules))); err != nil {
		return rota.Rota{}, err
	}
	return put(ctx, s, s.schedules, document{"schedule", string(r.ID)}, r.Clone(), func(r *rota.Rota) *int { return &r.Version })
}

// DeleteSchedule removes a rota that no escalation policy names.
func (s *Store) DeleteSchedule(ctx context.Context, id rota.ID, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := escalation.NamesRota(slices.Collect(maps.Values(s.policies)), id); err != nil {
		return err
	}
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
	if err := s.knows(a.Engineer); err != nil {
		return rota.Absences{}, err
	}
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

// PutPolicy writes a whole escalation policy, if what it names exists and no other one serves the same.
func (s *Store) PutPolicy(ctx context.Context, p escalation.Policy) (escalation.Policy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := escalation.Documents{
		Engineers: slices.Collect(maps.Values(s.engineers)), Schedules: slices.Collect(maps.Values(s.schedules)), Policies: slices.Collect(maps.Values(s.policies)),
	}
	if err := p.Beside(d); err != nil {
		return escalation.Policy{}, err
	}
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
	if err := s.knows(c.Engineer); err != nil {
		return escalation.Contact{}, err
	}
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
	if err := s.knows(p.Engineer); err != nil {
		return oncall.Proofs{}, err
	}
	p.List = slices.Clone(p.List)
	return put(ctx, s, s.proofs, document{"proofs", string(p.Engineer)}, p, func(p *oncall.Proofs) *int { return &p.Version })
}

var _ escalation.Store = (*Store)(nil)
