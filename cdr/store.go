package cdr

import (
	"context"
	"time"

	"hotline/directory"
	"hotline/paging"
	"hotline/tickets"
)

// Store keeps the records of calls. Safe for concurrent use.
type Store interface {
	// PutCalls writes calls whole, by ID, each ID once in a list; later ones replace earlier ones. All of them are written, or
	// none.
	PutCalls(ctx context.Context, list ...Call) error
	Call(ctx context.Context, id tickets.CallID) (Call, error)      // storage.ErrNotFound
	Calls(ctx context.Context, f Filter) (paging.Page[Call], error) // newest first; paging.ErrCursor
	// CallsOf reads calls by their IDs, each once, in the order asked; those that there are not are left out.
	CallsOf(ctx context.Context, ids []tickets.CallID) ([]Call, error)
	// PutLeg keeps a leg of no call: a telephone that was rung for a ticket of another channel, or for an alarm. The same leg twice is one.
	PutLeg(ctx context.Context, l Leg) error
	// Legs are the legs of no call that began between two instants, until not included, by their begin.
	Legs(ctx context.Context, since, until time.Time) ([]Leg, error)
	// AddLadders adds parts to the ladders of calls, each call once in a list. A ladder of more than LadderMost octets takes no more, and says so. A ladder
	// stands for as long as the record of its call: missing are the calls of which there is no record.
	AddLadders(ctx context.Context, list ...Ladder) (missing []tickets.CallID, err error)
	Ladder(ctx context.Context, id tickets.CallID) (Ladder, error) // storage.ErrNotFound
	// ForgetLadders forgets the ladders whose last part was added before an instant. The records of the calls stay.
	ForgetLadders(ctx context.Context, before time.Time) error
	// CallLoad measures the calls begun between two instants, in a zone, as LoadOf does.
	CallLoad(ctx context.Context, since, until time.Time, zone *time.Location) (Load, error)
}

// LadderMost bounds the octets of a ladder.
const LadderMost = 128 << 10

// Ladder is who sent what when in the signalling of a call, with the reports of its sound.
type Ladder struct {
	Call  tickets.CallID
	At    time.Time // when its last part was added
	Parts []byte    // as sip/ladder writes and reads them
	Full  bool      // parts were left out
}

// Filter selects calls for a list, newest first. Zero values select everything.
type Filter struct {
	Number    string // of the caller, as the trunk gave it
	Contract  directory.ContractID
	Customer  directory.CustomerID   // whose call it was,
	Contracts []directory.ContractID // or whose contracts are these: records of former versions do not name the customer
	Trunk     string
	Ending    string
	Since     time.Time // begun at or after
	Until     time.Time // begun before
	After     string    // cursor: what comes behind it
	Limit     int       // 0: 50; at most 500
}

// byStart is the one order of calls.
const byStart = "-started"

// Position is a call's place in the list.
func (f Filter) Position(c Call) paging.Position {
	return paging.Position{Sort: byStart, At: c.Started, ID: string(c.ID)}
}

// Place reads the cursor behind which the page begins; given is false when it is the first page.
func (f Filter) Place() (p paging.Position, given bool, err error) {
	return paging.Place(f.After, byStart)
}
