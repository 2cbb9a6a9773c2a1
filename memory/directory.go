package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline/oncall"
	"hotline/sla"
	"hotline/tickets"
)

func itself[V any](v V) V { return v }

// Customer reads one customer.
func (s *Store) Customer(_ context.Context, id tickets.CustomerID) (tickets.Customer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.customers, id, "customer", itself)
}

// Customers lists them by id.
func (s *Store) Customers(context.Context) ([]tickets.Customer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.customers, func(a, b tickets.Customer) int { return cmp.Compare(a.ID, b.ID) }), nil
}

func sorted[K comparable, V any](m map[K]V, order func(a, b V) int) []V {
	return slices.SortedFunc(maps.Values(m), order)
}

// PutCustomer writes a whole customer.
func (s *Store) PutCustomer(_ context.Context, c tickets.Customer) (tickets.Customer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Numbers = slices.Clone(c.Numbers)
	return put(s, s.customers, "customer", c.ID, c, func(c *tickets.Customer) *int { return &c.Version })
}

// Contract reads one contract.
func (s *Store) Contract(_ context.Context, id tickets.ContractID) (tickets.Contract, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.contracts, id, "contract", itself)
}

// Contracts lists them by id.
func (s *Store) Contracts(context.Context) ([]tickets.Contract, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.contracts, func(a, b tickets.Contract) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutContract writes a whole contract.
func (s *Store) PutContract(_ context.Context, c tickets.Contract) (tickets.Contract, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putContract(c)
}

func (s *Store) putContract(c tickets.Contract) (tickets.Contract, error) {
	return put(s, s.contracts, "contract", c.ID, c, func(c *tickets.Contract) *int { return &c.Version })
}

// PutContractWithPIN writes a contract and another PIN of it, both or neither.
func (s *Store) PutContractWithPIN(_ context.Context, c tickets.Contract, h tickets.PINHash) (tickets.Contract, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used[h] {
		return tickets.Contract{}, fmt.Errorf("PIN of contract %s: %w", c.ID, tickets.ErrPINUsed)
	}
	c, err := s.putContract(c)
	if err == nil {
		s.setPIN(c.ID, h)
	}
	return c, err
}

// SetPIN gives a contract a PIN that was never used; its former one ends.
func (s *Store) SetPIN(_ context.Context, id tickets.ContractID, h tickets.PINHash) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.contracts[id]; !ok {
		return fmt.Errorf("contract %s: %w", id, tickets.ErrNotFound)
	}
	if s.used[h] {
		return fmt.Errorf("PIN of contract %s: %w", id, tickets.ErrPINUsed)
	}
	s.setPIN(id, h)
	return nil
}

func (s *Store) setPIN(id tickets.ContractID, h tickets.PINHash) {
	for former, of := range s.pins {
		if of == id {
			delete(s.pins, former)
			s.edits.pins[former] = s.edits.next()
		}
	}
	s.pins[h], s.used[h] = id, true
	s.edits.pins[h] = s.edits.next()
}

// PINs gives the current hashes.
func (s *Store) PINs(context.Context) (map[tickets.PINHash]tickets.ContractID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.pins), nil
}

// UsedPIN tells whether a PIN was ever given.
func (s *Store) UsedPIN(_ context.Context, h tickets.PINHash) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used[h], nil
}

// Level reads one level.
func (s *Store) Level(_ context.Context, id sla.LevelID) (sla.Level, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.levels, id, "level", itself)
}

// Levels lists them by id.
func (s *Store) Levels(context.Context) ([]sla.Level, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.levels, func(a, b sla.Level) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutLevel writes a whole level.
func (s *Store) PutLevel(_ context.Context, l sla.Level) (sla.Level, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return put(s, s.levels, "level", l.ID, l, func(l *sla.Level) *int { return &l.Version })
}

// Calendar reads one calendar.
func (s *Store) Calendar(_ context.Context, id sla.CalendarID) (sla.Calendar, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.calendars, id, "calendar", itself)
}

// Calendars lists them by id.
func (s *Store) Calendars(context.Context) ([]sla.Calendar, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.calendars, func(a, b sla.Calendar) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// PutCalendar writes a whole calendar.
func (s *Store) PutCalendar(_ context.Context, c sla.Calendar) (sla.Calendar, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Week, c.Exceptions = slices.Clone(c.Week), slices.Clone(c.Exceptions)
	return put(s, s.calendars, "calendar", c.ID, c, func(c *sla.Calendar) *int { return &c.Version })
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
func (s *Store) PutEngineer(_ context.Context, e oncall.Engineer) (oncall.Engineer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Phones = slices.Clone(e.Phones)
	return put(s, s.engineers, "engineer", e.ID, e, func(e *oncall.Engineer) *int { return &e.Version })
}

// DeleteEngineer removes an engineer whom the rota does not name.
func (s *Store) DeleteEngineer(_ context.Context, id oncall.EngineerID, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rota.Names(id) {
		return fmt.Errorf("engineer %s: %w", id, oncall.ErrOnRota)
	}
	return remove(s, s.engineers, "engineer", id, version, s.engineers[id].Version)
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
func (s *Store) PutRota(_ context.Context, r oncall.Rota) (oncall.Rota, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rota.Version != r.Version {
		return oncall.Rota{}, fmt.Errorf("rota: %w", tickets.ErrConflict)
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
	s.rota = r
	return r, nil
}

// PutCalls writes whole calls.
func (s *Store) PutCalls(_ context.Context, list ...tickets.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range list {
		s.calls[c.ID] = copiedCall(c)
	}
	return nil
}

func copiedCall(c tickets.Call) tickets.Call {
	c.Steps, c.Legs = slices.Clone(c.Steps), slices.Clone(c.Legs)
	return c
}

// Call reads one call.
func (s *Store) Call(_ context.Context, id tickets.CallID) (tickets.Call, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.calls, id, "call", copiedCall)
}

// Calls selects and pages calls, newest first.
func (s *Store) Calls(_ context.Context, f tickets.CallFilter) (tickets.Page[tickets.Call], error) {
	behind, given, err := f.Place()
	if err != nil {
		return tickets.Page[tickets.Call]{}, fmt.Errorf("reading calls: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.DeleteFunc(sorted(s.calls, func(a, b tickets.Call) int { return f.Position(b).Compare(f.Position(a)) }), func(c tickets.Call) bool {
		return !matchesCall(c, f)
	})
	total := len(list)
	if given {
		list = slices.DeleteFunc(list, func(c tickets.Call) bool { return f.Position(c).Compare(behind) >= 0 })
	}
	p := tickets.Paged(list, f.Limit, f.Position).Counted(total)
	for i := range p.Items {
		p.Items[i] = copiedCall(p.Items[i])
	}
	return p, nil
}

func matchesCall(c tickets.Call, f tickets.CallFilter) bool {
	return same(f.Number, c.From) && same(f.Contract, c.Contract) && same(f.Trunk, c.Trunk) && same(f.Ending, c.Ending) &&
		(same(f.Customer, c.Customer) || c.Contract != "" && slices.Contains(f.Contracts, c.Contract)) &&
		(f.Since.IsZero() || !c.Started.Before(f.Since)) && (f.Until.IsZero() || c.Started.Before(f.Until))
}

// PutToken keeps a token; its name must be new.
func (s *Store) PutToken(_ context.Context, t tickets.Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.tokens {
		if other.Name == t.Name {
			return fmt.Errorf("token %s: %w", t.Name, tickets.ErrExists)
		}
	}
	t.Scope = cmp.Or(t.Scope, tickets.ScopeAdmin)
	s.tokens[t.Hash] = t
	return nil
}

// Token finds a token by its hash.
func (s *Store) Token(_ context.Context, hash [32]byte) (tickets.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tokens[hash]
	if !ok {
		return tickets.Token{}, fmt.Errorf("token: %w", tickets.ErrNotFound)
	}
	return t, nil
}

// Tokens lists the tokens by name.
func (s *Store) Tokens(context.Context) ([]tickets.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Collect(maps.Values(s.tokens))
	slices.SortFunc(list, func(a, b tickets.Token) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// RemoveToken ends a token.
func (s *Store) RemoveToken(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, t := range s.tokens {
		if t.Name == name {
			delete(s.tokens, hash)
			return nil
		}
	}
	return fmt.Errorf("token %s: %w", name, tickets.ErrNotFound)
}

// ForgetReplies forgets the answers that were kept before an instant.
func (s *Store) ForgetReplies(_ context.Context, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.replies, func(_ string, r tickets.Reply) bool { return r.At.Before(before) })
	return nil
}

// Remember keeps the answer to a write, or gives back the one that is known under its key.
func (s *Store) Remember(_ context.Context, r tickets.Reply) (tickets.Reply, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.replies[r.Key]; ok {
		known.Body = slices.Clone(known.Body)
		return known, true, nil
	}
	r.Body = slices.Clone(r.Body)
	s.replies[r.Key] = r
	return r, false, nil
}

// PutFlow writes a new version of the flow.
func (s *Store) PutFlow(_ context.Context, f tickets.FlowVersion) (tickets.FlowVersion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Version != 0 && f.Version != len(s.flows) {
		return tickets.FlowVersion{}, fmt.Errorf("flow: %w", tickets.ErrConflict)
	}
	f.Version = len(s.flows) + 1
	f.Published = f.Published.Truncate(time.Second)
	s.flows = append(s.flows, f)
	return f, nil
}

// Flows lists the versions, newest first.
func (s *Store) Flows(context.Context) ([]tickets.FlowVersion, error) {
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

var (
	_ tickets.Store     = (*Store)(nil)
	_ oncall.Store      = (*Store)(nil)
	_ tickets.Numbers   = (*Store)(nil)
	_ tickets.WorkQueue = (*Store)(nil)
)
