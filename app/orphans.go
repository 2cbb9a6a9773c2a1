package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hotline/storage"
	"hotline/tickets"
)

// ofTicket reads the ticket's number at the beginning of a recording's id; 0 for none.
func ofTicket(recording string) tickets.Number {
	number, _, _ := strings.Cut(recording, "-")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return tickets.Number(n)
}

// highestRecorded is the highest ticket number that a recording tells of.
func (a *App) highestRecorded() (highest tickets.Number, err error) {
	ids, err := a.spool.List()
	for _, id := range ids {
		highest = max(highest, ofTicket(id))
	}
	return highest, err
}

// gather adopts the recordings that a crash cut off, unless that was done, once the store answers.
func (a *App) gather(ctx context.Context) {
	if a.gathered.Load() || a.late != nil {
		return
	}
	if err := a.adopt(ctx); err != nil {
		if ctx.Err() == nil {
			a.log.Warn("recordings that a crash cut off wait", "error", err)
		}
		return
	}
	a.gathered.Store(true)
}

// adopt puts recordings that a crash cut off on their tickets: the ticket's number stands at the beginning of their id.
// Those of calls that are on the line, and those that the journal has for the store, are none. It stops at the first that
// the store cannot tell of.
func (a *App) adopt(ctx context.Context) error {
	ids, err := a.spool.List()
	if err != nil {
		return err
	}
	cut := a.cutOff(ids)
	for _, id := range cut {
		_, _, err := a.store.Recording(ctx, id)
		if err == nil {
			continue
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("asking for recording %s: %w", id, err)
		}
		if err := a.adoptOne(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// cutOff is those of the recordings that this process has no hand in. A call leaves the line after its recording stands in
// the journal: so the line is asked first.
func (a *App) cutOff(ids []string) (cut []string) {
	for _, id := range ids {
		if n := ofTicket(id); n != 0 && !a.active.Has(n) {
			cut = append(cut, id)
		}
	}
	waiting := map[string]bool{}
	for _, c := range a.journal.Pending() {
		for _, r := range c.Ticket.Recordings {
			waiting[r.ID] = true
		}
	}
	kept := cut[:0]
	for _, id := range cut {
		if !waiting[id] {
			kept = append(kept, id)
		}
	}
	return kept
}

// adoptOne puts one on its ticket. One that cannot be read or has no ticket is passed over.
func (a *App) adoptOne(ctx context.Context, id string) error {
	codec, octets, err := a.spool.Octets(id)
	if err != nil {
		a.log.Warn("a recording cannot be read", "recording", id, "error", err)
		return nil
	}
	sum, err := a.spool.Sum(id)
	if err != nil {
		a.log.Warn("a recording cannot be read", "recording", id, "error", err)
		return nil
	}
	r := tickets.Recording{ID: id, SHA256: sum, At: time.Now().Truncate(time.Second), Seconds: float64(len(octets)) / 8000, Law: codec.Name(), Partial: true, File: id + ".wav"}
	_, err = a.desk.Keep(ctx, ofTicket(id), r, time.Now())
	if errors.Is(err, storage.ErrDown) {
		return err
	}
	if err != nil {
		a.log.Warn("a recording has no ticket", "recording", id, "error", err)
	}
	return nil
}
