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
	"hotline/prompts/replaced"
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
	Recover(id string) error // gives a recording whose process died its end
	Octets(id string) (g711.Codec, []byte, error)
	Channels(id string) (int, error) // two of a talk
	Sum(id string) (string, error)
	Remove(id string) error
}

// Store tells which recordings are on tickets. The stores implement it.
type Store interface {
	Recording(ctx context.Context, id string) (tickets.Recording, tickets.Number, error)
}

// Desk puts a recording on its ticket. tickets.Desk implements it.
type Desk interface {
	Keep(ctx context.Context, n tickets.Number, r tickets.Recording, now time.Time) (tickets.Ticket, error)
}

// HighestTicket is the highest ticket number that recordings tell of.
func HighestTicket(recordings []string) (highest tickets.Number) {
	for _, id := range recordings {
		highest = max(highest, ofTicket(id))
	}
	return highest
}

// Recordings recovers the recordings of one spool. All its exported fields are required. Used by one goroutine at a time.
type Recordings struct {
	Spool   Spool
	Store   Store
	Desk    Desk
	Former  []string                // what lay in the spool before this process recorded anything: nobody writes it any more
	Pending func() []tickets.Change // what waits in the journal for the store
	Log     *slog.Logger
}

// Recover adopts the recordings that a crash cut off, once. What the store cannot tell of waits for the next time.
func (r *Recordings) Recover(ctx context.Context) {
	if len(r.Former) == 0 {
		return
	}
	if err := r.adopt(ctx); err != nil {
		if ctx.Err() == nil {
			r.Log.Warn("recordings that a crash cut off wait", "error", err)
		}
		return
	}
	r.Former = nil
}

// adopt puts recordings that a crash cut off on their tickets: the ticket's number stands at the beginning of their id.
// Those that the journal has for the store are none. It stops at the first that the store cannot tell of. What was to become a prompt and
// was not confirmed is deleted.
func (r *Recordings) adopt(ctx context.Context) error {
	for _, id := range r.Former {
		if strings.HasPrefix(id, replaced.TakePrefix) {
			if err := r.Spool.Remove(id); err != nil {
				return err
			}
		}
	}
	for _, id := range r.cutOff() {
		_, _, err := r.Store.Recording(ctx, id)
		if err == nil {
			continue
		}
		if errors.Is(err, tickets.ErrErased) { // while this process did not run
			if err := r.Spool.Remove(id); err != nil {
				return err
			}
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

// cutOff is those of the former recordings that may be on no ticket.
func (r *Recordings) cutOff() (cut []string) {
	waiting := map[string]bool{}
	for _, c := range r.Pending() {
		for _, w := range c.Ticket.Recordings {
			waiting[w.ID] = true
		}
	}
	for _, id := range r.Former {
		if ofTicket(id) != 0 && !waiting[id] {
			cut = append(cut, id)
		}
	}
	return cut
}

// adoptOne puts one on its ticket. One that cannot be read or has no ticket is passed over, and one without any sound is deleted.
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
	if len(octets) == 0 { // what ends well is thrown away without sound, too
		return r.Spool.Remove(id)
	}
	channels, err := r.Spool.Channels(id)
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
	if channels == 2 {
		cut.Kind = tickets.Talk
	}
	_, err = r.Desk.Keep(ctx, ofTicket(id), cut, time.Now())
	if errors.Is(err, storage.ErrDown) {
		return err
	}
	if err != nil {
		r.Log.Warn("a recording has no ticket", "recording", id, "error", err)
	}
	return nil
}
