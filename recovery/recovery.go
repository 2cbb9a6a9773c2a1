// Package recovery puts recordings that a crash cut off on their tickets.
//
// The spool's files tell of them: the ticket's number stands at the beginning of a recording's id. The start calls it, and then
// maintenance until it is done. It starts no goroutine.
package recovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"hotline/media/g711"
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

// Spool is the folder of recordings. spool.Folder implements it.
type Spool interface {
	List() (ids []string, err error)
	Recover(id string) error // gives a recording whose process died its end
	Octets(id string) (g711.Codec, []byte, error)
	Sum(id string) (string, error)
}

// Store tells which recordings are on tickets. The stores implement it.
type Store interface {
	Recording(ctx context.Context, id string) (tickets.Recording, tickets.Number, error)
}

// Desk puts a recording on its ticket. tickets.Desk implements it.
type Desk interface {
	Keep(ctx context.Context, n tickets.Number, r tickets.Recording, now time.Time) (tickets.Ticket, error)
}

// HighestTicket is the highest ticket number that the recordings of a spool tell of.
func HighestTicket(s interface{ List() ([]string, error) }) (highest tickets.Number, err error) {
	ids, err := s.List()
	for _, id := range ids {
		highest = max(highest, ofTicket(id))
	}
	return highest, err
}

// Recordings recovers the recordings of one spool. All its exported fields are required. Used by one goroutine at a time.
type Recordings struct {
	Spool   Spool
	Store   Store
	Desk    Desk
	Pending func() []tickets.Change     // what waits in the journal for the store
	Active  func(n tickets.Number) bool // tells whether somebody is on the line about a ticket
	Log     *slog.Logger

	done bool
}

// Recover adopts the recordings that a crash cut off, unless that was done. What the store cannot tell of waits for the next time.
func (r *Recordings) Recover(ctx context.Context) {
	if r.done {
		return
	}
	if err := r.adopt(ctx); err != nil {
		if ctx.Err() == nil {
			r.Log.Warn("recordings that a crash cut off wait", "error", err)
		}
		return
	}
	r.done = true
}

// adopt puts recordings that a crash cut off on their tickets: the ticket's number stands at the beginning of their id.
// Those of calls that are on the line, and those that the journal has for the store, are none. It stops at the first that
// the store cannot tell of.
func (r *Recordings) adopt(ctx context.Context) error {
	ids, err := r.Spool.List()
	if err != nil {
		return err
	}
	cut := r.cutOff(ids)
	for _, id := range cut {
		_, _, err := r.Store.Recording(ctx, id)
		if err == nil {
			continue
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("asking for recording %s: %w", id, err)
		}
		if err := r.adoptOne(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// cutOff is those of the recordings that this process has no hand in. A call leaves the line after its recording stands in
// the journal: so the line is asked first.
func (r *Recordings) cutOff(ids []string) (cut []string) {
	for _, id := range ids {
		if n := ofTicket(id); n != 0 && !r.Active(n) {
			cut = append(cut, id)
		}
	}
	waiting := map[string]bool{}
	for _, c := range r.Pending() {
		for _, w := range c.Ticket.Recordings {
			waiting[w.ID] = true
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
func (r *Recordings) adoptOne(ctx context.Context, id string) error {
	if err := r.Spool.Recover(id); err != nil {
		r.Log.Warn("a recording cannot be read", "recording", id, "error", err)
		return nil
	}
	codec, octets, err := r.Spool.Octets(id)
	if err != nil {
		r.Log.Warn("a recording cannot be read", "recording", id, "error", err)
		return nil
	}
	sum, err := r.Spool.Sum(id)
	if err != nil {
		r.Log.Warn("a recording cannot be read", "recording", id, "error", err)
		return nil
	}
	cut := tickets.Recording{ID: id, SHA256: sum, At: time.Now().Truncate(time.Second), Seconds: float64(len(octets)) / 8000, Law: codec.Name(), Partial: true, File: id + ".wav"}
	_, err = r.Desk.Keep(ctx, ofTicket(id), cut, time.Now())
	if errors.Is(err, storage.ErrDown) {
		return err
	}
	if err != nil {
		r.Log.Warn("a recording has no ticket", "recording", id, "error", err)
	}
	return nil
}
