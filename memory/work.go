package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"hotline/outbox"
	"hotline/storage"
	"hotline/tickets"
)

const (
	look       = time.Second      // how often the twin looks for due work
	retryAfter = 10 * time.Second // of work that failed
)

// workTables are the due work.
type workTables struct {
	work  map[string]tickets.Work // that was not done yet
	done  map[string]bool
	doing map[string]bool      // under way
	again map[string]time.Time // when work that failed is tried again
}

// Run does due work until ctx ends, each piece in a goroutine of its own: a call-out takes minutes, and what else is due does
// not wait for it. It waits for those under way.
func (s *Store) Run(ctx context.Context, handle func(ctx context.Context, w tickets.Work) error) error {
	var doing sync.WaitGroup
	defer doing.Wait()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		for _, w := range s.due(time.Now()) {
			if ctx.Err() != nil {
				return nil
			}
			if s.begin(w.ID) {
				doing.Go(func() { s.finish(w, handle(context.WithoutCancel(ctx), w)) })
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// begin is true for the first to begin a piece of work.
func (s *Store) begin(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doing[id] {
		return false
	}
	s.doing[id] = true
	return true
}

// due takes the work whose time has come.
func (s *Store) due(now time.Time) []tickets.Work {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []tickets.Work
	for id, w := range s.work {
		if again, failed := s.again[id]; !w.Due.After(now) && (!failed || !again.After(now)) {
			list = append(list, w)
		}
	}
	return list
}

func (s *Store) finish(w tickets.Work, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.doing, w.ID)
	var later *tickets.Later
	switch {
	case errors.As(err, &later):
		s.again[w.ID] = later.At
	case err != nil:
		s.again[w.ID] = time.Now().Add(retryAfter)
	default:
		s.done[w.ID] = true
		delete(s.work, w.ID)
		delete(s.again, w.ID)
	}
}

// Waiting lists the work that was not done yet, by due time: what a test looks at.
func (s *Store) Waiting() []tickets.Work {
	list := s.due(time.Unix(1<<40, 0))
	slices.SortFunc(list, func(a, b tickets.Work) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
	return list
}

// outboxTables are endpoints, and messages in the order in which they were written.
type outboxTables struct {
	endpoints map[string]outbox.Endpoint
	outgoing  []outbox.Message
}

// Endpoint reads one endpoint.
func (s *Store) Endpoint(_ context.Context, id string) (outbox.Endpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(s.endpoints, id, "endpoint", outbox.Endpoint.Clone)
}

// Endpoints lists them by id.
func (s *Store) Endpoints(context.Context) ([]outbox.Endpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := sorted(s.endpoints, func(a, b outbox.Endpoint) int { return cmp.Compare(a.ID, b.ID) })
	for n := range list {
		list[n] = list[n].Clone()
	}
	return list, nil
}

// PutEndpoint writes a whole endpoint.
func (s *Store) PutEndpoint(ctx context.Context, e outbox.Endpoint) (outbox.Endpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return put(ctx, s, s.endpoints, document{"endpoint", e.ID}, e.Clone(), func(e *outbox.Endpoint) *int { return &e.Version })
}

// DeleteEndpoint removes an endpoint, with its messages.
func (s *Store) DeleteEndpoint(ctx context.Context, id string, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := remove(ctx, s, s.endpoints, document{"endpoint", id}, version, s.endpoints[id].Version); err != nil {
		return err
	}
	s.outgoing = slices.DeleteFunc(s.outgoing, func(m outbox.Message) bool { return m.Endpoint == id })
	return nil
}

// outgoingAt is where a message stands; -1: nowhere. s.mu is held.
func (s *Store) outgoingAt(endpoint, id string) int {
	return slices.IndexFunc(s.outgoing, func(m outbox.Message) bool { return m.Endpoint == endpoint && m.ID == id })
}

// AddMessages writes the messages that are not known, in their order.
func (s *Store) AddMessages(_ context.Context, list []outbox.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range list {
		if s.outgoingAt(m.Endpoint, m.ID) >= 0 {
			continue
		}
		for n := range s.outgoing { // what waits before it becomes due with it
			o := &s.outgoing[n]
			if o.Endpoint == m.Endpoint && o.Ticket == m.Ticket && o.State == outbox.Waiting && o.Tries == 0 && !o.Held && !m.Held && o.Due.After(m.Due) {
				o.Due = m.Due
			}
		}
		s.outgoing = append(s.outgoing, m)
	}
	return nil
}

// Message reads one message to another system.
func (s *Store) Message(_ context.Context, endpoint, id string) (outbox.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.outgoingAt(endpoint, id); at >= 0 {
		return s.outgoing[at], nil
	}
	return outbox.Message{}, fmt.Errorf("message %s to %s: %w", id, endpoint, storage.ErrNotFound)
}

// Messages lists messages, the newest first.
func (s *Store) Messages(_ context.Context, f outbox.Filter) (list []outbox.Message, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range slices.Backward(s.outgoing) {
		if (f.Endpoint == "" || f.Endpoint == m.Endpoint) && (f.State == "" || f.State == m.State) && len(list) < cmp.Or(f.Limit, 100) {
			list = append(list, m)
		}
	}
	return list, nil
}

// CountMessages counts what waits, and the dead letters.
func (s *Store) CountMessages(context.Context) (map[string]map[outbox.State]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := map[string]map[outbox.State]int{}
	for _, m := range s.outgoing {
		if m.State == outbox.Sent || m.State == outbox.Bundled {
			continue
		}
		if counts[m.Endpoint] == nil {
			counts[m.Endpoint] = map[outbox.State]int{}
		}
		counts[m.Endpoint][m.State]++
	}
	return counts, nil
}

// DueEndpoints are those with a message that is due.
func (s *Store) DueEndpoints(_ context.Context, now time.Time) (ids []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.outgoing {
		if m.State == outbox.Waiting && !m.Due.After(now) && !slices.Contains(ids, m.Endpoint) {
			ids = append(ids, m.Endpoint)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// ClaimMessage takes the next message of an endpoint: of those that are due the longest due one, and of a ticket's the first. Quiet
// hours may keep an earlier one back.
func (s *Store) ClaimMessage(_ context.Context, endpoint string, now, until time.Time) (outbox.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, behind := -1, map[tickets.Number]bool{}
	for n, m := range s.outgoing {
		if m.Endpoint != endpoint || m.State != outbox.Waiting {
			continue
		}
		due := !m.Due.After(now)
		if due && !behind[m.Ticket] && (next < 0 || m.Due.Before(s.outgoing[next].Due)) {
			next = n
		}
		if !m.Held || due {
			behind[m.Ticket] = true
		}
	}
	if next < 0 {
		return outbox.Message{}, fmt.Errorf("the next message to %s: %w", endpoint, storage.ErrNotFound)
	}
	m := &s.outgoing[next]
	m.Due, m.Held, m.Error = until, false, ""
	m.Tries++
	return *m, nil
}

// Following are the messages that wait behind one of its ticket.
func (s *Store) Following(_ context.Context, m outbox.Message, most int) (list []outbox.Message, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.outgoing[s.outgoingAt(m.Endpoint, m.ID)+1:] {
		if b.Endpoint == m.Endpoint && b.Ticket == m.Ticket && b.State == outbox.Waiting && len(list) < most {
			list = append(list, b)
		}
	}
	return list, nil
}

// Bundle writes that a message tells what others do.
func (s *Store) Bundle(_ context.Context, m outbox.Message, others []string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	lead := s.outgoingAt(m.Endpoint, m.ID)
	conflict := lead < 0 || s.outgoing[lead].State != outbox.Waiting || s.outgoing[lead].Tries != m.Tries
	for _, id := range others {
		at := s.outgoingAt(m.Endpoint, id)
		conflict = conflict || at < 0 || s.outgoing[at].Ticket != m.Ticket || s.outgoing[at].State != outbox.Waiting || s.outgoing[at].Tries > 0
	}
	if conflict {
		return fmt.Errorf("bundling messages with %s: %w", m.ID, storage.ErrConflict)
	}
	s.outgoing[lead].Kind, s.outgoing[lead].Body = m.Kind, m.Body
	for _, id := range others {
		o := &s.outgoing[s.outgoingAt(m.Endpoint, id)]
		o.State, o.Held, o.SentAt = outbox.Bundled, false, now
	}
	return nil
}

// PutMessage writes how a message stands.
func (s *Store) PutMessage(ctx context.Context, m outbox.Message, tried int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.outgoingAt(m.Endpoint, m.ID)
	if at < 0 || s.outgoing[at].Tries != tried {
		return fmt.Errorf("message %s to %s: %w", m.ID, m.Endpoint, storage.ErrConflict)
	}
	m.Kind, m.Body = s.outgoing[at].Kind, s.outgoing[at].Body
	s.outgoing[at] = m
	s.note(ctx, outbox.AuditedAgain(m.Endpoint))
	return nil
}

// Hasten makes due what waits for another try.
func (s *Store) Hasten(_ context.Context, endpoint string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range s.outgoing {
		if m := &s.outgoing[n]; m.Endpoint == endpoint && m.State == outbox.Waiting && m.Error != "" && m.Due.After(now) {
			m.Due = now
		}
	}
	return nil
}

// Requeue makes dead letters wait again.
func (s *Store) Requeue(ctx context.Context, endpoint string, now time.Time) (count int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, m := range s.outgoing {
		if m.Endpoint == endpoint && m.State == outbox.Dead {
			s.outgoing[n] = m.Again(now)
			count++
		}
	}
	s.note(ctx, outbox.AuditedAgain(endpoint))
	return count, nil
}

// ForgetMessages forgets old messages, and those of endpoints that are gone.
func (s *Store) ForgetMessages(_ context.Context, sent, dead time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outgoing = slices.DeleteFunc(s.outgoing, func(m outbox.Message) bool {
		_, known := s.endpoints[m.Endpoint]
		return !known || (m.State == outbox.Sent || m.State == outbox.Bundled) && m.SentAt.Before(sent) || m.State == outbox.Dead && m.Due.Before(dead)
	})
	return nil
}

var _ outbox.Store = (*Store)(nil)
