package app

import (
	"context"
	"fmt"
	"time"

	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/tickets"
)

const whileLive = 10 * time.Second // between two looks at a ticket whose caller is still on the line

// escalate calls the rota for a blocking ticket that nobody has, or its engineer for one that a caller added to. Whoever
// accepts may call the customer back. When nobody does, the search notes so, and that is the next escalation. An accept whose
// talk never came is undone first. Outside the hours it waits for the opening; while somebody is on the line about the ticket
// it waits for the end.
func (a *App) escalate(ctx context.Context, w tickets.Work) error {
	t, err := a.desk.Ticket(ctx, w.Ticket)
	if err != nil {
		return err
	}
	lines, err := a.desk.History(ctx, w.Ticket)
	if err != nil {
		return err
	}
	stand := tickets.Escalation(t, lines, w)
	if stand == tickets.Settled {
		return nil
	}
	now := time.Now()
	if a.live.has(w.Ticket) {
		return fmt.Errorf("somebody is on the line about ticket %d: %w", w.Ticket, &tickets.Later{At: now.Add(whileLive)})
	}
	if stand == tickets.Untalked {
		t, err = a.desk.UndoAccept(ctx, w.Ticket, t.Assignee, "the talk that it was for never came", now)
		if err != nil || t.State != tickets.Open {
			return err
		}
	}
	if at, _ := tickets.CallAgain(lines, w); at.After(now) {
		return fmt.Errorf("ticket %d was called out in vain: %w", w.Ticket, &tickets.Later{At: at})
	}
	if at := a.calledOut(ctx, t, now); at.After(now) {
		if stand == tickets.Untalked {
			return nil // the line of the undoing has asked for another one
		}
		return fmt.Errorf("nobody is woken for ticket %d: %w", w.Ticket, &tickets.Later{At: at})
	}
	return a.callOutFor(ctx, t, w)
}

// callOutFor calls the rota for a ticket whose caller is not on the line. Its first line asks for the next escalation, in
// case that this process dies.
func (a *App) callOutFor(ctx context.Context, t tickets.Ticket, w tickets.Work) error {
	defer a.live.enter(t.Number)()
	began := tickets.Event{Kind: tickets.CallingOut, Actor: "system", Text: "the engineers on duty are called", Facts: map[string]string{tickets.FactFor: w.ID}}
	if t.State != tickets.Open { // whoever has it in hand is rung
		began.Facts[tickets.FactAdded] = "yes"
	}
	if _, err := a.desk.Note(ctx, t.Number, began, time.Now()); err != nil {
		return err
	}
	r := a.callOut(ctx, t)
	until, stop := a.watch(context.WithoutCancel(ctx), t)
	defer stop()
	r.Until = until
	_, err := a.search.Escalate(ctx, r)
	return err
}

// calledOut is when the rota may be called for a ticket: now within its hours, or when the caller took the price of a
// call outside them; else at the next opening. In doubt somebody is woken.
func (a *App) calledOut(ctx context.Context, t tickets.Ticket, now time.Time) time.Time {
	terms, err := a.desk.Terms(t.Contract)
	if err != nil || terms.Hours.Open(now) {
		return now
	}
	if terms.AfterHours == tickets.AfterHoursRing {
		lines, err := a.desk.History(ctx, t.Number)
		if err != nil {
			return now
		}
		for _, e := range lines {
			if e.Facts[tickets.FactNight] == "accepted" {
				return now
			}
		}
	}
	at, err := terms.Hours.NextOpen(now)
	if err != nil {
		return now
	}
	return at
}

// callOut is the search for a ticket whose caller is not on the line.
func (a *App) callOut(ctx context.Context, t tickets.Ticket) ring.Request {
	r := ring.Request{Call: a.callOf(ctx, t), Language: prompts.Language(t.Language), Ticket: t}
	if a.dialler.May(t.Caller) {
		r.CallBack = t.Caller
	}
	if t.Contract == "" {
		r.Turn = a.human.order.wait
	}
	return r
}

// callOf is the call that a ticket came by; empty for other channels, and while the history cannot be read.
func (a *App) callOf(ctx context.Context, t tickets.Ticket) string {
	for _, r := range t.Recordings {
		return string(r.Call)
	}
	lines, err := a.desk.History(ctx, t.Number)
	if err != nil || len(lines) == 0 {
		return ""
	}
	return lines[0].Facts["call"]
}
