package app

import (
	"context"
	"errors"
	"time"

	"hotline/alarm"
	"hotline/directory"
)

// What other nodes edit is looked for once a second: one look at an index while there is nothing new.
const syncTime = time.Second

// copyTime is how often the copy of contracts and calendars on the disk is written while they are being edited: it is
// written whole, and an import must not write it for every row.
const copyTime = 5 * time.Second

// syncNodes takes over what this node or another one edited, until ctx ends: contracts, customers, levels, calendars,
// known faults and the flow. An edit through this node's own API is known to its line at once; here it is made up for where
// that failed.
func (a *App) syncNodes(ctx context.Context) {
	copied, at, other := a.desk.Book(), time.Now(), false
	for untilNext(ctx, syncTime) {
		err := a.readEdits(ctx)
		if errors.Is(err, directory.ErrOtherDatabase) && !other {
			a.alarm(alarm.Database, err.Error()+" What was known goes on; restore the dump, or name the right database, and restart")
		}
		other = errors.Is(err, directory.ErrOtherDatabase)
		if book := a.desk.Book(); book != copied && time.Since(at) >= copyTime {
			a.keep(book)
			copied, at = book, time.Now()
		}
	}
	if book := a.desk.Book(); book != copied {
		a.keep(book)
	}
}

// readEdits reads what is new. What cannot be read now is read the next time.
func (a *App) readEdits(ctx context.Context) error {
	edits, err := a.desk.CatchUp(ctx, a.store, time.Now())
	if err == nil && edits.Flow > a.flows.now.Load().Version {
		err = a.useNewestFlow(ctx)
	}
	if err != nil && ctx.Err() == nil {
		a.log.Debug("edits are not known yet", "error", err)
	}
	return err
}

func (a *App) useNewestFlow(ctx context.Context) error {
	list, err := a.store.Flows(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	return a.flows.Use(list[0])
}
