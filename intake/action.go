package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// ActionKind is what is done to a ticket because of alerts.
type ActionKind string

// The actions.
const (
	ActOpen   ActionKind = "open"
	ActNote   ActionKind = "note"   // a line in the history
	ActRaise  ActionKind = "raise"  // it becomes more urgent, unless a specialist has said what it is
	ActReopen ActionKind = "reopen" // it begins again a moment after its end
	ActEnd    ActionKind = "end"    // every alert is over: a blocking one is restored, to be confirmed, another one is closed
	ActMerge  ActionKind = "merge"  // another ticket stands for it now
)

// Action is one thing to be done to a ticket. It is kept until it is done, and to do it twice is harmless: a line may then stand
// there twice.
type Action struct {
	ID       string
	Kind     ActionKind
	Ticket   tickets.Number
	Into     tickets.Number
	Category sla.Category
	Text     string
}

// Desk is what alerts do to tickets. *tickets.Desk does it.
type Desk interface {
	Open(ctx context.Context, d tickets.Draft, now time.Time) (tickets.Ticket, error)
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	Note(ctx context.Context, n tickets.Number, e tickets.Event, now time.Time) (tickets.Ticket, error)
	Categorise(ctx context.Context, n tickets.Number, c sla.Category, now time.Time) (tickets.Ticket, error)
	Enter(ctx context.Context, n tickets.Number, actor string, e tickets.Entry, now time.Time) (tickets.Ticket, error)
	Close(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error)
	Reopen(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error)
	MarkNotRequest(ctx context.Context, n tickets.Number, actor string, now time.Time) (tickets.Ticket, error)
	Book() *directory.Book
	Entitlement(c directory.ContractID) (directory.Entitlement, error)
}

// actor is who acts in histories when an alert does.
const actor = "alert"

// carryOut does one action. What the ticket's state does not allow any more is left undone: staff were faster.
func (k *Intake) carryOut(ctx context.Context, id ID, a Action, now time.Time) error {
	desk := k.cfg.Desk
	t, err := desk.Ticket(ctx, a.Ticket)
	if errors.Is(err, storage.ErrNotFound) && a.Kind == ActOpen {
		return k.open(ctx, id, a, now)
	}
	if err != nil {
		return fmt.Errorf("%s of ticket %d for alerts: %w", a.Kind, a.Ticket, err)
	}
	switch a.Kind {
	case ActNote:
		_, err = desk.Note(ctx, a.Ticket, line(a.Text), now)
	case ActRaise:
		if t.State.Live() && t.Assessment == sla.Uncategorised && urgent(a.Category, t.Category()) {
			if _, err = desk.Note(ctx, a.Ticket, line(a.Text), now); err == nil {
				_, err = desk.Categorise(ctx, a.Ticket, a.Category, now)
			}
		}
	case ActReopen, ActEnd:
		err = k.settle(ctx, id, a, now)
	case ActMerge:
		if _, err = desk.Note(ctx, a.Ticket, line(a.Text), now); err == nil && t.State == tickets.Open {
			_, err = desk.MarkNotRequest(ctx, a.Ticket, actor, now)
		}
	}
	var refused *tickets.MoveError
	if errors.As(err, &refused) {
		return nil
	}
	return err
}

// line is a line of a history about alerts.
func line(text string) tickets.Event {
	return tickets.Event{Kind: tickets.AlertHeard, Actor: actor, Text: text}
}

// open opens a ticket under the number that was decided on, so that it is opened once.
func (k *Intake) open(ctx context.Context, id ID, a Action, now time.Time) error {
	draft := tickets.Draft{
		Number: a.Ticket, Claim: a.Category, Channel: tickets.Alert, Actor: actor, Text: a.Text,
		Language: k.language(),
	}
	c, customer, why := k.entitled(id.Contract, now)
	draft.Identity.Customer = customer
	if why == "" {
		draft.Identity.Contract = c
	} else {
		draft.Text += "\nSupport on Request: " + why
	}
	if c.Language != "" {
		draft.Language = c.Language
	}
	_, err := k.cfg.Desk.Open(ctx, draft, now)
	if errors.Is(err, storage.ErrConflict) {
		if _, there := k.cfg.Desk.Ticket(ctx, a.Ticket); there == nil {
			return nil // another node has opened it
		}
	}
	return err
}

// entitled is a contract and its customer, and why it promises nothing now: the same reasons for which a caller's PIN does not.
func (k *Intake) entitled(id directory.ContractID, now time.Time) (c directory.Contract, customer directory.Customer, why string) {
	book := k.cfg.Desk.Book()
	c, _ = book.Contracts.Get(id)
	customer, _ = book.Customers.Get(c.Customer)
	switch {
	case !c.Valid(now):
		why = "contract " + string(id) + " is not in force"
	case !c.RemoteAccess:
		why = "the installation has no remote access"
	}
	return c, customer, why
}

// settle ends a ticket all of whose alerts are over, or takes one up again that had just ended. Another node may have decided
// something meanwhile that was carried out before. So it reads what fires now, and reads again after each thing that it did.
// Whoever looks last finds both as they should be.
func (k *Intake) settle(ctx context.Context, id ID, a Action, now time.Time) error {
	for range tries {
		i, err := k.cfg.Store.Installation(ctx, id, nil, time.Time{})
		if err != nil {
			return fmt.Errorf("what fires of ticket %d: %w", a.Ticket, err)
		}
		t, err := k.cfg.Desk.Ticket(ctx, a.Ticket)
		if err != nil {
			return fmt.Errorf("ticket %d for alerts: %w", a.Ticket, err)
		}
		fires := i.State.Firing[a.Ticket] > 0
		switch {
		case fires && (t.State == tickets.Restored || t.State == tickets.Closed):
			err = k.reopen(ctx, t, a.textIf(ActReopen, "it fires again"), now)
		case !fires && t.State.Live():
			err = k.end(ctx, t, a.textIf(ActEnd, "resolved"), now)
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// textIf is the action's own text where it is of a kind, else another one.
func (a Action) textIf(kind ActionKind, text string) string {
	if a.Kind == kind {
		return a.Text
	}
	return text
}

// end ends a ticket: a blocking one is restored, to be confirmed, another one is closed.
func (k *Intake) end(ctx context.Context, t tickets.Ticket, text string, now time.Time) (err error) {
	if t.Category() == sla.Blocking {
		_, err = k.cfg.Desk.Enter(ctx, t.Number, actor, tickets.Entry{Clock: sla.Restore, Text: text + "; restored, to be confirmed"}, now)
	} else {
		_, err = k.cfg.Desk.Close(ctx, t.Number, actor, text, now)
	}
	return err
}

// reopen takes a ticket up again that is restored or closed.
func (k *Intake) reopen(ctx context.Context, t tickets.Ticket, text string, now time.Time) (err error) {
	if t.State == tickets.Restored {
		if _, err = k.cfg.Desk.Close(ctx, t.Number, actor, "not confirmed", now); err != nil {
			return err
		}
	}
	_, err = k.cfg.Desk.Reopen(ctx, t.Number, actor, text, now)
	return err
}

// language is the house's.
func (k *Intake) language() string {
	if k.cfg.Language == nil {
		return ""
	}
	return k.cfg.Language()
}
