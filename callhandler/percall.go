package callhandler

import (
	"context"
	"time"

	"hotline/admin/metrics"
	"hotline/ivr"
	"hotline/prompts"
	"hotline/tickets"
)

// callDesk is the desk as one call sees it: the tickets that the call opens or adds to are active until the call is over. Used by
// the call's goroutine.
type callDesk struct {
	Desk
	active Active
	leaves []func()
}

// Open opens the call's ticket.
func (d *callDesk) Open(ctx context.Context, draft tickets.Draft, now time.Time) (tickets.Ticket, error) {
	t, err := d.Desk.Open(ctx, draft, now)
	if err == nil {
		d.leaves = append(d.leaves, d.active.Enter(t.Number))
	}
	return t, err
}

// CalledAgainAbout notes the call on a ticket that was there before.
func (d *callDesk) CalledAgainAbout(ctx context.Context, n tickets.Number, call tickets.CallID, what string, now time.Time) (tickets.Ticket, error) {
	d.leaves = append(d.leaves, d.active.Enter(n))
	return d.Desk.CalledAgainAbout(ctx, n, call, what, now)
}

// leave ends the call for its tickets.
func (d *callDesk) leave() {
	for _, leave := range d.leaves {
		leave()
	}
}

// askedHuman is the human of one call. It remembers whether it was asked for and whether anybody talked. Used by the call's
// goroutine.
type askedHuman struct {
	ivr.Human
	search ivr.Search // nil: no engineer was asked for
	talked bool
}

// Search begins the search for an engineer, of which a call has one.
func (a *askedHuman) Search(ctx context.Context, call ivr.Call, lang prompts.Language, t tickets.Ticket) ivr.Search {
	a.search = a.Human.Search(ctx, call, lang, t)
	return a.search
}

// wait hangs up and then waits for the search: an engineer who is rung for a caller who is gone, or did not wait, is still told.
func (a *askedHuman) wait(hangUp func()) {
	if a.search != nil {
		hangUp()
		a.talked = a.search.Wait() == ivr.Talked || a.talked
	}
}

// Operator rings the operator.
func (a *askedHuman) Operator(ctx context.Context, call ivr.Call, o ivr.OperatorCall) (bool, error) {
	ok, err := a.Human.Operator(ctx, call, o)
	a.talked = a.talked || ok
	return ok, err
}

// result is the call's for the metrics.
func (a *askedHuman) result(s ivr.Summary) metrics.Result {
	switch {
	case a.talked:
		return metrics.Joined
	case s.Engineer != "":
		return metrics.Engineer
	case s.Ticket != 0:
		return metrics.Ticketed
	}
	return metrics.Abandoned
}
