package tickets

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hotline/audit"
	"hotline/directory"
	"hotline/limits"
	"hotline/paging"
	"hotline/sla"
)

// Store keeps tickets: their rows, histories, recordings and due work. ticketstest.Run holds each store to it. All methods
// are safe for concurrent use, honour ctx, and fail with the errors of package storage.
type Store interface {
	// Apply writes a whole change, or nothing of it.
	Apply(ctx context.Context, c Change) error
	Ticket(ctx context.Context, n Number) (Ticket, error)
	List(ctx context.Context, f Filter) (paging.Page[Ticket], error)      // paging.ErrCursor for a cursor of no such list
	Live(ctx context.Context) (map[sla.Priority]int, error)               // how many are open, assigned, in progress or waiting
	History(ctx context.Context, n Number) ([]Event, error)               // in the order written
	OpenOf(ctx context.Context, c directory.ContractID) ([]Ticket, error) // not restored, closed or marked; most urgent first
	// LiveOf lists live tickets of any of the contracts, those behind a number, by number, so many at most. Others cost nothing.
	LiveOf(ctx context.Context, contracts []directory.ContractID, behind Number, limit int) ([]Ticket, error)
	LeaseNumbers(ctx context.Context, n int) (first Number, err error) // a block that is never given again
	// ClaimDue claims tickets with a warning or a breach to raise for one node, until lease has passed. The longest due come
	// first. Nobody else gets them before. Those that the node holds already come last.
	ClaimDue(ctx context.Context, node string, now time.Time, lease time.Duration, limit int) ([]Number, error)
	Terms(ctx context.Context, id string) (sla.Terms, error) // terms that some ticket was promised, by Terms.ID
	RecordingStore
}

// RecordingStore finds recordings, and keeps who listened to them.
type RecordingStore interface {
	Recording(ctx context.Context, id string) (Recording, Number, error) // ErrErased, with the ticket, for one that was erased
	// Erasures lists what was erased, behind a place, in the order written. Writing a line of kind Erased writes them, and their accesses.
	Erasures(ctx context.Context, behind int64, limit int) ([]Erasure, error)
	LogAccess(ctx context.Context, recording, actor string, a Action, at time.Time) error // every access to a recording
	Accesses(ctx context.Context, recordings ...string) ([]Access, error)                 // in the order noted
	ListAccesses(ctx context.Context, f AccessFilter) (paging.Page[Access], error)        // the newest first; paging.ErrCursor
	// RecordedBefore lists recordings of before an instant, the oldest first, behind another one of the list.
	RecordedBefore(ctx context.Context, before time.Time, behind Kept, limit int) ([]Kept, error)
	HoldContract(ctx context.Context, h Hold) error                            // once it is back, no change with Unheld of that contract is written
	ContractHolds(ctx context.Context, c directory.ContractID) ([]Hold, error) // in the order noted
}

// Change is one whole change of a ticket: the ticket as it stands afterwards, the lines added to its history, and the
// due work that acts on it. A store writes all of it in one transaction, or nothing. A change whose events stand there
// already is no change (replay).
type Change struct {
	Ticket Ticket
	Expect int // version found before; 0: the ticket is new
	Events []Event
	Work   []Work
	// Unheld is a contract on which no legal hold may stand when the change is written: ErrConflict. Empty: it does not matter. What
	// waited for the store was granted before, and is written all the same.
	Unheld directory.ContractID
	// Staffed is an engineer to whom the ticket is given, and who must be there when the change is written: ErrNoEngineer. Empty: it does
	// not matter. What waited for the store was granted before, as with Unheld.
	Staffed string
	By      audit.Origin // who changes it; the zero value: the program, a caller or an engineer on the telephone
}

// Audited are the records of a change: one for each line that staff have written.
func (c Change) Audited() (list []audit.Record) {
	for i, e := range c.Events {
		if strings.HasPrefix(e.Actor, audit.Staff("")) || i == 0 && c.By.Who != "" {
			at := c.By.At // when it was asked for: a line may tell of an earlier instant
			if at.IsZero() {
				at = e.At
			}
			r := audit.Record{At: at, Who: e.Actor, What: string(e.Kind), Document: audit.Document{Kind: "ticket", ID: fmt.Sprint(c.Ticket.Number)}, Before: c.Expect, After: c.Ticket.Version}
			list = append(list, r.By(c.By))
		}
	}
	return list
}

// changeBounds are the last gate: whatever let a text in, the store can keep it.
var changeBounds = limits.For[Change]()
