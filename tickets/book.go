package tickets

import (
	"context"
	"fmt"
	"time"

	"hotline/directory"
)

// SetBook replaces the snapshot of contracts and calendars, as after each change of theirs.
func (d *Desk) SetBook(b *directory.Book) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.book = b
}

// Book is the snapshot in use.
func (d *Desk) Book() *directory.Book {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.book
}

// CatchUp reads what was written in a store since the desk's last look, by this node or another, into the desk's snapshot. It
// returns what that was. Its cost grows with the edits, not with the book. After an error the next call brings them. Safe for
// concurrent use: an older snapshot never takes the place of a newer one.
func (d *Desk) CatchUp(ctx context.Context, s directory.Store, now time.Time) (directory.Edits, error) {
	d.catching.Lock()
	defer d.catching.Unlock()
	b := d.Book()
	e, err := s.Edits(ctx, b.Revision)
	if err != nil {
		return directory.Edits{}, fmt.Errorf("reading what was edited: %w", err)
	}
	if e.Empty(b.Revision) {
		return e, nil
	}
	next := b.Edited(e, now)
	if e.Whole && b.Contracts.Len() > 0 && next.Contracts.Len() == 0 {
		return directory.Edits{}, directory.ErrOtherDatabase
	}
	d.SetBook(next)
	return e, nil
}

// Entitlement is what a contract is entitled to; an empty id stands for Support on Request.
func (d *Desk) Entitlement(c directory.ContractID) (directory.Entitlement, error) {
	return d.Book().Entitlement(c, d.cfg.Own)
}

// Zone is the zone of the owner's own calendar, in which its days and months begin; UTC while there is no calendar.
func (d *Desk) Zone() *time.Location {
	if own, err := d.Entitlement(""); err == nil {
		return own.Hours.Zone()
	}
	return time.UTC
}

// KnownFaults are the faults that are known to cover a contract, by id, from the snapshot.
func (d *Desk) KnownFaults(c directory.ContractID, now time.Time) (list []directory.KnownFault) {
	for _, f := range d.Book().Faults {
		if f.Covers(c, now) {
			list = append(list, f)
		}
	}
	return list
}
