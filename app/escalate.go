package app

import (
	"context"
	"fmt"
	"time"

	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

const whileLive = 10 * time.Second // between two looks at a ticket whose caller is still on the line

// escalate calls the rota for a blocking ticket that nobody has accepted, or its engineer for one that a caller added to.
// Whoever accepts may call the customer back. When nobody does, the search notes so, and that is the next escalation.
// Outside the hours it waits for the opening; while somebody is on the line about the ticket it waits for the end.
func (a *App) escalate(ctx context.Context, w tickets.Work) error {
	t, err := a.desk.Ticket(ctx, w.Ticket)
	if err != nil {
		return err
	}
	added := w.Facts[tickets.FactAdded] != ""
	if t.Category() != sla.Blocking || !t.State.Live() || (t.State != tickets.Open && !added) {
		return nil
	}
	now := time.Now()
	if a.live.has(w.Ticket) {
		return fmt.Errorf("somebody is on the line about ticket %d: %w", w.Ticket, &tickets.Later{At: now.Add(whileLive)})
	}
	if w.Facts[tickets.FactSince] == "opening" {
		if goesOn, err := a.escalates(ctx, w.Ticket); goesOn || err != nil {
			return err
		}
	}
	lines, err := a.desk.History(ctx, w.Ticket)
	if err != nil {
		return err
	}
	if at, over := tickets.CallAgain(lines, w); over {
		return nil
	} else if at.After(now) {
		return fmt.Errorf("ticket %d was called out in vain: %w", w.Ticket, &tickets.Later{At: at})
	}
	if at := a.calledOut(ctx, t, now); at.After(now) {
		return fmt.Errorf("nobody is woken for ticket %d: %w", w.Ticket, &tickets.Later{At: at})
	}
	defer a.live.enter(w.Ticket)()
	_, err = a.search.Escalate(ctx, a.callOut(ctx, t))
	return err
}

// escalates tells whether a ticket's call-out goes on by itself: a chain ended with nobody, or the caller hung up.
func (a *App) escalates(ctx context.Context, n tickets.Number) (bool, error) {
	lines, err := a.desk.History(ctx, n)
	for _, e := range lines {
		if e.Kind == tickets.Unreached || e.Kind == tickets.RotaGap || e.Kind == tickets.CallerGone {
			return true, err
		}
	}
	return false, err
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
