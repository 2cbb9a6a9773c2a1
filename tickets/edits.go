package tickets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/sla"
)

// ErrOtherDatabase is a store without a single contract where contracts were known: an empty database in the place of the
// right one. What is known of contracts is not given up for it.
var ErrOtherDatabase = errors.New("the database holds no contract, and contracts were known before: is it the right one?")

// Edits are changes of what a Book holds, by row, as a store had them at one moment.
type Edits struct {
	Revision int64 // of the last one: what Directory.Edits is asked for next
	Whole    bool  // they are everything that stands; what is not among them is gone

	Customers []Customer
	Contracts []Contract
	Levels    []sla.Level
	Calendars []sla.Calendar
	Faults    []KnownFault
	Given     map[PINHash]ContractID // PINs that are the current ones now
	Ended     []PINHash
	Removed   []Removed

	Flow int // the newest published flow, whenever that was; 0: none
}

// Removed is a document that was deleted.
type Removed struct {
	Kind string // "customer", "contract", "level", "calendar" or "fault"
	ID   string
}

// empty tells whether nothing changed.
func (e Edits) empty(since int64) bool { return !e.Whole && e.Revision == since }

// CatchUp gives the desk's snapshot what was written in a store since the desk looked last, by this node or by another one,
// and tells what that was. Its cost grows with the edits, not with the book. After an error the next call brings them. Safe
// for concurrent use: an older snapshot never takes the place of a newer one.
func (d *Desk) CatchUp(ctx context.Context, s Directory, now time.Time) (Edits, error) {
	d.catching.Lock()
	defer d.catching.Unlock()
	b := d.Book()
	e, err := s.Edits(ctx, b.Revision)
	if err != nil {
		return Edits{}, fmt.Errorf("reading what was edited: %w", err)
	}
	if e.empty(b.Revision) {
		return e, nil
	}
	next := b.Edited(e, now)
	if e.Whole && b.Contracts.Len() > 0 && next.Contracts.Len() == 0 {
		return Edits{}, ErrOtherDatabase
	}
	d.SetBook(next)
	return e, nil
}
