package tickets

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hotline/sla"
)

// ErrEmpty is a comment without words.
var ErrEmpty = errors.New("the text is empty")

// Assess notes the specialist's verdict; priority and clocks follow it, from the same opening.
func (d *Desk) Assess(ctx context.Context, n Number, actor string, c sla.Category, now time.Time) (Ticket, error) {
	if !c.Valid() {
		return Ticket{}, fmt.Errorf("category %q is unknown", c)
	}
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		before := t.Category()
		t.Assessment = c
		return []Event{{Kind: Assessed, Actor: actor, Facts: map[string]string{"from": string(before), "to": string(c)}}}, d.promise(t)
	})
}

// Assign gives the ticket to an engineer.
func (d *Desk) Assign(ctx context.Context, n Number, actor, engineer string, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) { return d.assign(t, AssignedTo, actor, engineer) })
}

// Accept assigns the ticket to the engineer who pressed the key.
func (d *Desk) Accept(ctx context.Context, n Number, engineer string, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) { return d.assign(t, Accepted, "engineer:"+engineer, engineer) })
}

func (d *Desk) assign(t *Ticket, kind EventKind, actor, engineer string) ([]Event, error) {
	if engineer == "" {
		return nil, fmt.Errorf("assigning ticket %d: name the engineer", t.Number)
	}
	if t.State != InProgress || t.Assignee != engineer { // who accepts a ticket in work again keeps it in work
		if err := t.to(Assigned); err != nil {
			return nil, err
		}
	}
	t.Assignee = engineer
	return []Event{{Kind: kind, Actor: actor, Facts: map[string]string{"engineer": engineer}}}, nil
}

// Join stamps the contact: customer and engineer hear each other.
func (d *Desk) Join(ctx context.Context, n Number, engineer string, now time.Time) (Ticket, error) {
	return d.stamp(ctx, n, stamping{Joined, sla.Contact, "", "engineer:" + engineer}, now)
}

// Contact stamps the contact by staff.
func (d *Desk) Contact(ctx context.Context, n Number, actor string, now time.Time) (Ticket, error) {
	return d.stamp(ctx, n, stamping{Contacted, sla.Contact, "", actor}, now)
}

// Intervene stamps the intervention; the restore clock runs from here.
func (d *Desk) Intervene(ctx context.Context, n Number, actor string, now time.Time) (Ticket, error) {
	return d.stamp(ctx, n, stamping{Intervened, sla.Intervention, InProgress, actor}, now)
}

// Restored stamps that the customer's system runs again.
func (d *Desk) Restored(ctx context.Context, n Number, actor string, now time.Time) (Ticket, error) {
	return d.stamp(ctx, n, stamping{RestoredAt, sla.Restore, Restored, actor}, now)
}

// stamping is an event that meets a clock and may move the state.
type stamping struct {
	event EventKind
	clock sla.Kind
	state State // empty: stays
	actor string
}

func (d *Desk) stamp(ctx context.Context, n Number, s stamping, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		if !t.State.Live() && (s.state == "" || t.State != Restored) {
			return nil, &MoveError{t.Number, t.State, InProgress}
		}
		if s.state != "" && t.State != s.state {
			if err := t.to(s.state); err != nil {
				return nil, err
			}
		}
		terms, err := d.Book().Terms(t.Contract, d.cfg.Own)
		if err != nil {
			return nil, err
		}
		t.Clocks, err = sla.Meet(terms.Hours, t.Clocks, s.clock, now)
		return []Event{{Kind: s.event, Actor: s.actor}}, err
	})
}

// Comment adds staff's words to the history.
func (d *Desk) Comment(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	if strings.TrimSpace(text) == "" {
		return Ticket{}, fmt.Errorf("commenting on ticket %d: %w", n, ErrEmpty)
	}
	return d.Note(ctx, n, Event{Kind: Commented, Actor: actor, Text: text}, now)
}

// step is a plain change of state by staff.
func (d *Desk) step(ctx context.Context, n Number, to State, e Event, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		if err := t.to(to); err != nil {
			return nil, err
		}
		t.ClosedAt = time.Time{}
		if to == Closed || to == NotRequest {
			t.ClosedAt = now.Truncate(time.Second)
		}
		return []Event{e}, nil
	})
}

// WaitForCustomer says that the customer owes an answer.
func (d *Desk) WaitForCustomer(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	return d.step(ctx, n, Waiting, Event{Kind: WaitingFor, Actor: actor, Text: text}, now)
}

// Resume says that the answer came: the ticket goes back to where it was.
func (d *Desk) Resume(ctx context.Context, n Number, actor string, now time.Time) (Ticket, error) {
	t, err := d.Ticket(ctx, n)
	if err != nil {
		return Ticket{}, fmt.Errorf("ticket %d: %w", n, err)
	}
	to := Open
	for _, c := range t.Clocks {
		if c.Kind == sla.Intervention && !c.MetAt.IsZero() {
			to = InProgress
		}
	}
	if to == Open && t.Assignee != "" {
		to = Assigned
	}
	return d.step(ctx, n, to, Event{Kind: Resumed, Actor: actor}, now)
}

// Close ends the ticket.
func (d *Desk) Close(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	return d.step(ctx, n, Closed, Event{Kind: ClosedAtKind, Actor: actor, Text: text}, now)
}

// Reopen takes a closed or marked ticket up again.
func (d *Desk) Reopen(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	return d.step(ctx, n, Open, Event{Kind: Reopened, Actor: actor, Text: text}, now)
}

// MarkNotRequest says that it was a robot or a wrong number.
func (d *Desk) MarkNotRequest(ctx context.Context, n Number, actor string, now time.Time) (Ticket, error) {
	return d.step(ctx, n, NotRequest, Event{Kind: MarkedNoTicket, Actor: actor}, now)
}

// AddTime adds time spent, which prices Support on Request.
func (d *Desk) AddTime(ctx context.Context, n Number, actor string, spent time.Duration, now time.Time) (Ticket, error) {
	if spent < time.Second || spent > 24*time.Hour {
		return Ticket{}, fmt.Errorf("time spent %s: use between a second and 24h", spent)
	}
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		t.TimeSpent += int(spent / time.Second)
		return []Event{{Kind: TimeAdded, Actor: actor, Facts: map[string]string{"seconds": fmt.Sprint(int(spent / time.Second))}}}, nil
	})
}

// Breach marks the clocks that ran out before now; doing it again changes nothing.
func (d *Desk) Breach(ctx context.Context, n Number, now time.Time) (Ticket, []sla.Kind, error) {
	var broken []sla.Kind
	t, err := d.change(ctx, n, now, func(t *Ticket) (events []Event, err error) {
		if !t.State.Live() {
			return nil, nil
		}
		t.Clocks, broken = sla.Break(t.Clocks, now)
		for _, k := range broken {
			events = append(events, Event{Kind: Broken, Actor: "system", Facts: map[string]string{"clock": string(k)}})
		}
		return events, nil
	})
	return t, broken, err
}
