// Package nodes keeps several nodes on one database in step: what one edits, the others take over within two seconds, and budgets
// are spent together.
//
// Goroutines: [Edits.Run] is one, which its caller starts and waits for. [Budgets] starts none.
package nodes

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"hotline/alarm"
	"hotline/directory"
	"hotline/ivr/versions"
	"hotline/wallclock"
)

const (
	syncTime = time.Second     // between two looks for edits; a look is one question to an index while there is nothing new
	copyTime = 5 * time.Second // the copy on the disk is written whole, so an import must not write it for every row
)

// Desk takes edits over. tickets.Desk implements it.
type Desk interface {
	CatchUp(ctx context.Context, s directory.Store, now time.Time) (directory.Edits, error)
	Book() *directory.Book
}

// Flows is the flow that calls begin with.
type Flows interface {
	Version() int
	Use(v versions.Flow) error
}

// Store is where all nodes write.
type Store interface {
	directory.Store
	Flows(ctx context.Context) ([]versions.Flow, error)
}

// Edits takes over what this node or another one edited: contracts, customers, levels, calendars, known faults and the flow. An edit
// through this node's own API is known to its line at once; here it is made up for where that failed.
type Edits struct {
	Desk  Desk
	Store Store
	Flows Flows
	Keep  func(*directory.Book) // keeps a copy of contracts and calendars on the disk
	Alarm alarm.Func
	Log   *slog.Logger
}

// Run takes edits over until ctx ends.
func (e *Edits) Run(ctx context.Context) {
	copied, at, other := e.Desk.Book(), time.Now(), false
	for wallclock.Next(ctx, syncTime) {
		err := e.read(ctx)
		if errors.Is(err, directory.ErrOtherDatabase) && !other {
			e.Alarm(alarm.Database, err.Error()+" What was known goes on; restore the dump, or name the right database, and restart")
		}
		other = errors.Is(err, directory.ErrOtherDatabase)
		if book := e.Desk.Book(); book != copied && time.Since(at) >= copyTime {
			e.Keep(book)
			copied, at = book, time.Now()
		}
	}
	if book := e.Desk.Book(); book != copied {
		e.Keep(book)
	}
}

// read reads what is new. What cannot be read now is read the next time.
func (e *Edits) read(ctx context.Context) error {
	edits, err := e.Desk.CatchUp(ctx, e.Store, time.Now())
	if err == nil && edits.Flow > e.Flows.Version() {
		err = e.useNewestFlow(ctx)
	}
	if err != nil && ctx.Err() == nil {
		e.Log.Debug("edits are not known yet", "error", err)
	}
	return err
}

func (e *Edits) useNewestFlow(ctx context.Context) error {
	list, err := e.Store.Flows(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	return e.Flows.Use(list[0])
}
