// Package offline is a start without the database: calls are taken with what the disk remembers, until the database answers.
//
// [Copy] is what the disk remembers. [Start] says whether the database has not answered since the start, and catches up when it
// does. It starts no goroutine.
package offline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"hotline/alarm"
	"hotline/datadir"
	"hotline/directory"
	"hotline/storage"
	"hotline/tickets"
)

// Desk takes the book that the database has. tickets.Desk implements it.
type Desk interface {
	SetBook(b *directory.Book)
}

// Journal gives back the changes that the database does not have. journal.Journal implements it.
type Journal interface {
	Replay(ctx context.Context, restore func(context.Context, tickets.Change) error) error
}

// Store is what the start could not ask. The stores implement it.
type Store interface {
	directory.Store
	tickets.Store
	storage.Facts
}

// Start is a start without the database. Its methods but Waits are used by one goroutine.
type Start struct {
	Store   Store
	Copy    *Copy
	Desk    Desk
	Journal Journal
	PINKey  []byte
	Prepare func(ctx context.Context) error // brings the database's schema up to date
	Company func(ctx context.Context) error // tells why this company may not be served here
	Alarm   alarm.Func
	Log     *slog.Logger

	over atomic.Bool
}

// Waits tells whether the database has not answered since the start.
func (s *Start) Waits() bool { return s != nil && !s.over.Load() }

// Round catches up when the database answers. Maintenance calls it.
func (s *Start) Round(ctx context.Context) {
	if !s.Waits() {
		return
	}
	if err := s.catchUp(ctx); err != nil && ctx.Err() == nil {
		s.Log.Warn("the database does not answer yet", "error", err)
	}
}

// catchUp does what the start could not do: the schema, the journal, and the book as it stands now.
func (s *Start) catchUp(ctx context.Context) error {
	if err := s.Prepare(ctx); err != nil {
		return err
	}
	known, err := s.Store.Fact(ctx, datadir.PINKeyFact)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if known != "" && known != directory.KeyFingerprint(s.PINKey) {
		s.Alarm(alarm.PINKey, "the PIN key is not the one that the database's PINs were made with: put the right one back and restart")
	}
	if err := s.Company(ctx); err != nil {
		s.Alarm(alarm.Company, err.Error())
	}
	if err := Replay(ctx, s.Journal, s.Store, s.Alarm); err != nil {
		return err
	}
	book, err := directory.ReadBook(ctx, s.Store, time.Now())
	if err != nil {
		return err
	}
	if s.Copy.Accept(book, s.Alarm) {
		s.Desk.SetBook(book)
	}
	s.over.Store(true)
	s.Log.Info("the database answers: what waited is written")
	return nil
}

// Replay gives the store what a former process left in the journal. What the store refuses waits there for somebody to look at it: no
// caller is to be lost for it.
func Replay(ctx context.Context, j Journal, s tickets.Store, raise alarm.Func) error {
	err := j.Replay(ctx, func(ctx context.Context, c tickets.Change) error { return tickets.Restore(ctx, s, c) })
	if err == nil || errors.Is(err, storage.ErrDown) || ctx.Err() != nil {
		return err
	}
	raise(alarm.Journal, "the database refuses changes that stay in the journal: "+err.Error())
	return nil
}

// Accept keeps the database's book on the disk, and is true. It is false, with an alarm, for the book of an empty database while the
// disk remembers contracts: that must not take the place of what the disk has.
func (c *Copy) Accept(b *directory.Book, raise alarm.Func) bool {
	if c.book == nil || c.book.Contracts.Len() == 0 || b.Contracts.Len() > 0 {
		c.KeepBook(b)
		return true
	}
	raise(alarm.Database, fmt.Sprintf("this database holds no contract, and the disk remembers %d: is it the right one? Restore its dump, and restart", c.book.Contracts.Len()))
	return false
}
