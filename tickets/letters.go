package tickets

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hotline/sla"
)

// receiptAfter is how long a receipt waits for the caller to choose a category.
const receiptAfter = time.Minute

// receipts is the written proof for a customer who has an address: under which number the request stands and by when
// somebody acts. It is written when it is sent, so that it tells what stands then.
func (d *Desk) receipts(t Ticket, events []Event) []Work {
	if d.Book().Customers.At(t.Customer).Email == "" {
		return nil
	}
	for _, e := range events {
		if e.Kind != Opened {
			continue
		}
		w := Work{ID: fmt.Sprintf("receipt-%d", t.Number), Kind: WorkReceipt, Ticket: t.Number, Due: e.At}
		if t.Category() == sla.Uncategorised {
			w.Due = w.Due.Add(receiptAfter)
		}
		return []Work{w}
	}
	return nil
}

// Update is something about a ticket that staff are told of in writing, if the house wants it.
type Update string

// What staff are told of.
const (
	UpdateNew       Update = "new"       // a ticket, a call that was folded into one, or one that was reopened
	UpdateAssigned  Update = "assigned"  // staff assigned it, or an engineer accepted it
	UpdateRestored  Update = "restored"  // the service runs again
	UpdateClosed    Update = "closed"    // it is done, or is no request
	UpdateUnreached Update = "unreached" // no engineer answered, or none is on duty: the person in charge is told
)

// Updates are all of them.
func Updates() []Update {
	return []Update{UpdateNew, UpdateAssigned, UpdateRestored, UpdateClosed, UpdateUnreached}
}

// Update is what a line of the history tells staff; empty: nothing.
func (e Event) Update() Update {
	switch e.Kind {
	case Opened, BundledCall, Reopened, NotRestored:
		return UpdateNew
	case AssignedTo, Accepted:
		return UpdateAssigned
	case RestoredAt:
		return UpdateRestored
	case ClosedAtKind, MarkedNoTicket:
		return UpdateClosed
	case Unreached, RotaGap:
		return UpdateUnreached
	}
	return ""
}

// Facts of an update.
const (
	FactUpdate = "update" // an Update
	FactLine   = "line"   // id of the line of the history that it tells of
)

// updates is the letter to staff that a change asks for. It is enqueued with the change, whatever channel, category and
// level the ticket has: those without clocks have no alarm that would tell of them.
func (d *Desk) updates(t Ticket, events []Event) []Work {
	var work []Work
	for _, e := range events {
		u := e.Update()
		if u == "" || d.cfg.Updates == nil || !d.cfg.Updates(u) {
			continue
		}
		w := Work{ID: "update-" + e.ID, Kind: WorkUpdate, Ticket: t.Number, Due: e.At, Facts: map[string]string{FactUpdate: string(u), FactLine: e.ID}}
		if e.Kind == Opened && t.Category() == sla.Uncategorised {
			w.Due = w.Due.Add(receiptAfter)
		}
		work = append(work, w)
	}
	return work
}

// outgoing is the message to other systems that lines ask for.
func (d *Desk) outgoing(t Ticket, events []Event) (work []Work) {
	for _, e := range events {
		if d.cfg.Outgoing == nil || !d.cfg.Outgoing(e) {
			continue
		}
		w := Work{ID: "outgoing-" + e.ID, Kind: WorkOutgoing, Ticket: t.Number, Due: e.At, Facts: map[string]string{FactLine: e.ID}}
		work = append(work, w)
	}
	return work
}

// Informed tells whether those in charge are told that nobody was reached for a ticket since an instant: the letter stands
// in the store with the line of the history, or has left it already. A change that waits for the store tells nobody yet.
func (d *Desk) Informed(ctx context.Context, n Number, since time.Time) bool {
	if d.cfg.Updates == nil || !d.cfg.Updates(UpdateUnreached) {
		return false
	}
	if _, waits := d.waits(n); waits {
		return false
	}
	lines, err := d.cfg.Quick.History(ctx, n)
	return err == nil && slices.ContainsFunc(lines, func(e Event) bool {
		return e.Update() == UpdateUnreached && !e.At.Before(since.Truncate(time.Second))
	})
}
