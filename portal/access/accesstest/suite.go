// Package accesstest is the conformance suite of access.Store, for PostgreSQL and for its twin in memory.
package accesstest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline/portal/access"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// monday is when everything happens.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// Store runs the suite; open gives a new and empty store each time.
func Store(t *testing.T, open func(t *testing.T) access.Store) {
	for name, test := range map[string]func(*testing.T, access.Store){
		"a code is good once":                    codeOnce,
		"a code ends, and its tries":             codeEnds,
		"of many tries at once five are counted": codeTogether,
		"a wrong PIN's code is never right":      codeOfNobody,
		"sessions of customers":                  customerSessions,
		"links open until they are revoked":      linksRevoked,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func sent() access.Code {
	return access.Code{Browser: [32]byte{1}, Hash: [32]byte{7}, Contract: "rossi", PINAt: monday.AddDate(0, -1, 0), Expires: monday.Add(access.CodeTime)}
}

func codeOnce(t *testing.T, s access.Store) {
	ctx := t.Context()
	_, _, err := s.TryCode(ctx, [32]byte{1}, [32]byte{7}, monday)
	check.Error(t, "a code that was never sent", err, storage.ErrNotFound)
	check.Must(t, s.PutCode(ctx, sent(), monday))
	got, right, err := s.TryCode(ctx, [32]byte{1}, [32]byte{8}, monday)
	check.Must(t, err)
	check.Equal(t, "a wrong one", right, false)
	check.Equal(t, "its tries", got.Tries, 1)
	got, right, err = s.TryCode(ctx, [32]byte{1}, [32]byte{7}, monday)
	check.Must(t, err)
	check.Equal(t, "the right one", right, true)
	want := sent()
	want.Tries = 1
	check.Equal(t, "what it stands for", got, want)
	_, _, err = s.TryCode(ctx, [32]byte{1}, [32]byte{7}, monday)
	check.Error(t, "the right one again", err, storage.ErrNotFound)
}

func codeEnds(t *testing.T, s access.Store) {
	ctx := t.Context()
	check.Must(t, s.PutCode(ctx, sent(), monday))
	for range access.Tries {
		_, right, err := s.TryCode(ctx, [32]byte{1}, [32]byte{8}, monday)
		check.Must(t, err)
		check.Equal(t, "a wrong one", right, false)
	}
	_, _, err := s.TryCode(ctx, [32]byte{1}, [32]byte{7}, monday)
	check.Error(t, "the right one after five wrong ones", err, storage.ErrNotFound)
	check.Must(t, s.PutCode(ctx, sent(), monday))
	_, _, err = s.TryCode(ctx, [32]byte{1}, [32]byte{7}, sent().Expires)
	check.Error(t, "the right one too late", err, storage.ErrNotFound)
	c := sent()
	check.Must(t, s.PutCode(ctx, c, monday))
	c.Hash = [32]byte{9}
	check.Must(t, s.PutCode(ctx, c, monday))
	_, right, err := s.TryCode(ctx, [32]byte{1}, [32]byte{7}, monday)
	check.Must(t, err)
	check.Equal(t, "the one before", right, false)
	_, right, err = s.TryCode(ctx, [32]byte{1}, [32]byte{9}, monday)
	check.Must(t, err)
	check.Equal(t, "the last one sent", right, true)
}

func codeTogether(t *testing.T, s access.Store) {
	ctx := t.Context()
	check.Must(t, s.PutCode(ctx, sent(), monday))
	var counted atomic.Int64
	var group sync.WaitGroup
	for range 4 * access.Tries {
		group.Go(func() {
			if _, _, err := s.TryCode(ctx, [32]byte{1}, [32]byte{8}, monday); err == nil {
				counted.Add(1)
			}
		})
	}
	group.Wait()
	check.Equal(t, "tries", counted.Load(), int64(access.Tries))
}

func codeOfNobody(t *testing.T, s access.Store) {
	ctx := t.Context()
	c := sent()
	c.Contract, c.PINAt = "", time.Time{}
	check.Must(t, s.PutCode(ctx, c, monday))
	got, right, err := s.TryCode(ctx, c.Browser, c.Hash, monday)
	check.Must(t, err)
	check.Equal(t, "the very hash", right, false)
	c.Tries = 1
	check.Equal(t, "what is kept", got, c)
}

func customerSessions(t *testing.T, s access.Store) {
	ctx := t.Context()
	n := access.Session{Hash: [32]byte{1}, Contract: "rossi", PINAt: monday.AddDate(0, -1, 0), Created: monday, Expires: monday.Add(time.Hour)}
	_, err := s.CustomerSession(ctx, n.Hash)
	check.Error(t, "a session that does not exist", err, storage.ErrNotFound)
	check.Must(t, s.PutCustomerSession(ctx, n, monday))
	got, err := s.CustomerSession(ctx, n.Hash)
	check.Must(t, err)
	check.Equal(t, "the session", got, n)
	late := access.Session{Hash: [32]byte{2}, Contract: "verdi", Created: monday.Add(2 * time.Hour), Expires: monday.Add(3 * time.Hour)}
	check.Must(t, s.PutCustomerSession(ctx, late, late.Created))
	_, err = s.CustomerSession(ctx, n.Hash)
	check.Error(t, "one that ended", err, storage.ErrNotFound)
	got, err = s.CustomerSession(ctx, late.Hash)
	check.Must(t, err)
	check.Equal(t, "one without an instant of the PIN", got, late)
	check.Must(t, s.EndCustomerSession(ctx, late.Hash))
	check.Must(t, s.EndCustomerSession(ctx, late.Hash))
	_, err = s.CustomerSession(ctx, late.Hash)
	check.Error(t, "one that was ended", err, storage.ErrNotFound)
}

func linksRevoked(t *testing.T, s access.Store) {
	ctx := t.Context()
	link := func(hash byte, n tickets.Number) access.Link {
		return access.Link{Hash: [32]byte{hash}, Ticket: 417 + n, Created: monday, Expires: monday.Add(access.LinkTime), By: "staff:anna"}
	}
	for _, l := range []access.Link{link(1, 0), link(2, 0), link(3, 1)} {
		check.Must(t, s.PutLink(ctx, l, monday))
	}
	got, err := s.TicketLink(ctx, [32]byte{1})
	check.Must(t, err)
	check.Equal(t, "the link", got, link(1, 0))
	count, err := s.RevokeLinks(ctx, 417)
	check.Must(t, err)
	check.Equal(t, "links revoked", count, 2)
	for _, hash := range []byte{1, 2} {
		_, err = s.TicketLink(ctx, [32]byte{hash})
		check.Error(t, "a link that was revoked", err, storage.ErrNotFound)
	}
	check.Must(t, s.PutLink(ctx, link(1, 0), monday))
	_, err = s.TicketLink(ctx, [32]byte{1})
	check.Error(t, "one that was revoked and is written again, as by a letter that is tried again", err, storage.ErrNotFound)
	got, err = s.TicketLink(ctx, [32]byte{3})
	check.Must(t, err)
	check.Equal(t, "the link to another ticket", got, link(3, 1))
	check.Must(t, s.PutLink(ctx, access.Link{Hash: [32]byte{4}, Ticket: 419, Created: monday, Expires: monday.AddDate(0, 3, 0), By: "receipt"}, monday.AddDate(0, 2, 0)))
	_, err = s.TicketLink(ctx, [32]byte{3})
	check.Error(t, "one that ended long ago", err, storage.ErrNotFound)
	count, err = s.RevokeLinks(ctx, 500)
	check.Must(t, err)
	check.Equal(t, "links of a ticket without any", count, 0)
}
