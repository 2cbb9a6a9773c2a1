package ivrtest

import (
	"context"
	"errors"
	"time"

	"hotline/ivr"
	"hotline/storage"
	"hotline/tickets"
)

// fault is what fails in a script.
type fault string

// The faults.
const (
	noStore     fault = "store"        // open tickets cannot be read
	lockedOut   fault = "locked"       // too many wrong PINs from this number
	panicEarly  fault = "panic"        // a panic in the PIN step
	panicLate   fault = "panic-late"   // a panic after the message
	noNumber    fault = "no-number"    // no ticket can be opened at all
	lateNumber  fault = "late-number"  // the first two tries to open a ticket fail
	noSound     fault = "sounds"       // nothing can be said
	noNotice    fault = "notice"       // the first notice of a recording breaks off
	noRecording fault = "no-recording" // the disk is full
	noHuman     fault = "no-human"     // the search for an engineer fails
)

// broken is a desk where one thing fails.
type broken struct {
	ivr.Desk
	fault fault
	opens int
}

func (b *broken) Announce(ctx context.Context, id tickets.Identity) (tickets.Ticket, bool, error) {
	if b.fault == noStore {
		return tickets.Ticket{}, false, storage.ErrDown
	}
	return b.Desk.Announce(ctx, id)
}

func (b *broken) LockedOut(caller string, now time.Time) bool {
	if b.fault == panicEarly {
		panic("a fault in the PIN step")
	}
	return b.fault == lockedOut || b.Desk.LockedOut(caller, now)
}

func (b *broken) Open(ctx context.Context, d tickets.Draft, now time.Time) (tickets.Ticket, error) {
	b.opens++
	if b.fault == noNumber || (b.fault == lateNumber && b.opens <= 2) {
		return tickets.Ticket{}, errors.New("no ticket number is left")
	}
	return b.Desk.Open(ctx, d, now)
}

func (b *broken) Note(ctx context.Context, n tickets.Number, e tickets.Event, now time.Time) (tickets.Ticket, error) {
	if b.fault == panicLate && e.Kind == tickets.Told {
		panic("a fault in the read-out")
	}
	return b.Desk.Note(ctx, n, e, now)
}
