package tickets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/storage"
)

// Deadline is one due time that moves, or would move.
type Deadline struct {
	Ticket  Number
	Clock   sla.Kind
	Was     time.Time // zero: there was no clock
	Becomes time.Time // zero: there is none any more
}

// agree gives a ticket the terms of its contract as a snapshot has them.
func (d *Desk) agree(b *directory.Book, t *Ticket, actor string, now time.Time) ([]Event, error) {
	terms, err := b.Entitlement(t.Contract, d.cfg.Own)
	if err != nil {
		return nil, err
	}
	a, err := d.ready(terms.Terms)
	if err != nil {
		return nil, err
	}
	facts := map[string]string{"terms": a.ID(), "level": string(terms.Level.ID), factContract: string(t.Contract)}
	return d.record(t, Event{Kind: TermsChanged, Actor: actor, At: now, Facts: facts}, a)
}

// keeps tells whether a ticket has these terms already.
func (t Ticket) keeps(terms directory.Entitlement) bool {
	return t.Promise != nil && t.Promise.ID() == terms.Terms.ID()
}

// Follow gives a running ticket the terms of its contract as they stand now. What was kept or broken stays so; the
// history tells which deadlines moved. Terms that are the same already are no change.
func (d *Desk) Follow(ctx context.Context, n Number, actor string, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		if err := t.may(agreeing); err != nil {
			return nil, err
		}
		b := d.Book()
		if terms, err := b.Entitlement(t.Contract, d.cfg.Own); err != nil || t.keeps(terms) {
			return nil, err
		}
		return d.agree(b, t, actor, now)
	})
}

// SetContract puts a running ticket under another contract, and its terms; empty stands for Support on Request.
func (d *Desk) SetContract(ctx context.Context, n Number, actor string, c directory.ContractID, now time.Time) (Ticket, error) {
	return d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
		if err := t.may(agreeing); err != nil {
			return nil, err
		}
		if t.Contract == c {
			return nil, nil
		}
		b := d.Book()
		if contract, ok := b.Contracts.Get(c); ok {
			t.Customer, t.Evo = contract.Customer, contract.EvoSupport
			t.Name = b.Customers.At(contract.Customer).Name
		}
		was := cmp.Or(string(t.Contract), "none")
		t.Contract = c
		lines, err := d.agree(b, t, actor, now)
		if err != nil {
			return nil, err
		}
		for i := range lines {
			if lines[i].Kind == TermsChanged {
				lines[i] = lines[i].with(map[string]string{factFormer: was})
			}
		}
		return d.accord(ctx, t, lines, actor, now)
	})
}

// Scope says which running tickets an edit is about: those whose terms of the snapshot it holds for.
type Scope struct {
	holds    func(directory.Entitlement) bool
	contract directory.ContractID // the only one whose tickets are looked at; empty: all
}

// OfLevel are the tickets of one level.
func OfLevel(id sla.LevelID) Scope {
	return Scope{holds: func(t directory.Entitlement) bool { return t.Level.ID == id }}
}

// OfCalendar are the tickets whose clocks run in one calendar.
func OfCalendar(id sla.CalendarID) Scope {
	return Scope{holds: func(t directory.Entitlement) bool { return t.Terms.Calendar.ID == id }}
}

// OfContract are the tickets of one contract.
func OfContract(id directory.ContractID) Scope {
	return Scope{holds: func(t directory.Entitlement) bool { return t.Contract == id }, contract: id}
}

// contracts are those of a snapshot that the edit is about, with their terms; the empty one is Support on Request.
func (d *Desk) contracts(b *directory.Book, in Scope) (ids []directory.ContractID, terms map[directory.ContractID]directory.Entitlement) {
	terms = map[directory.ContractID]directory.Entitlement{}
	learn := func(id directory.ContractID) {
		if t, err := b.Entitlement(id, d.cfg.Own); err == nil && in.holds(t) {
			ids, terms[id] = append(ids, id), t
		}
	}
	if in.contract != "" {
		learn(in.contract)
		return ids, terms
	}
	learn("")
	for id := range b.Contracts.All() {
		learn(id)
	}
	slices.Sort(ids)
	return ids, terms
}

// How much of what an edit is about is read at once.
const (
	contractsAtOnce = 500
	runningAtOnce   = 500
)

// running visits the live tickets in scope that would get other terms by a snapshot. It leaves out those that keep their
// terms because staff said so: each of these follows only when staff tell it to. Tickets of other contracts are not even read.
func (d *Desk) running(ctx context.Context, b *directory.Book, in Scope, visit func(t Ticket) error) error {
	ids, terms := d.contracts(b, in)
	for some := range slices.Chunk(ids, contractsAtOnce) {
		for behind := Number(0); ; {
			list, err := d.cfg.Store.LiveOf(ctx, some, behind, runningAtOnce)
			if err != nil {
				return fmt.Errorf("reading running tickets: %w", err)
			}
			for _, t := range list {
				if err := d.visit(ctx, t, terms[t.Contract], visit); err != nil {
					return err
				}
			}
			if len(list) < runningAtOnce {
				break
			}
			behind = list[len(list)-1].Number
		}
	}
	return nil
}

// visit visits a ticket unless it has its terms already, or keeps others.
func (d *Desk) visit(ctx context.Context, t Ticket, terms directory.Entitlement, visit func(t Ticket) error) error {
	if t.keeps(terms) {
		return nil
	}
	kept, err := d.keptOnPurpose(ctx, t.Number)
	if err != nil || kept {
		return err
	}
	return visit(t)
}

// keptOnPurpose tells whether the last word on a ticket's terms was that it keeps them.
func (d *Desk) keptOnPurpose(ctx context.Context, n Number) (bool, error) {
	lines, err := d.History(ctx, n)
	if err != nil {
		return false, fmt.Errorf("whether ticket %d keeps its terms: %w", n, err)
	}
	for _, e := range slices.Backward(lines) {
		if e.Kind == TermsKept || e.Kind == TermsChanged {
			return e.Kind == TermsKept, nil
		}
	}
	return false, nil
}

// KeepAll writes on every running ticket in scope that an edit does not apply to it, and counts these tickets. Each keeps its
// terms, also when the same edit is saved again, and when other tickets follow a later edit.
func (d *Desk) KeepAll(ctx context.Context, in Scope, actor string, now time.Time) (int, error) {
	var list []Number
	err := d.running(ctx, d.Book(), in, func(t Ticket) error {
		list = append(list, t.Number)
		return nil
	})
	for n, number := range list {
		if _, failed := d.Note(ctx, number, Event{Kind: TermsKept, Actor: actor, Text: "keeps what it was promised"}, now); failed != nil {
			return n, failed
		}
	}
	return len(list), err
}

// Preview tells which deadlines of running tickets in scope would move if they followed a snapshot. Nothing is written.
func (d *Desk) Preview(ctx context.Context, b *directory.Book, in Scope, now time.Time) ([]Deadline, error) {
	var list []Deadline
	err := d.running(ctx, b, in, func(t Ticket) error {
		next := t.clone()
		if _, err := d.agree(b, &next, system, now); err != nil {
			return fmt.Errorf("ticket %d: %w", t.Number, err)
		}
		list = append(list, moved(t, next)...)
		return nil
	})
	slices.SortStableFunc(list, func(a, b Deadline) int { return cmp.Compare(a.Ticket, b.Ticket) })
	return list, err
}

// PreviewAssessment tells which deadlines of a ticket would move if it were assessed so. Nothing is written. A state in which
// nobody assesses is a MoveError.
func (d *Desk) PreviewAssessment(ctx context.Context, n Number, c sla.Category, now time.Time) ([]Deadline, error) {
	t, err := d.Ticket(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("ticket %d: %w", n, err)
	}
	if err := t.may(assessing); err != nil {
		return nil, err
	}
	next := t.clone()
	next.Assessment = c
	if _, err := d.record(&next, Event{Kind: Assessed, Actor: system, At: now}, nil); err != nil {
		return nil, err
	}
	return moved(t, next), nil
}

// moved tells how a ticket's deadlines differ afterwards, in the zone in which they were worked out.
func moved(was, next Ticket) (list []Deadline) {
	for _, k := range sla.Kinds() {
		before, after := due(was.Clocks, k).Due, due(next.Clocks, k).Due
		if before.Equal(after) {
			continue
		}
		zone := after.Location() // the calendar's
		if after.IsZero() {
			zone = next.Zone()
		}
		list = append(list, Deadline{next.Number, k, shownIn(zone, before), shownIn(zone, after)})
	}
	return list
}

// shownIn is an instant in a zone; none stays none.
func shownIn(zone *time.Location, at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.In(zone)
}

// FollowAll lets every running ticket in scope follow the snapshot in use, and counts those that changed.
func (d *Desk) FollowAll(ctx context.Context, in Scope, actor string, now time.Time) (int, error) {
	var list []Number
	err := d.running(ctx, d.Book(), in, func(t Ticket) error {
		list = append(list, t.Number)
		return nil
	})
	var ended *MoveError
	for n, number := range list {
		if _, failed := d.Follow(ctx, number, actor, now); failed != nil && !errors.As(failed, &ended) { // it may end meanwhile
			return n, failed
		}
	}
	return len(list), err
}

// DryRun tells what a request of a level would be promised if it came in at an instant, as sla.Try reads it, without a
// ticket.
func (d *Desk) DryRun(level sla.LevelID, c sla.Category, at string) ([]sla.Account, error) {
	b := d.Book()
	l, ok := b.Levels[level]
	if !ok {
		return nil, fmt.Errorf("level %s: %w", level, storage.ErrNotFound)
	}
	calendar, ok := b.Calendars[l.Calendar]
	if !ok {
		return nil, fmt.Errorf("calendar %s of level %s: %w", l.Calendar, level, storage.ErrNotFound)
	}
	return sla.Try(l.Terms(calendar), c, at)
}
