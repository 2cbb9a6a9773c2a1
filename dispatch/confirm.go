package dispatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// How a customer is asked whether a service works.
const (
	confirmTries = 3 // the call, and two more where nobody answers
	confirmAgain = 30 * time.Minute
	decentFrom   = 8 // o'clock, in the contract's zone
	decentUntil  = 20
)

// Confirm rings the customer of a ticket that is marked as restored, if the contract wants that, and asks whether the system
// works. Key 1 closes the ticket. Key 2 opens it again, and its clock runs on. It rings only in the contract's hours, and only
// between 8 and 20 o'clock. It tries an unanswered call twice more; then a line of the history says so. Due work calls it. An
// error that wraps tickets.Later means: not yet.
func (d *Dispatcher) Confirm(ctx context.Context, w tickets.Work) error {
	t, err := d.desk.Ticket(ctx, w.Ticket)
	if err != nil {
		return err
	}
	lines, err := d.desk.History(ctx, w.Ticket)
	if err != nil {
		return err
	}
	now := time.Now()
	owed, tries, last := tickets.ToConfirm(t, lines, w)
	address := d.customerNumber(t)
	switch {
	case !owed:
		return nil
	case address == "":
		return d.unconfirmed(ctx, t, "the line has no number of the customer's that it may dial", now)
	case tries >= confirmTries:
		return d.unconfirmed(ctx, t, fmt.Sprintf("%d calls were in vain", tries), now)
	case tries > 0 && last.Add(confirmAgain).After(now):
		return confirmLater(t.Number, last.Add(confirmAgain))
	}
	if err := d.onTheLine(w.Ticket, now); err != nil {
		return err
	}
	terms, err := d.desk.Entitlement(t.Contract)
	if err != nil {
		return err
	}
	if at := decent(terms.Hours, now); at.After(now) {
		return confirmLater(t.Number, at)
	}
	if answered, err := d.askWhetherItWorks(ctx, t, address); answered || err != nil {
		return err
	}
	return confirmLater(t.Number, time.Now().Add(confirmAgain))
}

// askWhetherItWorks makes one call. It tells whether a key came.
func (d *Dispatcher) askWhetherItWorks(ctx context.Context, t tickets.Ticket, address string) (answered bool, err error) {
	defer d.active.Enter(t.Number)()
	result := d.search.Confirm(ctx, ring.Confirmation{
		Ticket: t, Call: d.callOf(ctx, t), Language: cmp.Or(prompts.Language(t.Language), prompts.Italian), Address: address,
		Answered: func(ctx context.Context, works bool) prompts.Phrase {
			var said prompts.Phrase
			said, err = d.takeAnswer(context.WithoutCancel(ctx), t.Number, works)
			return said
		},
	})
	note := tickets.Event{Kind: tickets.ConfirmCalled, Actor: "system", Text: "asked the customer whether it works: " + result}
	_, noted := d.desk.Note(context.WithoutCancel(ctx), t.Number, note, time.Now())
	return result == ring.ResultYes || result == ring.ResultNo, errors.Join(err, noted)
}

const doesNotWork = "the customer says by telephone that it does not work"

// takeAnswer does what follows from the customer's key. Where staff have moved the ticket meanwhile, it stays as they left it; one that
// they have closed is open again for a customer who says that it does not work.
func (d *Dispatcher) takeAnswer(ctx context.Context, n tickets.Number, works bool) (said prompts.Phrase, err error) {
	said = prompts.P("confirm-closed")
	if works {
		_, err = d.desk.Close(ctx, n, "caller", "the customer says by telephone that it works", time.Now())
	} else {
		said = prompts.P("confirm-open")
		_, err = d.desk.NotRestored(ctx, n, "caller", doesNotWork, time.Now())
	}
	var refused *tickets.MoveError
	if errors.As(err, &refused) && !works && refused.From == tickets.Closed {
		_, err = d.desk.Reopen(ctx, n, "caller", doesNotWork, time.Now())
	}
	if errors.As(err, &refused) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("writing the customer's answer: %w", err)
	}
	return said, nil
}

// unconfirmed leaves the ticket to people.
func (d *Dispatcher) unconfirmed(ctx context.Context, t tickets.Ticket, why string, now time.Time) error {
	_, err := d.desk.Note(ctx, t.Number, tickets.Event{Kind: tickets.ConfirmLost, Actor: "system", Text: "whether it works is not confirmed: " + why}, now)
	return err
}

func confirmLater(n tickets.Number, at time.Time) error {
	return fmt.Errorf("the customer of ticket %d is asked whether it works: %w", n, &tickets.Later{At: at})
}

// decent is the earliest time at which a customer may be rung who has not asked for it. It lies in the contract's hours, between
// 8 and 20 o'clock. Hours that run at night only count as they are.
func decent(hours *sla.Hours, now time.Time) time.Time {
	at := now
	for range 20 {
		if !hours.Open(at) {
			next, err := hours.NextOpen(at)
			if err != nil {
				return now
			}
			at = next
		}
		local := at.In(hours.Zone())
		y, m, day := local.Date()
		switch {
		case local.Hour() < decentFrom:
			at = sla.WallClock(hours.Zone(), time.Date(y, m, day, decentFrom, 0, 0, 0, time.UTC))
		case local.Hour() >= decentUntil:
			at = sla.WallClock(hours.Zone(), time.Date(y, m, day+1, decentFrom, 0, 0, 0, time.UTC))
		default:
			return at
		}
	}
	if at, err := hours.NextOpen(now); err == nil {
		return at
	}
	return now
}
