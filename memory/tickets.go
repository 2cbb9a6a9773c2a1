package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// ticketTables are tickets and what belongs to them.
type ticketTables struct {
	next    tickets.Number // to be given
	tickets map[tickets.Number]tickets.Ticket
	history map[tickets.Number][]tickets.Event
	events  map[string]bool // ids of all events
	terms   map[string]sla.Terms
	claims  map[tickets.Number]claim
	access  map[string][]tickets.Access // by recording
}

// claim is a node's right to raise a ticket's alarms for a while.
type claim struct {
	node  string
	until time.Time
}

// Next gives the next ticket number: the twin needs no lease.
func (s *Store) Next(ctx context.Context) (tickets.Number, error) { return s.LeaseNumbers(ctx, 1) }

// LeaseNumbers gives a block that is never given again.
func (s *Store) LeaseNumbers(_ context.Context, n int) (tickets.Number, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.next
	s.next += tickets.Number(n)
	return first, nil
}

// Apply writes a whole change or nothing; a change whose events stand there already is no change.
func (s *Store) Apply(_ context.Context, c tickets.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := c.Ticket.Number
	if len(c.Events) > 0 && s.events[c.Events[0].ID] {
		return nil
	}
	stands, found := s.tickets[n]
	switch {
	case c.Expect == 0 && found:
		return fmt.Errorf("ticket %d: %w", n, storage.ErrExists)
	case c.Expect != 0 && !found:
		return fmt.Errorf("ticket %d: %w", n, storage.ErrNotFound)
	case found && stands.Version != c.Expect:
		return fmt.Errorf("ticket %d: %w", n, storage.ErrConflict)
	}
	s.tickets[n] = copied(c.Ticket)
	if p := c.Ticket.Promise; p != nil {
		s.terms[p.ID()] = *p
	}
	for _, e := range c.Events {
		e.Facts = maps.Clone(e.Facts)
		s.history[n] = append(s.history[n], e)
		s.events[e.ID] = true
	}
	for _, w := range c.Work {
		if _, there := s.work[w.ID]; !there {
			w.Facts = maps.Clone(w.Facts)
			s.work[w.ID] = w
		}
	}
	return nil
}

func copied(t tickets.Ticket) tickets.Ticket {
	t.Clocks, t.Pauses, t.Recordings = slices.Clone(t.Clocks), slices.Clone(t.Pauses), slices.Clone(t.Recordings)
	return t
}

// Ticket reads one ticket.
func (s *Store) Ticket(_ context.Context, n tickets.Number) (tickets.Ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.tickets, n, "ticket", copied)
}

// History reads a ticket's lines in the order written.
func (s *Store) History(_ context.Context, n tickets.Number) ([]tickets.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.tickets[n]; !ok {
		return nil, fmt.Errorf("ticket %d: %w", n, storage.ErrNotFound)
	}
	lines := slices.Clone(s.history[n])
	for i := range lines {
		lines[i].Facts = maps.Clone(lines[i].Facts)
	}
	return lines, nil
}

// LiveOf lists live tickets of any of the contracts, by number.
func (s *Store) LiveOf(_ context.Context, contracts []directory.ContractID, behind tickets.Number, limit int) (list []tickets.Ticket, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list = s.where(func(t tickets.Ticket) bool {
		return t.Number > behind && slices.Contains(contracts, t.Contract) && t.State.Live()
	})
	slices.SortFunc(list, func(a, b tickets.Ticket) int { return cmp.Compare(a.Number, b.Number) })
	return list[:min(limit, len(list))], nil
}

// OpenOf lists the contract's live tickets, most urgent first: by priority, then by age.
func (s *Store) OpenOf(_ context.Context, c directory.ContractID) ([]tickets.Ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.where(func(t tickets.Ticket) bool { return t.Contract == c && t.State.Live() })
	slices.SortStableFunc(list, func(a, b tickets.Ticket) int {
		if pa, pb := tickets.Rank(a.Priority), tickets.Rank(b.Priority); pa != pb {
			return pa - pb
		}
		return a.OpenedAt.Compare(b.OpenedAt)
	})
	return list, nil
}

// where lists copies of the tickets that match, by number.
func (s *Store) where(match func(tickets.Ticket) bool) []tickets.Ticket {
	var list []tickets.Ticket
	for _, n := range slices.Sorted(maps.Keys(s.tickets)) {
		if t := s.tickets[n]; match(t) {
			list = append(list, copied(t))
		}
	}
	return list
}

// ClaimDue claims tickets with an alarm to raise, the longest due first.
func (s *Store) ClaimDue(_ context.Context, node string, now time.Time, lease time.Duration, limit int) ([]tickets.Number, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	type alarm struct {
		number tickets.Number
		at     time.Time
		again  bool // claimed by the same node already: behind all others
	}
	var list []alarm
	for n, t := range s.tickets {
		c := s.claims[n]
		held := c.node != "" && c.node != node && c.until.After(now) && !c.until.After(now.Add(lease))
		if at, ok := sla.NextAlarm(t.Clocks); ok && !at.After(now) && !held {
			list = append(list, alarm{n, at, c.node == node && c.until.After(now)})
		}
	}
	slices.SortFunc(list, func(a, b alarm) int {
		if a.again != b.again {
			return map[bool]int{true: 1, false: -1}[a.again]
		}
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.number, b.number))
	})
	var claimed []tickets.Number
	for _, a := range list[:min(limit, len(list))] {
		s.claims[a.number] = claim{node, now.Add(lease)}
		claimed = append(claimed, a.number)
	}
	return claimed, nil
}

// Terms reads terms that a ticket was promised.
func (s *Store) Terms(_ context.Context, id string) (sla.Terms, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.terms, id, "terms", itself)
}

// Recording finds a recording and its ticket.
func (s *Store) Recording(_ context.Context, id string) (tickets.Recording, tickets.Number, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, t := range s.tickets {
		for _, r := range t.Recordings {
			if r.ID == id {
				return r, n, nil
			}
		}
	}
	return tickets.Recording{}, 0, fmt.Errorf("recording %s: %w", id, storage.ErrNotFound)
}

// LogAccess notes who listened to a recording.
func (s *Store) LogAccess(_ context.Context, recording, actor string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access[recording] = append(s.access[recording], tickets.Access{Actor: actor, At: at})
	return nil
}

// Accesses lists who listened to a recording.
func (s *Store) Accesses(_ context.Context, recording string) ([]tickets.Access, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.access[recording]), nil
}
