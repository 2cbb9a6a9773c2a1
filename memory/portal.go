package memory

import (
	"context"
	"fmt"
	"maps"
	"time"

	"hotline/audit"
	"hotline/portal/access"
	"hotline/storage"
	"hotline/tickets"
)

// portalTables are who may see what on the customer portal.
type portalTables struct {
	codes    map[[32]byte]access.Code
	visits   map[[32]byte]access.Session
	links    map[[32]byte]access.Link
	linksOff map[[32]byte]bool // revoked
}

func newPortal() portalTables {
	return portalTables{codes: map[[32]byte]access.Code{}, visits: map[[32]byte]access.Session{}, links: map[[32]byte]access.Link{}, linksOff: map[[32]byte]bool{}}
}

// PutCode keeps a code, and forgets those that have ended.
func (s *Store) PutCode(_ context.Context, c access.Code, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.codes, func(_ [32]byte, c access.Code) bool { return c.Expires.Before(now) })
	s.codes[c.Browser] = c
	return nil
}

// TryCode counts a try of a code.
func (s *Store) TryCode(_ context.Context, browser, code [32]byte, now time.Time) (access.Code, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.codes[browser]
	if !ok || !now.Before(c.Expires) {
		return access.Code{}, false, fmt.Errorf("a code: %w", storage.ErrNotFound)
	}
	right := c.Is(code)
	if !right {
		c.Tries++
	}
	if s.codes[browser] = c; right || c.Tries >= access.Tries {
		delete(s.codes, browser)
	}
	return c, right, nil
}

// PutCustomerSession begins a session, and forgets those that have ended.
func (s *Store) PutCustomerSession(_ context.Context, n access.Session, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.visits, func(_ [32]byte, n access.Session) bool { return n.Expires.Before(now) })
	s.visits[n.Hash] = n
	return nil
}

// CustomerSession finds a session by the hash of its secret.
func (s *Store) CustomerSession(_ context.Context, hash [32]byte) (access.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.visits[hash]
	if !ok {
		return access.Session{}, fmt.Errorf("a customer's session: %w", storage.ErrNotFound)
	}
	return n, nil
}

// EndCustomerSession ends a session.
func (s *Store) EndCustomerSession(_ context.Context, hash [32]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.visits, hash)
	return nil
}

// PutLink keeps a link, and forgets those that have ended.
func (s *Store) PutLink(ctx context.Context, l access.Link, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, old := range s.links {
		if old.Expires.Before(now) {
			delete(s.links, hash)
			delete(s.linksOff, hash)
		}
	}
	if _, stands := s.links[l.Hash]; !stands {
		s.links[l.Hash] = l
	}
	s.note(ctx, access.AuditedLinks(l.Ticket, audit.Created))
	return nil
}

// TicketLink finds a link by the hash of its token.
func (s *Store) TicketLink(_ context.Context, hash [32]byte) (access.Link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.links[hash]
	if !ok || s.linksOff[hash] {
		return access.Link{}, fmt.Errorf("a link to a ticket: %w", storage.ErrNotFound)
	}
	return l, nil
}

// RevokeLinks ends every link of a ticket.
func (s *Store) RevokeLinks(ctx context.Context, n tickets.Number) (count int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, l := range s.links {
		if l.Ticket == n && !s.linksOff[hash] {
			s.linksOff[hash], count = true, count+1
		}
	}
	s.note(ctx, access.AuditedLinks(n, audit.Removed))
	return count, nil
}
