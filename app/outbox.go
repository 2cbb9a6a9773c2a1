package app

import (
	"context"
	"net/netip"

	"hotline/admin/metrics"
	"hotline/notify"
	"hotline/outbox"
	"hotline/outbox/send"
	"hotline/prompts/written"
	"hotline/tickets"
)

// openOutbox opens what tells other systems of tickets. The desk asks it from its first change on.
func (a *App) openOutbox() {
	var sender outbox.Sender
	if a.cfg.Virtual != nil {
		sender = a.cfg.Virtual.Sender
	} else {
		var private []netip.Prefix
		for _, n := range a.cfg.Config.Outbox.Private {
			private = append(private, n.Prefix)
		}
		over := send.New(private)
		a.undo.add("the connections to other systems", func(context.Context) error { over.Close(); return nil })
		sender = over
	}
	a.machines.outbox = outbox.New(outbox.Config{
		Store: a.db.Store, Desk: later{a}, Sender: sender, Counted: a.countOutgoing, Log: a.log,
		Written: func(t tickets.Ticket, e tickets.Event) (summary, text string) {
			t.Caller = a.plan.Shown(t.Caller)
			letter := notify.Update(t, e, written.In(a.cfg.Config.Language))
			return letter.Subject, letter.Text
		},
	})
}

// later is the desk, which is made after the outbox that it asks.
type later struct{ *App }

// Ticket reads a ticket.
func (l later) Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error) {
	return l.desk.Ticket(ctx, n)
}

// History reads a ticket's history.
func (l later) History(ctx context.Context, n tickets.Number) ([]tickets.Event, error) {
	return l.desk.History(ctx, n)
}

// countOutgoing counts a try to tell another system.
func (a *App) countOutgoing(o outbox.Outcome) {
	a.metrics.Told(map[outbox.Outcome]metrics.Delivery{outbox.Delivered: metrics.Sent, outbox.Deferred: metrics.Deferred, outbox.DeadLetter: metrics.Undelivered}[o])
}
