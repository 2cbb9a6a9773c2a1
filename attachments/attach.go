package attachments

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"hotline/tickets"
)

// Desk writes the history of a ticket.
type Desk interface {
	History(ctx context.Context, n tickets.Number) ([]tickets.Event, error)
	Note(ctx context.Context, n tickets.Number, e tickets.Event, now time.Time) (tickets.Ticket, error)
}

// factID is the fact of a history's line that names the attachment.
const factID = "attachment"

// Attach keeps a file as Put does, and notes it in the history of its ticket, once.
func (k *Keeper) Attach(ctx context.Context, desk Desk, in Incoming, file io.Reader, now time.Time) (Attachment, error) {
	a, known, err := k.Put(ctx, in, file, now)
	if err != nil {
		return Attachment{}, err
	}
	if known { // where the process died between the two, the line is missing
		lines, err := desk.History(ctx, in.Ticket)
		if err != nil {
			return Attachment{}, fmt.Errorf("looking whether %q stands in the history of ticket %d: %w", a.Name, in.Ticket, err)
		}
		if slices.ContainsFunc(lines, func(e tickets.Event) bool { return e.Facts[factID] == a.ID }) {
			return a, nil
		}
	}
	_, err = desk.Note(ctx, in.Ticket, tickets.Event{Kind: tickets.Attached, Actor: a.Actor, Facts: map[string]string{factID: a.ID, "file": a.Name}}, now)
	if err != nil {
		return Attachment{}, fmt.Errorf("noting %q in the history of ticket %d: %w", a.Name, in.Ticket, err)
	}
	return a, nil
}

// Removal is who removes a file, and why.
type Removal struct {
	Actor  string // as histories have it
	Reason string // empty: none was given
}

// Remove removes a file for good, and notes it in the history of its ticket; storage.ErrNotFound. The record of the removal, where one is
// kept, is written with it, so that it is known also where the process dies before the history's line.
func (k *Keeper) Remove(ctx context.Context, desk Desk, id string, by Removal, now time.Time) error {
	a, err := k.store.DeleteAttachment(ctx, id)
	if err != nil {
		return fmt.Errorf("removing attachment %s: %w", id, err)
	}
	_, err = desk.Note(ctx, a.Ticket, tickets.Event{Kind: tickets.Detached, Actor: by.Actor, Text: by.Reason, Facts: map[string]string{factID: a.ID, "file": a.Name}}, now)
	if err != nil {
		return fmt.Errorf("noting that %q was removed from ticket %d: %w", a.Name, a.Ticket, err)
	}
	return nil
}
