package dispatch

import (
	"context"
	"fmt"
	"log/slog"

	"hotline/alarm"
	"hotline/cdr"
	"hotline/dispatch/chains"
	"hotline/oncall/ring"
	"hotline/storage/stored"
	"hotline/tickets"
)

var _ ring.Book = (*history)(nil)

// history writes what a search does into the ticket's history and into the call's record. oncall/ring calls it. Safe for
// concurrent use.
type history struct {
	desk   Desk
	calls  CallRecords
	active *ActiveTickets
	chains *chains.Feed
	alarm  alarm.Func
	log    *slog.Logger
}

// Note writes one line of the ticket's history. An accept assigns the ticket until the talk or its undoing. The talk stamps the
// contact.
func (h *history) Note(ctx context.Context, e ring.Event) {
	if err := h.write(ctx, e); err != nil {
		h.log.Error("ticket's history not written", "ticket", e.Ticket, "event", e.Kind, "error", err)
	}
	h.chains.Line(e)
	text := fmt.Sprintf("ticket %d: %s", e.Ticket, e.Text)
	switch e.Kind {
	case tickets.RotaGap:
		h.alarm(alarm.RotaGap, text)
	case tickets.Unreached:
		h.alarm(alarm.Unreached, text)
	}
}

func (h *history) write(ctx context.Context, e ring.Event) (err error) {
	switch e.Kind {
	case tickets.Accepted:
		h.active.accept(e.Ticket)
		_, err = h.desk.Accept(ctx, e.Ticket, string(e.Engineer), e.Awaits, e.At)
	case tickets.AcceptUndone:
		_, err = h.desk.UndoAccept(ctx, e.Ticket, string(e.Engineer), e.Text, e.At)
		h.active.undoAccept(e.Ticket)
	case tickets.Joined:
		_, err = h.desk.Join(ctx, e.Ticket, string(e.Engineer), e.At)
	default:
		actor, facts := "system", map[string]string(nil)
		if e.Plan != nil {
			facts = stored.PlanFacts(*e.Plan)
		}
		if e.Engineer != "" {
			actor = "engineer:" + string(e.Engineer)
		}
		_, err = h.desk.Note(ctx, e.Ticket, tickets.Event{Kind: e.Kind, Actor: actor, Text: e.Text, Facts: facts}, e.At)
	}
	return err
}

// Leg writes an outgoing leg into the record of its call.
func (h *history) Leg(_ context.Context, call string, l cdr.Leg) {
	h.chains.Leg(l)
	h.calls.AddLeg(tickets.CallID(call), l)
}
