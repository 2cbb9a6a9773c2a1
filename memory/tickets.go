package memory

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline/audit"
	"hotline/directory"
	"hotline/oncall"
	"hotline/paging"
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
	alarms  map[tickets.Number]time.Time // when a clock of each is to be told of next; none: nothing runs
	access  []tickets.Access             // in the order noted
	erased  []erased                     // in the order in which they were
	holds   []tickets.Hold               // of contracts
}

// erased is a recording that was erased, and the ticket that it was on.
type erased struct {
	recording string
	ticket    tickets.Number
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
	if c.Unheld != "" && s.contractHeld(c.Unheld) {
		return fmt.Errorf("ticket %d of contract %s, which is held: %w", n, c.Unheld, storage.ErrConflict)
	}
	if _, there := s.engineers[oncall.EngineerID(c.Staffed)]; c.Staffed != "" && !there {
		return fmt.Errorf("ticket %d: %w", n, tickets.ErrNoEngineer)
	}
	for _, e := range c.Events {
		for _, id := range e.ErasedRecordings() {
			if r, _, ok := s.recording(id); ok && r.SHA256 != "" {
				s.forgetSum(r.SHA256)
			}
			s.erased = append(s.erased, erased{id, n})
			delete(s.transcripts, id)
			s.access = append(s.access, tickets.Access{Recording: id, Ticket: n, Actor: e.Actor, Action: tickets.ErasedIt, At: e.At})
			s.audits.access = append(s.audits.access, c.By)
		}
	}
	s.tickets[n] = s.withoutErased(copied(c.Ticket))
	if at, ok := sla.NextAlarm(c.Ticket.Clocks); ok {
		s.alarms[n] = at
	} else {
		delete(s.alarms, n)
	}
	if p := c.Ticket.Promise; p != nil {
		s.terms[p.ID()] = *p
	}
	for _, e := range c.Events {
		e.Facts = maps.Clone(e.Facts)
		s.history[n] = append(s.history[n], e)
		s.events[e.ID] = true
	}
	for _, r := range c.Audited() {
		s.keep(r)
	}
	for _, w := range c.Work {
		if _, there := s.work[w.ID]; !there && !s.done[w.ID] {
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
	for n, at := range s.alarms {
		if at.After(now) {
			continue
		}
		c := s.claims[n]
		if held := c.node != "" && c.node != node && c.until.After(now) && !c.until.After(now.Add(lease)); !held {
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
	if r, n, ok := s.recording(id); ok {
		return r, n, nil
	}
	if at := s.erasedAt(id); at >= 0 {
		return tickets.Recording{}, s.erased[at].ticket, fmt.Errorf("recording %s: %w", id, tickets.ErrErased)
	}
	return tickets.Recording{}, 0, fmt.Errorf("recording %s: %w", id, storage.ErrNotFound)
}

func (s *Store) recording(id string) (tickets.Recording, tickets.Number, bool) {
	for n, t := range s.tickets {
		for _, r := range t.Recordings {
			if r.ID == id {
				return r, n, true
			}
		}
	}
	return tickets.Recording{}, 0, false
}

// erasedAt is where a recording stands among those that were erased; -1: nowhere.
func (s *Store) erasedAt(id string) int {
	return slices.IndexFunc(s.erased, func(e erased) bool { return e.recording == id })
}

// forgetSum takes the checksum of a sound out of what the API answered.
func (s *Store) forgetSum(sum string) {
	for key, reply := range s.replies {
		reply.Body = bytes.ReplaceAll(reply.Body, []byte(sum), nil)
		s.replies[key] = reply
	}
}

// withoutErased takes what was erased off a ticket, whatever a change says of it.
func (s *Store) withoutErased(t tickets.Ticket) tickets.Ticket {
	t.Recordings = slices.DeleteFunc(t.Recordings, func(r tickets.Recording) bool { return s.erasedAt(r.ID) >= 0 })
	return t
}

// Erasures lists what was erased, in the order written.
func (s *Store) Erasures(_ context.Context, behind int64, limit int) (list []tickets.Erasure, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range s.erased {
		if place := int64(i + 1); place > behind && len(list) < limit {
			list = append(list, tickets.Erasure{Place: place, Recording: e.recording})
		}
	}
	return list, nil
}

// RecordedBefore lists recordings of before an instant, the oldest first.
func (s *Store) RecordedBefore(_ context.Context, before time.Time, behind tickets.Kept, limit int) (list []tickets.Kept, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := func(a, b tickets.Kept) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Recording, b.Recording)) }
	for n, t := range s.tickets {
		_, held := tickets.HoldOf(s.history[n])
		held = held || s.contractHeld(t.Contract)
		for _, r := range t.Recordings {
			if k := (tickets.Kept{Recording: r.ID, At: r.At, Ticket: n, Contract: t.Contract, Held: held}); r.At.Before(before) && order(k, behind) > 0 {
				list = append(list, k)
			}
		}
	}
	slices.SortFunc(list, order)
	return list[:min(limit, len(list))], nil
}

// LogAccess notes what somebody did with a recording.
func (s *Store) LogAccess(ctx context.Context, recording, actor string, a tickets.Action, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, n, _ := s.recording(recording)
	s.access = append(s.access, tickets.Access{Recording: recording, Ticket: n, Actor: actor, Action: a, At: at})
	o, _ := audit.Of(ctx)
	s.audits.access = append(s.audits.access, o)
	return nil
}

// Accesses lists who listened to recordings.
func (s *Store) Accesses(_ context.Context, recordings ...string) ([]tickets.Access, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.access), func(a tickets.Access) bool { return !slices.Contains(recordings, a.Recording) }), nil
}

// ListAccesses selects and pages accesses, the newest first.
func (s *Store) ListAccesses(_ context.Context, f tickets.AccessFilter) (page paging.Page[tickets.Access], err error) {
	behind, given, err := paging.Place(f.After, tickets.AccessSort)
	if err != nil {
		return page, fmt.Errorf("listing accesses to recordings: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var places []int64 // counted from 1
	total := 0
	for i, a := range slices.Backward(s.access) {
		if !f.Matches(a) {
			continue
		}
		if total++; !given || int64(i+1) < behind.Number {
			places = append(places, int64(i+1))
		}
	}
	found := paging.Paged(places, f.Limit, tickets.AccessPosition)
	page = paging.Page[tickets.Access]{Next: found.Next}.Counted(total)
	for _, place := range found.Items {
		page.Items = append(page.Items, s.access[place-1])
	}
	return page, nil
}

// HoldContract notes a legal hold of a contract, or its end.
func (s *Store) HoldContract(ctx context.Context, h tickets.Hold) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holds = append(s.holds, h)
	s.note(ctx, h.Audited())
	return nil
}

// ContractHolds lists the legal holds of a contract.
func (s *Store) ContractHolds(_ context.Context, c directory.ContractID) ([]tickets.Hold, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holdsOf(c), nil
}

func (s *Store) holdsOf(c directory.ContractID) []tickets.Hold {
	return slices.DeleteFunc(slices.Clone(s.holds), func(h tickets.Hold) bool { return h.Contract != c })
}

func (s *Store) contractHeld(c directory.ContractID) bool {
	_, stands := tickets.StandingHold(s.holdsOf(c))
	return stands
}
