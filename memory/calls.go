package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline/cdr"
	"hotline/paging"
	"hotline/tickets"
)

// callTables are the records of calls, and of legs that belong to none.
type callTables struct {
	calls   map[tickets.CallID]cdr.Call
	ladders map[tickets.CallID]cdr.Ladder
	rung    []cdr.Leg
}

// PutCalls writes whole calls.
func (s *Store) PutCalls(_ context.Context, list ...cdr.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range list {
		s.calls[c.ID] = copiedCall(c)
	}
	return nil
}

func copiedCall(c cdr.Call) cdr.Call {
	c.Steps, c.Refusals, c.Legs = slices.Clone(c.Steps), slices.Clone(c.Refusals), slices.Clone(c.Legs)
	return c
}

// Call reads one call.
func (s *Store) Call(_ context.Context, id tickets.CallID) (cdr.Call, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.calls, id, "call", copiedCall)
}

// CallsOf reads calls by their IDs.
func (s *Store) CallsOf(_ context.Context, ids []tickets.CallID) (list []cdr.Call, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if c, ok := s.calls[id]; ok {
			list = append(list, copiedCall(c))
		}
	}
	return list, nil
}

// PutLeg keeps a leg of no call.
func (s *Store) PutLeg(_ context.Context, l cdr.Leg) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.rung, l.Same) {
		s.rung = append(s.rung, l)
	}
	return nil
}

// Legs are the legs of no call that began between two instants.
func (s *Store) Legs(_ context.Context, since, until time.Time) (list []cdr.Leg, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.rung {
		if !l.Started.Before(since) && l.Started.Before(until) {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, cdr.Leg.Compare)
	return list, nil
}

// AddLadders adds parts to the ladders of calls.
func (s *Store) AddLadders(_ context.Context, list ...cdr.Ladder) (missing []tickets.CallID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range list {
		if _, ok := s.calls[l.Call]; !ok {
			missing = append(missing, l.Call)
			continue
		}
		stands := s.ladders[l.Call]
		l.Full = stands.Full || len(stands.Parts)+len(l.Parts) > cdr.LadderMost
		if len(stands.Parts)+len(l.Parts) > cdr.LadderMost {
			l.Parts = nil
		}
		l.Parts = slices.Concat(stands.Parts, l.Parts)
		s.ladders[l.Call] = l
	}
	return missing, nil
}

// Ladder reads the ladder of a call.
func (s *Store) Ladder(_ context.Context, id tickets.CallID) (cdr.Ladder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.ladders, id, "the ladder of call", itself) // its octets are never changed
}

// ForgetLadders forgets the ladders whose last part was added before an instant.
func (s *Store) ForgetLadders(_ context.Context, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.ladders, func(_ tickets.CallID, l cdr.Ladder) bool { return l.At.Before(before) })
	return nil
}

// Calls selects and pages calls, newest first.
func (s *Store) Calls(_ context.Context, f cdr.Filter) (paging.Page[cdr.Call], error) {
	behind, given, err := f.Place()
	if err != nil {
		return paging.Page[cdr.Call]{}, fmt.Errorf("reading calls: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.DeleteFunc(sorted(s.calls, func(a, b cdr.Call) int { return f.Position(b).Compare(f.Position(a)) }), func(c cdr.Call) bool {
		return !matchesCall(c, f)
	})
	total := len(list)
	if given {
		list = slices.DeleteFunc(list, func(c cdr.Call) bool { return f.Position(c).Compare(behind) >= 0 })
	}
	p := paging.Paged(list, f.Limit, f.Position).Counted(total)
	for i := range p.Items {
		p.Items[i] = copiedCall(p.Items[i])
	}
	return p, nil
}

func matchesCall(c cdr.Call, f cdr.Filter) bool {
	return same(f.Number, c.From) && same(f.Contract, c.Contract) && same(f.Trunk, c.Trunk) && same(f.Ending, c.Ending) &&
		(same(f.Customer, c.Customer) || c.Contract != "" && slices.Contains(f.Contracts, c.Contract)) &&
		(f.Since.IsZero() || !c.Started.Before(f.Since)) && (f.Until.IsZero() || c.Started.Before(f.Until))
}

// CallLoad measures the calls begun between two instants.
func (s *Store) CallLoad(_ context.Context, since, until time.Time, zone *time.Location) (cdr.Load, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cdr.LoadOf(slices.DeleteFunc(sorted(s.calls, func(a, b cdr.Call) int { return a.Started.Compare(b.Started) }), func(c cdr.Call) bool {
		return !matchesCall(c, cdr.Filter{Since: since, Until: until})
	}), zone), nil
}
