package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/tickets"
)

const (
	choreTime = 2 * time.Second // between two rounds
	dueAtOnce = 100             // tickets of one look at the due clocks
)

// chores is what goes on beside the calls until ctx ends: changes that wait are written, numbers are leased ahead,
// clocks that ran out are broken, and the rota is watched.
func (a *App) chores(ctx context.Context) {
	tick := time.NewTicker(choreTime)
	defer tick.Stop()
	gap := false
	for {
		if a.late != nil {
			if err := a.catchUp(ctx); err != nil && ctx.Err() == nil {
				a.log.Warn("the database does not answer yet", "error", err)
			}
		}
		if err := a.desk.Replay(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("changes wait for the store", "tickets", a.desk.Waiting(), "error", err)
		}
		if err := a.numbers.Refill(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("numbers are not leased ahead", "error", err)
		}
		a.breaches(ctx, time.Now())
		gap = a.watchRota(ctx, gap)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// watchRota keeps the copy of the rota fresh, for the time in which the store is down, and raises one alarm when a gap in
// the rota begins.
func (a *App) watchRota(ctx context.Context, before bool) (gap bool) {
	_, gap, err := a.duty.Plan(ctx, time.Now())
	if err != nil {
		return before
	}
	if gap && !before {
		a.alarm(string(tickets.RotaGap), "nobody is on duty from now on")
	}
	return gap
}

// breaches breaks the clocks whose due time has passed.
func (a *App) breaches(ctx context.Context, now time.Time) {
	list, err := a.store.DueClocks(ctx, now, dueAtOnce)
	if err != nil {
		if ctx.Err() == nil {
			a.log.Warn("due clocks not read", "error", err)
		}
		return
	}
	for _, t := range list {
		if err := a.breach(ctx, t.Number, now); err != nil {
			a.log.Error("clock not broken", "ticket", t.Number, "error", err)
		}
	}
}

func (a *App) breach(ctx context.Context, n tickets.Number, now time.Time) error {
	_, broken, err := a.desk.Breach(ctx, n, now)
	for _, k := range broken {
		a.metrics.Breached(k)
		a.alarm("breach", fmt.Sprintf("ticket %d: %s is overdue", n, k))
	}
	return err
}

// work does one piece of due work.
func (a *App) work(ctx context.Context, w tickets.Work) error {
	switch w.Kind {
	case tickets.WorkBreach:
		return a.breach(ctx, w.Ticket, time.Now())
	case tickets.WorkWarn:
		return a.warn(ctx, w)
	case tickets.WorkEscalate:
		return a.escalate(ctx, w.Ticket)
	}
	return fmt.Errorf("due work %s of kind %q is unknown", w.ID, w.Kind)
}

// warn notes that a clock comes near its end, unless it was met in the meantime.
func (a *App) warn(ctx context.Context, w tickets.Work) error {
	t, err := a.desk.Ticket(ctx, w.Ticket)
	if err != nil || !t.State.Live() {
		return err
	}
	for _, c := range t.Clocks {
		if string(c.Kind) == w.Facts["clock"] && c.MetAt.IsZero() && c.BrokenAt.IsZero() && !c.Projected {
			text := fmt.Sprintf("%s is due at %s", c.Kind, c.Due.Format(time.RFC3339))
			a.alarm("warning", fmt.Sprintf("ticket %d: %s", t.Number, text))
			_, err = a.desk.Note(ctx, t.Number, tickets.Event{Kind: tickets.Warned, Actor: "system", Text: text, Facts: w.Facts}, time.Now())
		}
	}
	return err
}

// escalate calls the rota for a blocking ticket that nobody has accepted. Whoever accepts may call the customer back. When
// nobody does, the search notes so, and that is the next escalation.
func (a *App) escalate(ctx context.Context, n tickets.Number) error {
	t, err := a.desk.Ticket(ctx, n)
	if err != nil {
		return err
	}
	if t.State != tickets.Open || !a.calledOut(t, time.Now()) {
		return nil
	}
	r := ring.Request{Call: callOf(t), Language: prompts.Language(t.Language), Ticket: t}
	if a.dialling.may(t.Caller) {
		r.CallBack = t.Caller
	}
	_, err = a.search.Escalate(ctx, r)
	return err
}

// callOf is the call that a ticket came by, from its recordings.
func callOf(t tickets.Ticket) string {
	for _, r := range t.Recordings {
		return string(r.Call)
	}
	return ""
}

// adopt puts recordings that a crash cut off on their tickets: the ticket's number stands at the beginning of their id.
func (a *App) adopt(ctx context.Context) error {
	ids, err := a.spool.List()
	if err != nil {
		return err
	}
	for _, id := range ids {
		number, _, _ := strings.Cut(id, "-")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n == 0 {
			continue
		}
		if _, _, err := a.store.Recording(ctx, id); err == nil {
			continue
		}
		law, octets, err := a.spool.Octets(id)
		if err != nil {
			a.log.Warn("a recording cannot be read", "recording", id, "error", err)
			continue
		}
		r := tickets.Recording{ID: id, At: time.Now().Truncate(time.Second), Seconds: float64(len(octets)) / 8000, Law: law, Partial: true, File: id + ".wav"}
		if _, err := a.desk.Keep(ctx, tickets.Number(n), r, time.Now()); err != nil {
			a.log.Warn("a recording has no ticket", "recording", id, "error", err)
		}
	}
	return nil
}
