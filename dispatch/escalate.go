package dispatch

import (
	"context"
	"fmt"
	"time"

	"hotline/directory"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

const whileActive = 10 * time.Second // between two looks at a ticket whose caller is still on the line

// Escalate calls the engineers on duty for a blocking ticket that nobody has, or the ticket's own engineer when a caller added to
// it. Whoever accepts may call the customer back. When nobody does, the search notes so, and that line asks for the next
// escalation.
//
// An accept whose talk never came is undone first. Outside the hours the escalation waits for the opening. While somebody is on
// the line about the ticket it waits for the end of the call. To wait is an error that wraps tickets.Later. Due work calls it.
func (d *Dispatcher) Escalate(ctx context.Context, w tickets.Work) error {
	t, err := d.desk.Ticket(ctx, w.Ticket)
	if err != nil {
		return err
	}
	lines, err := d.desk.History(ctx, w.Ticket)
	if err != nil {
		return err
	}
	stand := tickets.Escalation(t, lines, w)
	if stand == tickets.Settled {
		return nil
	}
	now := time.Now()
	if err := d.onTheLine(w.Ticket, now); err != nil {
		return err
	}
	if stand == tickets.Untalked {
		t, err = d.desk.UndoAccept(ctx, w.Ticket, t.Assignee, "the talk that it was for never came", now)
		if err != nil || t.State != tickets.Open {
			return err
		}
	}
	if at, _ := tickets.CallAgain(lines, w); at.After(now) {
		return fmt.Errorf("ticket %d was called out in vain: %w", w.Ticket, &tickets.Later{At: at})
	}
	if at := d.callOutFrom(ctx, t, now); at.After(now) {
		if stand == tickets.Untalked {
			return nil // the line of the undoing has asked for another one
		}
		return fmt.Errorf("nobody is woken for ticket %d: %w", w.Ticket, &tickets.Later{At: at})
	}
	return d.callOut(ctx, t, w)
}

// RingForAlarm calls the engineers on duty because a clock of a ticket is about to run out or has run out. It does nothing if the
// clock was met meanwhile, or if somebody works on the ticket. All alarms that wait are told in one call. Due work calls it. An
// error that wraps tickets.Later means: not yet.
func (d *Dispatcher) RingForAlarm(ctx context.Context, w tickets.Work) error {
	return d.bulletins.Ring(ctx, w)
}

// CallerGone asks for an escalation after a call in which no engineer was called. Either the caller hung up before, or the caller
// added to a ticket and its engineer must hear of it. Of a ticket that is not blocking it does nothing. The end of each call
// calls it.
func (d *Dispatcher) CallerGone(ctx context.Context, n tickets.Number, added bool) error {
	t, err := d.desk.Ticket(ctx, n)
	if err != nil || t.Category() != sla.Blocking {
		return err
	}
	now := time.Now()
	e := tickets.Event{Kind: tickets.CallerGone, Actor: "system", Text: "the caller was gone before an engineer was called"}
	switch {
	case added && t.State.Live():
		e.Text, e.Facts = "the caller added to it and nobody was called", map[string]string{tickets.FactAdded: "yes"}
	case t.State != tickets.Open || d.callOutFrom(ctx, t, now).After(now):
		return nil // the escalation that the opening asked for stands
	}
	_, err = d.desk.Note(ctx, n, e, now)
	return err
}

// onTheLine is an error that wraps tickets.Later while somebody is on the line about a ticket.
func (d *Dispatcher) onTheLine(n tickets.Number, now time.Time) error {
	if !d.active.Has(n) {
		return nil
	}
	return afterThem(n, now)
}

func afterThem(n tickets.Number, now time.Time) error {
	return fmt.Errorf("somebody is on the line about ticket %d: %w", n, &tickets.Later{At: now.Add(whileActive)})
}

// callOut calls the engineers on duty for a ticket whose caller is not on the line. Its first line in the history asks for the
// next escalation, in case this process dies.
func (d *Dispatcher) callOut(ctx context.Context, t tickets.Ticket, w tickets.Work) error {
	leave, alone := d.active.EnterAlone(t.Number) // after a restart several are due for one ticket at once
	if !alone {
		return afterThem(t.Number, time.Now())
	}
	defer leave()
	began := tickets.Event{Kind: tickets.CallingOut, Actor: "system", Text: "the engineers on duty are called", Facts: map[string]string{tickets.FactFor: w.ID}}
	if t.State != tickets.Open { // whoever has it in hand is rung
		began.Facts[tickets.FactAdded] = "yes"
	}
	if _, err := d.desk.Note(ctx, t.Number, began, time.Now()); err != nil {
		return err
	}
	r := ring.Request{Call: d.callOf(ctx, t), Language: prompts.Language(t.Language), Ticket: t}
	r.CallBack = d.customerNumber(t)
	if lines, err := d.desk.History(ctx, t.Number); err == nil {
		_, r.CallsBack = tickets.PromisedCallBack(lines)
	}
	if t.Contract == "" {
		r.Turn = d.priority.wait
	}
	until, stop := d.watch(context.WithoutCancel(ctx), t)
	defer stop()
	r.Until = until
	_, err := d.search.Escalate(ctx, r)
	return err
}

// callOutFrom is from when on engineers may be called for a ticket. It is now within the hours that the ticket was promised, and when
// the caller took the price of a call outside them. Else it is the next opening. In doubt somebody is woken.
func (d *Dispatcher) callOutFrom(ctx context.Context, t tickets.Ticket, now time.Time) time.Time {
	terms, err := d.desk.Entitlement(t.Contract)
	if err != nil {
		return now
	}
	hours := terms.Hours
	if t.Promise != nil { // it may keep what it was promised while its contract has other hours now
		if hours, err = t.Promise.Calendar.Hours(); err != nil {
			return now
		}
	}
	if hours.Open(now) {
		return now
	}
	if terms.AfterHours == directory.AfterHoursRing {
		lines, err := d.desk.History(ctx, t.Number)
		if err != nil {
			return now
		}
		for _, e := range lines {
			if e.Facts[tickets.FactNight] == "accepted" {
				return now
			}
		}
	}
	at, err := hours.NextOpen(now)
	if err != nil {
		return now
	}
	return at
}

// callOf is the call that a ticket came by. It is empty for other channels, and while the history cannot be read.
func (d *Dispatcher) callOf(ctx context.Context, t tickets.Ticket) string {
	for _, r := range t.Recordings {
		return string(r.Call)
	}
	lines, err := d.desk.History(ctx, t.Number)
	if err != nil || len(lines) == 0 {
		return ""
	}
	return lines[0].Facts["call"]
}
