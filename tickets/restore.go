package tickets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"hotline/sla"
	"hotline/storage"
)

// Restore writes a change that waited in a journal. If somebody changed the ticket meanwhile, the change is applied on top of the
// newest version. So a replay loses nothing and never undoes what staff did later. A ticket that the store does not have, as
// after the restore of an older dump, is written as the change knows it.
func Restore(ctx context.Context, s Store, c Change) error {
	c.Unheld, c.Staffed = "", ""
	changeBounds.Apply(&c) // a former version may have written a longer text into its journal
	err := s.Apply(ctx, c)
	if errors.Is(err, storage.ErrNotFound) && c.Expect > 0 {
		c.Expect = 0
		err = s.Apply(ctx, c)
	}
	for range tries {
		if !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrExists) {
			return err
		}
		merged, failed := merge(ctx, s, c)
		if failed != nil || len(merged.Events) == 0 {
			return failed
		}
		err = s.Apply(ctx, merged)
	}
	return err
}

// merge is a change as it must be written on top of what stands now. The clocks are folded anew from the whole history.
func merge(ctx context.Context, s Store, c Change) (Change, error) {
	stands, err := s.Ticket(ctx, c.Ticket.Number)
	if err != nil {
		return Change{}, err
	}
	lines, err := s.History(ctx, c.Ticket.Number)
	if err != nil {
		return Change{}, err
	}
	t := stands.clone()
	t.Version = stands.Version + 1
	for _, r := range c.Ticket.Recordings {
		t.keep(r)
	}
	fresh := missing(lines, c.Events)
	if len(fresh) == 0 {
		return Change{}, nil
	}
	t.catchUp(c.Ticket, lines, fresh)
	t.without(lines)
	t.without(fresh)
	ready := func(id string) (*sla.Agreement, error) {
		if p := c.Ticket.Promise; p != nil && p.ID() == id { // terms that the store has not seen yet
			return p.Ready()
		}
		terms, err := s.Terms(ctx, id)
		if err != nil {
			return nil, err
		}
		return terms.Ready()
	}
	whole, work := append(slices.Clip(lines), fresh...), c.Work
	course, err := Fold(whole, ready)
	if err == nil && course.Agreed != nil { // a ticket from before terms were kept cannot be folded, and keeps its own
		if reconciled := t.reconcile(course, whole, fresh); len(reconciled) > 0 {
			fresh = append(fresh, reconciled...)
			if course, err = Fold(append(whole, reconciled...), ready); err != nil {
				return Change{}, fmt.Errorf("merging a change of ticket %d: %w", t.Number, err)
			}
		}
		broke, err := mergedBreaches(course, append(slices.Clip(lines), fresh...), ready)
		if err != nil {
			return Change{}, fmt.Errorf("merging a change of ticket %d: %w", t.Number, err)
		}
		fresh = append(fresh, broke...)
		terms := course.Agreed.Terms
		t.Clocks, t.Pauses, t.Stamps, t.Promise, t.Level = course.Clocks, course.Pauses, course.Stamps, &terms, terms.Level
		work = append(slices.Clip(work), actions(t, broke, course.Agreed)...)
	}
	t.Priority = priority(t)
	return Change{Ticket: t, Expect: stands.Version, Events: fresh, By: c.By, Work: append(slices.Clip(work), t.lastAsked(append(slices.Clip(lines), fresh...))...)}, nil
}

// lastAsked looks for the last line of a whole history that asks for an escalation, and gives that escalation. Two nodes that
// worked apart may have left the ticket with nobody, and neither of them could know. It is a new one: the one that came before, when
// somebody had the ticket or it was not blocking, comes but once.
func (t Ticket) lastAsked(lines []Event) []Work {
	for _, e := range slices.Backward(lines) {
		if _, ok := t.asks(e); ok {
			work := escalations(t, []Event{e})
			for i := range work {
				work[i].ID += "-" + lines[len(lines)-1].ID
			}
			return work
		}
	}
	return nil
}

// mergedBreaches gives the lines of breaches that only the merged history shows. What two nodes did apart may break a clock that
// neither of them saw broken.
func mergedBreaches(c sla.Timeline, whole []Event, ready func(id string) (*sla.Agreement, error)) ([]Event, error) {
	var lines []Event
	last := whole[len(whole)-1]
	for _, k := range c.Clocks {
		if k.BrokenAt.IsZero() || slices.ContainsFunc(whole, func(e Event) bool { return e.Kind == Broken && e.Facts["clock"] == string(k.Kind) }) {
			continue
		}
		by := c.Agreed
		if k.Terms != "" && k.Terms != by.ID() {
			var err error
			if by, err = ready(k.Terms); err != nil {
				return nil, err
			}
		}
		e := broken(c.Explain(by, k), last.At)
		e.ID, e.Ticket = fmt.Sprintf("%s-%s-%s", last.ID, Broken, k.Kind), last.Ticket
		lines = append(lines, e)
	}
	return lines, nil
}

// missing are the lines of a change that the history does not have. Lines are compared by their id; warnings and breaches, which
// another node may have raised meanwhile, also by what they say.
func missing(lines, more []Event) []Event {
	known := map[string]bool{}
	for _, e := range lines {
		known[e.ID] = true
		known[e.raised()] = true
	}
	var fresh []Event
	for _, e := range more {
		if !known[e.ID] && (e.raised() == "" || !known[e.raised()]) {
			fresh = append(fresh, e)
		}
	}
	return fresh
}

// raised names a warning or a breach by what it is about; empty for every other event.
func (e Event) raised() string {
	if e.Kind != Warned && e.Kind != Broken {
		return ""
	}
	return fmt.Sprint("raised ", e.Kind, e.Facts["clock"], e.Facts["alarm"], e.Facts["due"])
}

// catchUp takes over from the ticket as the change left it what the fresh lines say of it. Its state it takes over unless
// somebody moved it later.
func (t *Ticket) catchUp(as Ticket, lines, fresh []Event) {
	moved, last := Event{}, Event{}
	for _, e := range lines {
		if e.moves() {
			last = e
		}
	}
	for _, e := range fresh {
		switch e.Kind {
		case Categorised:
			t.Claim = sla.Category(e.Facts["claim"])
		case Assessed:
			t.Assessment = sla.Category(e.Facts["to"])
		case TermsChanged:
			t.Contract, t.Customer, t.Name, t.Evo = as.Contract, as.Customer, as.Name, as.Evo
		case TimeAdded:
			minutes, _ := strconv.Atoi(e.Facts["minutes"]) // we wrote it
			t.TimeSpent += 60 * minutes
		case BundledCall:
			t.Bundled++
		case Warned, Broken:
			if e.Facts["raised"] != "" {
				t.Raised++
			}
		}
		if e.moves() {
			moved = e
		}
	}
	if moved.Kind != "" && !moved.At.Before(last.At) {
		t.State, t.Assignee, t.ClosedAt = as.State, as.Assignee, as.ClosedAt
	}
}

// moves tells whether an event moves a ticket's state.
func (e Event) moves() bool {
	if _, late := e.late(); late {
		return e.Facts[factMoved] != ""
	}
	switch e.Kind {
	case AssignedTo, Accepted, AcceptUndone, Intervened, RestoredAt, WaitingFor, Resumed, ClosedAtKind, Reopened, NotRestored, MarkedNoTicket:
		return true
	}
	return false
}

// reconcile gives the lines that bring the clocks into line with the ticket's state. They differ where a merged line stopped or
// started a clock and somebody had moved the ticket later.
func (t Ticket) reconcile(c sla.Timeline, whole, fresh []Event) []Event {
	var lines []Event
	line := func(kind EventKind) {
		last := fresh[len(fresh)-1]
		lines = append(lines, Event{
			ID: fmt.Sprintf("%s-%s", last.ID, kind), Ticket: t.Number, At: last.At, Kind: kind, Actor: system, Text: "the ticket was moved later, by another node",
		})
	}
	ended := t.State == Closed || t.State == NotRequest
	switch {
	case c.Paused(sla.Ended) && !ended:
		line(Reopened)
	case !c.Paused(sla.Ended) && ended:
		line(ClosedAtKind)
	}
	if c.Paused(sla.ForCustomer) && t.State != Waiting && !ended {
		line(Resumed)
	}
	if last, _ := lastAccess(whole); last.Kind == AccessGone && t.State.Live() && !c.Paused(sla.NoAccess) {
		line(AccessGone)
		lines[len(lines)-1].Facts = last.Facts
	}
	return lines
}
