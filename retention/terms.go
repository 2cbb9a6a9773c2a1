package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hotline/directory"
	"hotline/storage"
	"hotline/tickets"
)

// actor is who erases in the histories.
const actor = "system"

const day = 24 * time.Hour

// Terms erases recordings that are past the term of their contract. All its exported fields are required. Used by one goroutine at a time.
type Terms struct {
	House int // days for which recordings are kept whose contract says nothing else; 0: until somebody erases them
	Desk  interface {
		Book() *directory.Book
		EraseRecordings(ctx context.Context, n tickets.Number, which []string, actor, reason string, now time.Time) (tickets.Ticket, error)
	}
	Store interface {
		RecordedBefore(ctx context.Context, before time.Time, behind tickets.Kept, limit int) ([]tickets.Kept, error)
	}
	Log *slog.Logger

	behind tickets.Kept // the last one that was looked at
}

// piece is how many recordings one call looks at, and so how many it erases at most.
const piece = 50

// Piece looks at the next recordings, the oldest first, and erases those that are past their term, unless a legal hold stands. It tells
// whether there are more; the pass after the last one begins with the oldest again. Where it dies in between, the next pass finds the rest.
// One that cannot be erased keeps no other back; a store that is down ends the piece, which is looked at again.
func (k *Terms) Piece(ctx context.Context, now time.Time) (more bool, err error) {
	days := k.days()
	shortest := k.shortest()
	if shortest == 0 {
		return false, nil
	}
	list, err := k.Store.RecordedBefore(ctx, now.Add(-time.Duration(shortest)*day), k.behind, piece)
	if err != nil {
		return false, fmt.Errorf("looking for recordings past their term: %w", err)
	}
	var faults []error
	for _, r := range list {
		if term := days(r.Contract); term > 0 && !r.Held && r.At.Before(now.Add(-time.Duration(term)*day)) {
			err := k.erase(ctx, r, term, now)
			if errors.Is(err, storage.ErrDown) || ctx.Err() != nil {
				return false, err
			}
			faults = append(faults, err)
		}
		k.behind = r
	}
	if len(list) < piece {
		k.behind = tickets.Kept{}
		return false, errors.Join(faults...)
	}
	return true, errors.Join(faults...)
}

// erase erases one. A hold that was set a moment ago keeps it, and is no fault.
func (k *Terms) erase(ctx context.Context, r tickets.Kept, term int, now time.Time) error {
	_, err := k.Desk.EraseRecordings(ctx, r.Ticket, []string{r.Recording}, actor, fmt.Sprintf("kept for %d days, as agreed", term), now)
	if held := (*tickets.HeldError)(nil); errors.As(err, &held) {
		return nil
	}
	return err
}

// days tells for how many days the recordings of a contract are kept; 0: without end.
func (k *Terms) days() func(directory.ContractID) int {
	book := k.Desk.Book()
	return func(id directory.ContractID) int {
		if c, known := book.Contracts.Get(id); known && c.KeepDays > 0 {
			return c.KeepDays
		}
		return k.House
	}
}

// shortest is the shortest of all terms; 0: there is none.
func (k *Terms) shortest() int {
	shortest := k.House
	for _, c := range k.Desk.Book().Contracts.All() {
		if c.KeepDays > 0 && (shortest == 0 || c.KeepDays < shortest) {
			shortest = c.KeepDays
		}
	}
	return shortest
}

// Round is a pass through all recordings, piece by piece; pause is between two of them and tells whether to go on.
func (k *Terms) Round(ctx context.Context, pause func() bool) {
	for {
		more, err := k.Piece(ctx, time.Now())
		if err != nil && ctx.Err() == nil {
			k.Log.Warn("recordings past their term are erased later", "error", err)
		}
		if !more || !pause() {
			return
		}
	}
}
