// Package news tells customers that a version of a product was published: whom, in one letter for all that is new, and once for each
// version and contract (docs/evo-support.md).
//
// Who is told is decided when a version is seen for the first time, and written down with it, so that neither a restart nor a second
// node tells anybody again. Whether it is still news is looked at when the letter goes out. It starts no goroutine: its caller goes round.
package news

import (
	"context"
	"slices"
	"strings"
	"time"

	"hotline/directory"
	"hotline/evosupport"
	"hotline/notify/mailing"
	"hotline/sla"
)

// Notice is that the customer of one contract is told of one version.
type Notice struct {
	Product  string
	Release  string
	Contract directory.ContractID
	Address  string // to whom; empty: the customer has none
	mailing.Standing
}

// Store keeps what was seen and who is told. Safe for concurrent use; it fails with the errors of package storage.
type Store interface {
	evosupport.Store
	// NoteReleases remembers versions of a product, the newest last. Where the newest was not known, the notices about it are written
	// with it, and fresh is true.
	NoteReleases(ctx context.Context, product string, releases []string, about []Notice) (fresh bool, err error)
	// ClaimNotices gives every waiting notice to one address that has a due one, by product and contract, and puts them off until an
	// instant, so that nobody else gets them before. Each claim counts as a try. None: nothing is due.
	ClaimNotices(ctx context.Context, now, until time.Time) ([]Notice, error)
	// PutNotice writes how a waiting notice stands; of one that does not wait any more nothing is written.
	PutNotice(ctx context.Context, n Notice) error
	// Notices are those about a product, the newest first, by contract.
	Notices(ctx context.Context, product string) ([]Notice, error)
}

// Together is how long a version waits for others that are published after it: they go out in one letter, and one that was published by
// mistake can be taken back.
const Together = 10 * time.Minute

// About are the notices about the newest version of a product: one for each contract in force that entitles to it, at one of whose
// installations another version stands. The letter waits for the contract's hours; own is the calendar of the house.
func About(p evosupport.Product, installed []evosupport.Installed, book *directory.Book, own sla.CalendarID, now time.Time) (list []Notice) {
	newest, ok := p.Newest()
	if !ok {
		return nil
	}
	for _, i := range installed {
		c, known := book.Contracts.Get(i.Contract)
		s := evosupport.StandingOf(i, []evosupport.Product{p}, c, now)
		if !known || i.Product != p.ID || !s.Entitled || !s.Lags || slices.ContainsFunc(list, func(n Notice) bool { return n.Contract == c.ID }) {
			continue
		}
		n := Notice{
			Product: p.ID, Release: newest.Name, Contract: c.ID, Address: book.Customers.At(c.Customer).Address(),
			Standing: mailing.Standing{Noted: now, State: mailing.Waiting, Due: opens(book, c.ID, own, now.Add(Together))},
		}
		if n.Address == "" {
			n.State, n.Settled = mailing.NoAddress, now
		}
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b Notice) int { return strings.Compare(string(a.Contract), string(b.Contract)) })
	return list
}

// opens is the instant itself in the hours of a contract, else their next beginning. Hours that cannot be told keep nothing back.
func opens(book *directory.Book, id directory.ContractID, own sla.CalendarID, at time.Time) time.Time {
	e, err := book.Entitlement(id, own)
	if err != nil {
		return at
	}
	open, err := e.Hours.NextOpen(at)
	if err != nil {
		return at
	}
	return open
}

// still tells whether a notice is news: the version is the newest, the contract entitles to it, and another one stands somewhere. It gives
// the installations on which it does.
func still(n Notice, installed []evosupport.Installed, products []evosupport.Product, book *directory.Book, now time.Time) (lag []evosupport.Standing) {
	c, ok := book.Contracts.Get(n.Contract)
	if !ok {
		return nil
	}
	for _, i := range installed {
		if s := evosupport.StandingOf(i, products, c, now); i.Product == n.Product && i.Contract == n.Contract && s.Entitled && s.Lags && s.Newest == n.Release {
			lag = append(lag, s)
		}
	}
	return lag
}
