package tickets

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline/directory"
	"hotline/sla"
)

// ErrNoEngineer is a ticket that would be given to somebody who is not there, or not any more.
var ErrNoEngineer = errors.New("there is no such engineer")

// ErrEmpty is a comment without words.
var ErrEmpty = errors.New("the text is empty")

// Assess notes the specialist's verdict; priority and clocks follow it, from the same opening. engineer is the engineer on call whom
// actor is, if any: who has the ticket in hand and says himself that it is blocking is not rung for it.
func (d *Desk) Assess(ctx context.Context, n Number, actor, engineer string, c sla.Category, now time.Time) (Ticket, error) {
	if !c.Valid() {
		return Ticket{}, fmt.Errorf("category %q is unknown", c)
	}
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		if err := t.may(assessing); err != nil {
			return nil, err
		}
		was := t.Category()
		e := Event{Kind: Assessed, Actor: actor, At: now, Facts: map[string]string{"from": string(was), "to": string(c)}}
		if t.Assessment = c; engineer == "" || engineer != t.Assignee {
			e = t.urgent(e, was)
		}
		return d.record(t, e, nil)
	})
}

// Assign gives the ticket to an engineer.
func (d *Desk) Assign(ctx context.Context, n Number, actor, engineer string, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		return d.assign(t, Event{Kind: AssignedTo, Actor: actor}, engineer, now)
	})
}

// TakeCharge gives the ticket to the engineer who asks for it; text says by what means.
func (d *Desk) TakeCharge(ctx context.Context, n Number, engineer, text string, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		return d.assign(t, Event{Kind: AssignedTo, Actor: "engineer:" + engineer, Text: text}, engineer, now)
	})
}

// HandOver gives a ticket that one engineer has in hand to another one. Its state stays: what waits for the customer waits on. A ticket
// that the first engineer does not have any more stays where it is.
func (d *Desk) HandOver(ctx context.Context, n Number, from, to, text string, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		e := Event{Kind: AssignedTo, Actor: "engineer:" + to, Text: text}
		switch {
		case t.Assignee != from || !t.State.Live():
			return nil, nil
		case t.State == Open: // nobody works on it yet
			return d.assign(t, e, to, now)
		}
		t.Assignee = to
		e.At, e.Facts = now, map[string]string{"engineer": to, factStays: string(t.State)}
		return []Event{e}, nil
	})
}

// Accept assigns the ticket to the engineer who pressed the key. awaits: a caller is on the line, and the accept counts
// only once the two have talked.
func (d *Desk) Accept(ctx context.Context, n Number, engineer string, awaits bool, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		lines, err := d.assign(t, Event{Kind: Accepted, Actor: "engineer:" + engineer}, engineer, now)
		for i := range lines {
			if awaits && lines[i].Kind == Accepted {
				lines[i] = lines[i].with(map[string]string{FactAwaits: "awaited"})
			}
		}
		return lines, err
	})
}

// UndoAccept undoes an engineer's accept because the talk with the caller never came: the contact is not met, and the search goes
// on. Where somebody has taken the ticket in hand meanwhile nothing is undone.
func (d *Desk) UndoAccept(ctx context.Context, n Number, engineer, text string, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		lines, err := d.History(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("what stood before the accept: %w", err)
		}
		accept, ok := unfinishedAccept(lines)
		if !ok || t.Assignee != engineer || (t.State != Assigned && t.State != InProgress) {
			return nil, nil
		}
		was := State(accept.Facts[factStood])
		if was != Assigned && was != InProgress {
			was = Open // who added to a ticket that waited for him has answered
		}
		if was != t.State {
			if err := t.to(was); err != nil {
				return nil, err
			}
		}
		t.Assignee = accept.Facts[factHad]
		return []Event{{Kind: AcceptUndone, Actor: system, At: now, Text: text, Facts: map[string]string{"engineer": engineer}}}, nil
	})
}

// unfinishedAccept is the last accept of a history, if its caller still waits for the talk.
func unfinishedAccept(lines []Event) (Event, bool) {
	undone := 0 // the accepts of others stand as they did
	var ended time.Time
	for _, e := range slices.Backward(lines) {
		switch {
		case e.Kind == AcceptUndone:
			undone++
		case e.Kind == Accepted && e.Facts[FactAwaits] != "" && undone > 0:
			undone--
		case e.Kind == Accepted && e.Facts[FactAwaits] != "":
			return e, ended.IsZero() || ended.Before(e.At) // what another node wrote before it, and only came behind it, ends it not
		case e.endsAccept() && e.At.After(ended):
			ended = e.At
		}
	}
	return Event{}, false
}

func (d *Desk) assign(t *Ticket, e Event, engineer string, now time.Time) ([]Event, error) {
	if engineer == "" {
		return nil, fmt.Errorf("assigning ticket %d: name the engineer", t.Number)
	}
	e.At, e.Facts = now, map[string]string{"engineer": engineer}
	if e.Kind == Accepted {
		e.Facts[factStood], e.Facts[factHad] = string(t.State), t.Assignee
	}
	if t.State != InProgress || t.Assignee != engineer { // who accepts a ticket in work again keeps it in work
		if err := t.to(Assigned); err != nil {
			return nil, err
		}
	}
	t.Assignee = engineer
	return d.record(t, e, nil)
}

// Join stamps the contact: customer and engineer have heard each other for some seconds.
func (d *Desk) Join(ctx context.Context, n Number, engineer string, now time.Time) (Ticket, error) {
	return d.stamp(ctx, n, stamping{event: Joined, actor: "engineer:" + engineer}, now)
}

// Contact stamps the contact by staff.
func (d *Desk) Contact(ctx context.Context, n Number, actor string, now time.Time) (Ticket, error) {
	return d.stamp(ctx, n, stamping{event: Contacted, actor: actor}, now)
}

// Intervene stamps the intervention; the restore clock runs from here.
func (d *Desk) Intervene(ctx context.Context, n Number, actor string, now time.Time) (Ticket, error) {
	return d.stamp(ctx, n, stamping{event: Intervened, state: InProgress, actor: actor}, now)
}

// Restored stamps that the customer's system runs again.
func (d *Desk) Restored(ctx context.Context, n Number, actor string, now time.Time) (Ticket, error) {
	return d.stamp(ctx, n, stamping{event: RestoredAt, state: Restored, actor: actor}, now)
}

// stamping is an event that meets a clock and may move the state.
type stamping struct {
	event EventKind
	state State // empty: stays
	actor string
	text  string
}

func (d *Desk) stamp(ctx context.Context, n Number, s stamping, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		command, was := acting, t.State
		if s.state == "" {
			command = contacting
		}
		if err := t.may(command); err != nil {
			return nil, err
		}
		if s.state != "" && t.State != s.state {
			if err := t.to(s.state); err != nil {
				return nil, err
			}
		}
		lines, err := d.record(t, Event{Kind: s.event, Actor: s.actor, At: now, Text: s.text}, nil)
		if err != nil || was != Restored || !t.State.Live() {
			return lines, err
		}
		return d.accord(ctx, t, lines, s.actor, now)
	})
}

// Comment adds staff's words to the history.
func (d *Desk) Comment(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	if strings.TrimSpace(text) == "" {
		return Ticket{}, fmt.Errorf("commenting on ticket %d: %w", n, ErrEmpty)
	}
	return d.Note(ctx, n, Event{Kind: Commented, Actor: actor, Text: text}, now)
}

// Answer adds staff's words for the customer, who reads them on the portal and gets them by letter.
func (d *Desk) Answer(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	if strings.TrimSpace(text) == "" {
		return Ticket{}, fmt.Errorf("answering on ticket %d: %w", n, ErrEmpty)
	}
	return d.Note(ctx, n, Event{Kind: Commented, Actor: actor, Text: text, Facts: map[string]string{FactAudience: AudienceCustomer}}, now)
}

// move is a plain change of state by staff.
func (d *Desk) move(ctx context.Context, n Number, to State, e Event, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) { return d.moved(t, to, e, now) })
}

func (d *Desk) moved(t *Ticket, to State, e Event, now time.Time) ([]Event, error) {
	if err := t.to(to); err != nil {
		return nil, err
	}
	t.ClosedAt = time.Time{}
	if to == Closed || to == NotRequest {
		t.ClosedAt = now.Truncate(time.Second)
	}
	e.At = now
	return d.record(t, e, nil)
}

// WaitForCustomer says that the customer owes an answer.
func (d *Desk) WaitForCustomer(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		stood := map[string]string{factStood: string(t.State)}
		return d.moved(t, Waiting, Event{Kind: WaitingFor, Actor: actor, Text: text, Facts: stood}, now)
	})
}

// Resume says that the answer came: the ticket goes back to where it was.
func (d *Desk) Resume(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		if err := t.may(resuming); err != nil {
			return nil, err
		}
		lines, err := d.History(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("where ticket %d stood before it waited: %w", n, err)
		}
		return d.moved(t, t.before(lines), Event{Kind: Resumed, Actor: actor, Text: text}, now)
	})
}

// before is where a ticket goes back to that waited for the customer. An engineer has it only if he had it then: not the one
// who had it before it was closed and reopened, nor one who has not talked to the caller yet.
func (t Ticket) before(lines []Event) State {
	stood := State("") // not known of what a former version wrote
	for _, e := range slices.Backward(lines) {
		if e.Kind == WaitingFor {
			stood = State(e.Facts[factStood])
			break
		}
	}
	_, waits := unfinishedAccept(lines)
	switch {
	case stood == Open:
		return Open
	case !t.Stamps.Intervention.IsZero() || !sla.Met(t.Clocks, sla.Intervention).IsZero():
		return InProgress
	case t.Assignee != "" && !waits:
		return Assigned
	}
	return Open
}

// Close ends the ticket.
func (d *Desk) Close(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	return d.move(ctx, n, Closed, Event{Kind: ClosedAtKind, Actor: actor, Text: text}, now)
}

// Reopen takes a closed or marked ticket up again. Whether the installation can be reached is as it stands now.
func (d *Desk) Reopen(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		if err := t.may(reopening); err != nil {
			return nil, err
		}
		lines, err := d.moved(t, Open, Event{Kind: Reopened, Actor: actor, Text: text}, now)
		if err != nil {
			return nil, err
		}
		return d.accord(ctx, t, lines, actor, now)
	})
}

// NotRestored says that what is marked as restored does not work: the ticket is open again, its engineer stays named, and the clock
// of the restore runs on where it stood.
func (d *Desk) NotRestored(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		if err := t.may(denying); err != nil {
			return nil, err
		}
		lines, err := d.moved(t, Open, Event{Kind: NotRestored, Actor: actor, Text: text}, now)
		if err != nil {
			return nil, err
		}
		return d.accord(ctx, t, lines, actor, now)
	})
}

// MarkNotRequest says that it was a robot or a wrong number.
func (d *Desk) MarkNotRequest(ctx context.Context, n Number, actor string, now time.Time) (Ticket, error) {
	return d.move(ctx, n, NotRequest, Event{Kind: MarkedNoTicket, Actor: actor}, now)
}

// Spent is time that somebody spent on a ticket, which prices Support on Request.
type Spent struct {
	Ticket   Number
	Contract directory.ContractID
	At       time.Time
	Minutes  int
	Who      string // whose time it was: an engineer, or who wrote it down
	What     string // what was done
	By       string // who wrote it down
}

// AddTime adds time spent, in minutes, with who and what.
func (d *Desk) AddTime(ctx context.Context, n Number, s Spent, now time.Time) (Ticket, error) {
	if s.Minutes < 1 || s.Minutes > 24*60 {
		return Ticket{}, fmt.Errorf("time spent on ticket %d, %d minutes: use 1 to 1440", n, s.Minutes)
	}
	if strings.TrimSpace(s.What) == "" || strings.TrimSpace(s.Who) == "" {
		return Ticket{}, fmt.Errorf("time spent on ticket %d: say who did what: %w", n, ErrEmpty)
	}
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		t.TimeSpent += s.Minutes * 60
		return []Event{{Kind: TimeAdded, Actor: s.By, Text: s.What, Facts: map[string]string{"minutes": fmt.Sprint(s.Minutes), "who": s.Who}}}, nil
	})
}

// WithdrawAccess says that the installation cannot be reached: a fact set by staff, never a missing heartbeat. It stops
// the clocks that the contract says it stops.
func (d *Desk) WithdrawAccess(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	return d.access(ctx, n, false, Event{Kind: AccessGone, Actor: actor, Text: text, At: now}, now)
}

// GiveAccess says that the installation can be reached again: the clocks run on without loss.
func (d *Desk) GiveAccess(ctx context.Context, n Number, actor, text string, now time.Time) (Ticket, error) {
	return d.access(ctx, n, true, Event{Kind: AccessBack, Actor: actor, Text: text, At: now}, now)
}

// AccessChanged says on every running ticket of a contract what staff say of the installation: it cannot be reached any
// more, or it can again. Where one ticket fails the others are told all the same.
func (d *Desk) AccessChanged(ctx context.Context, c directory.ContractID, reachable bool, actor string, now time.Time) error {
	return d.tellAccess(ctx, c, reachable, actor, now, func(Number) (bool, error) { return true, nil })
}

// AccessStands mends what a former AccessChanged left undone: it tells the running tickets of a contract what stands
// there. It leaves out the tickets on which staff said otherwise.
func (d *Desk) AccessStands(ctx context.Context, c directory.ContractID, reachable bool, actor string, now time.Time) error {
	return d.tellAccess(ctx, c, reachable, actor, now, func(n Number) (bool, error) {
		t, err := d.Ticket(ctx, n)
		if err != nil || t.noAccess() != reachable {
			return false, err // it stands so already
		}
		lines, err := d.History(ctx, n)
		if e, said := lastAccess(lines); said {
			return e.Facts[factContract] != "", err
		}
		return !reachable, err
	})
}

// tellAccess tells those running tickets of a contract that it concerns; one that stands so already is left alone.
func (d *Desk) tellAccess(ctx context.Context, c directory.ContractID, reachable bool, actor string, now time.Time, concern func(Number) (bool, error)) error {
	list, err := d.cfg.Store.OpenOf(ctx, c)
	if err != nil {
		return fmt.Errorf("reading the running tickets of contract %s: %w", c, err)
	}
	e := Event{Kind: AccessGone, Actor: actor, Text: "set on the contract", At: now, Facts: map[string]string{factContract: string(c)}}
	if reachable {
		e.Kind = AccessBack
	}
	var failed []error
	for _, t := range list {
		concerned, err := concern(t.Number)
		if err == nil && concerned {
			e.Facts = maps.Clone(e.Facts)
			_, err = d.access(ctx, t.Number, reachable, e, now)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func (t Ticket) noAccess() bool { return (sla.Timeline{Pauses: t.Pauses}).Paused(sla.NoAccess) }

// access writes down on a ticket whether it can be reached. What is said of the ticket itself needs a ticket that somebody works
// on. What is said of its contract skips the other tickets, since they hear of it when they are taken up again.
func (d *Desk) access(ctx context.Context, n Number, reachable bool, e Event, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		if err := t.may(reaching); err != nil {
			if e.Facts[factContract] != "" {
				err = nil
			}
			return nil, err
		}
		if t.noAccess() != reachable {
			return nil, nil // it is so already
		}
		return d.record(t, e, nil)
	})
}

// lastAccess is the last line of a history that tells whether the installation can be reached.
func lastAccess(lines []Event) (Event, bool) {
	for _, e := range slices.Backward(lines) {
		if e.Kind == AccessGone || e.Kind == AccessBack {
			return e, true
		}
	}
	return Event{}, false
}

// accord sets the access of a ticket that somebody works on again, or that has another contract, to what holds now: what staff
// said last of the ticket itself, else what its contract says. A ticket that ended was not told of a change meanwhile.
func (d *Desk) accord(ctx context.Context, t *Ticket, lines []Event, actor string, now time.Time) ([]Event, error) {
	before, err := d.History(ctx, t.Number)
	if err != nil {
		return nil, fmt.Errorf("whether ticket %d can be reached: %w", t.Number, err)
	}
	last, said := lastAccess(before)
	e := Event{Kind: last.Kind, Actor: actor, At: now, Text: "as was said before"}
	if own := said && last.Facts[factContract] == ""; !own {
		e.Facts, e.Text = map[string]string{factContract: string(t.Contract)}, "as the contract says"
		e.Kind = AccessBack
		if c, ok := d.Book().Contracts.Get(t.Contract); ok && !c.RemoteAccess {
			e.Kind = AccessGone
		}
	}
	gone := e.Kind == AccessGone
	if t.noAccess() == gone && (said && last.Kind == AccessGone) == gone {
		return lines, nil
	}
	more, err := d.record(t, e, nil)
	return append(lines, more...), err
}
