package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline/directory"
	"hotline/evosupport"
	"hotline/intake"
	"hotline/storage"
	"hotline/tickets"
)

// machineTables are what installed systems report, and what is known of them.
type machineTables struct {
	intakeTables
	heartbeatTables
	agentTables
	evoTables
}

func newMachines() machineTables {
	return machineTables{newIntake(), newHeartbeats(), newAgents(), evoTables{map[string]evosupport.Product{}, map[string]evosupport.Installed{}}}
}

// intakeTables are installations, their problems, and the documents of alerts.
type intakeTables struct {
	installations map[intake.ID]intake.Installation
	problems      map[intake.ID]map[intake.Key]intake.Problem
	alertPolicies map[intake.PolicyID]intake.Policy
	alertMappings map[string]intake.Mapping
	maintenances  map[string]intake.Maintenance
}

func newIntake() intakeTables {
	return intakeTables{
		installations: map[intake.ID]intake.Installation{}, problems: map[intake.ID]map[intake.Key]intake.Problem{},
		alertPolicies: map[intake.PolicyID]intake.Policy{}, alertMappings: map[string]intake.Mapping{}, maintenances: map[string]intake.Maintenance{},
	}
}

func dueBy(due, now time.Time) bool { return !due.IsZero() && !due.After(now) }

// Installation reads an installation, with those problems of it that are named or due.
func (s *Store) Installation(_ context.Context, id intake.ID, named []intake.Key, now time.Time) (intake.Installation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.installations[id]
	i.ID = id
	wanted := map[intake.Key]bool{}
	for _, k := range named {
		wanted[k] = true
	}
	for k, p := range s.problems[id] {
		if wanted[k] || dueBy(p.Due, now) {
			i.Problems = append(i.Problems, p)
		}
	}
	slices.SortFunc(i.Problems, byHeard)
	i.Known = min(len(s.problems[id]), intake.KnownMost)
	return i.Clone(), nil
}

// byHeard orders problems, the one heard last first.
func byHeard(a, b intake.Problem) int {
	return cmp.Or(b.Heard.Compare(a.Heard), cmp.Compare(a.Key.Source, b.Key.Source), cmp.Compare(a.Key.Fingerprint, b.Key.Fingerprint))
}

// PutInstallation writes an installation with its problems.
func (s *Store) PutInstallation(_ context.Context, i intake.Installation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.installations[i.ID].Version != i.Version {
		return fmt.Errorf("installation %s of contract %s: %w", i.ID.Name, i.ID.Contract, storage.ErrConflict)
	}
	i = i.Clone()
	problems := s.problems[i.ID]
	if problems == nil {
		problems = map[intake.Key]intake.Problem{}
		s.problems[i.ID] = problems
	}
	for _, m := range i.Moves {
		for k, p := range problems {
			if p.Ticket == m.From {
				p.Ticket = m.To
				problems[k] = p
			}
		}
	}
	for _, p := range i.Problems {
		problems[p.Key] = p
	}
	i.Version++
	i.Problems, i.Moves, i.Known = nil, nil, 0
	s.installations[i.ID] = i
	return nil
}

// DueInstallations are those at which something is due.
func (s *Store) DueInstallations(_ context.Context, now time.Time, limit int) ([]intake.ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := map[intake.ID]time.Time{}
	note := func(id intake.ID, due time.Time) {
		if at, there := first[id]; dueBy(due, now) && (!there || due.Before(at)) {
			first[id] = due
		}
	}
	for id, i := range s.installations {
		note(id, i.Due)
		for _, p := range s.problems[id] {
			note(id, p.Due)
		}
	}
	ids := slices.SortedFunc(maps.Keys(first), func(a, b intake.ID) int { return first[a].Compare(first[b]) })
	return ids[:min(len(ids), limit)], nil
}

// Problems lists problems, the one heard last first.
func (s *Store) Problems(_ context.Context, f intake.Filter) ([]intake.Problem, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []intake.Problem
	for id, problems := range s.problems {
		for _, p := range problems {
			if (f.Contract == "" || f.Contract == id.Contract) && (f.Ticket == 0 || f.Ticket == p.Ticket) && (!f.Firing || p.Firing) && !p.Heard.Before(f.Since) {
				p.Changes = slices.Clone(p.Changes)
				list = append(list, p)
			}
		}
	}
	slices.SortFunc(list, byHeard)
	return list[:min(len(list), cmp.Or(f.Limit, 100))], nil
}

// ProblemsNamed are those of a contract that are named, of whatever source.
func (s *Store) ProblemsNamed(_ context.Context, contract directory.ContractID, named []intake.Ref) ([]intake.Problem, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []intake.Problem
	for id, problems := range s.problems {
		for k, p := range problems {
			if id.Contract == contract && slices.Contains(named, intake.Ref{Installation: id.Name, Fingerprint: k.Fingerprint}) {
				p.Changes = slices.Clone(p.Changes)
				list = append(list, p)
			}
		}
	}
	slices.SortFunc(list, byHeard)
	return list, nil
}

// ForgetProblems forgets those that were not heard of since an instant and are over, or have no ticket that is owed anything.
func (s *Store) ForgetProblems(_ context.Context, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	owed := func(n tickets.Number) bool {
		t, known := s.tickets[n]
		return known && t.State.Live()
	}
	for _, problems := range s.problems {
		maps.DeleteFunc(problems, func(_ intake.Key, p intake.Problem) bool {
			return (!p.Firing || !owed(p.Ticket)) && p.Due.IsZero() && p.Heard.Before(before)
		})
	}
	return nil
}

// AlertPolicy reads one policy of alerts.
func (s *Store) AlertPolicy(_ context.Context, id intake.PolicyID) (intake.Policy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.alertPolicies, id, "alert policy", itself)
}

// AlertPolicies lists them by id.
func (s *Store) AlertPolicies(context.Context) ([]intake.Policy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.alertPolicies, func(a, b intake.Policy) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutAlertPolicy writes a whole policy.
func (s *Store) PutAlertPolicy(ctx context.Context, p intake.Policy) (intake.Policy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Rules, p.Depends.Rules = slices.Clone(p.Rules), slices.Clone(p.Depends.Rules)
	return put(ctx, s, s.alertPolicies, document{"alert-policy", p.ID}, p, func(p *intake.Policy) *int { return &p.Version })
}

// DeleteAlertPolicy removes a policy.
func (s *Store) DeleteAlertPolicy(ctx context.Context, id intake.PolicyID, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return remove(ctx, s, s.alertPolicies, document{"alert-policy", id}, version, s.alertPolicies[id].Version)
}

// AlertMapping reads one mapping.
func (s *Store) AlertMapping(_ context.Context, id string) (intake.Mapping, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.alertMappings, id, "alert mapping", itself)
}

// AlertMappings lists them by id.
func (s *Store) AlertMappings(context.Context) ([]intake.Mapping, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.alertMappings, func(a, b intake.Mapping) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutAlertMapping writes a whole mapping.
func (s *Store) PutAlertMapping(ctx context.Context, m intake.Mapping) (intake.Mapping, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return put(ctx, s, s.alertMappings, document{"alert-mapping", m.ID}, m, func(m *intake.Mapping) *int { return &m.Version })
}

// DeleteAlertMapping removes a mapping.
func (s *Store) DeleteAlertMapping(ctx context.Context, id string, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return remove(ctx, s, s.alertMappings, document{"alert-mapping", id}, version, s.alertMappings[id].Version)
}

// Maintenance reads one maintenance window.
func (s *Store) Maintenance(_ context.Context, id string) (intake.Maintenance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.maintenances, id, "maintenance window", itself)
}

// Maintenances lists them by id.
func (s *Store) Maintenances(context.Context) ([]intake.Maintenance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.maintenances, func(a, b intake.Maintenance) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutMaintenance writes a whole maintenance window.
func (s *Store) PutMaintenance(ctx context.Context, m intake.Maintenance) (intake.Maintenance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return put(ctx, s, s.maintenances, document{"maintenance", m.ID}, m, func(m *intake.Maintenance) *int { return &m.Version })
}

// DeleteMaintenance removes a maintenance window.
func (s *Store) DeleteMaintenance(ctx context.Context, id string, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return remove(ctx, s, s.maintenances, document{"maintenance", id}, version, s.maintenances[id].Version)
}

var _ intake.Store = (*Store)(nil)
