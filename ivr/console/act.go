package console

import (
	"context"
	"errors"
	"time"

	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// ByTelephone stands in the history beside whatever a key of the console did.
const ByTelephone = "by telephone"

// act is one key that changes a ticket.
type act struct {
	key  byte
	name string     // of the call's steps
	says prompts.ID // offers it
	done prompts.ID // answers it
	fits func(t tickets.Ticket, engineer string) bool
	do   func(ctx context.Context, d Desk, n tickets.Number, engineer string, now time.Time) (tickets.Ticket, error)
}

// acts are all of them. Each is one verb of the desk, which alone says whether a ticket's state allows it; fits only tells
// whether the key is offered. Of two acts with one key the one that fits is meant.
func acts() []act {
	actor := func(engineer string) string { return "engineer:" + engineer }
	enter := func(k sla.Kind) func(context.Context, Desk, tickets.Number, string, time.Time) (tickets.Ticket, error) {
		return func(ctx context.Context, d Desk, n tickets.Number, engineer string, now time.Time) (tickets.Ticket, error) {
			return d.Enter(ctx, n, actor(engineer), tickets.Entry{Clock: k, Text: ByTelephone}, now)
		}
	}
	return []act{
		{'3', "take", "console-key-take", "console-done-take",
			func(t tickets.Ticket, engineer string) bool { return t.State.Live() && t.Assignee != engineer },
			func(ctx context.Context, d Desk, n tickets.Number, engineer string, now time.Time) (tickets.Ticket, error) {
				return d.TakeCharge(ctx, n, engineer, ByTelephone, now)
			}},
		{'4', "intervention", "console-key-intervention", "console-done-intervention",
			func(t tickets.Ticket, _ string) bool {
				return t.State == tickets.Open || t.State == tickets.Assigned || t.State == tickets.Waiting
			},
			enter(sla.Intervention)},
		{'5', "resume", "console-key-resume", "console-done-resume",
			func(t tickets.Ticket, _ string) bool { return t.State == tickets.Waiting },
			func(ctx context.Context, d Desk, n tickets.Number, engineer string, now time.Time) (tickets.Ticket, error) {
				return d.Resume(ctx, n, actor(engineer), ByTelephone, now)
			}},
		{'5', "waiting", "console-key-waiting", "console-done-waiting",
			func(t tickets.Ticket, _ string) bool { return t.State.Live() && t.State != tickets.Waiting },
			func(ctx context.Context, d Desk, n tickets.Number, engineer string, now time.Time) (tickets.Ticket, error) {
				return d.WaitForCustomer(ctx, n, actor(engineer), ByTelephone, now)
			}},
		{'6', "restored", "console-key-restored", "console-done-restored",
			func(t tickets.Ticket, _ string) bool { return t.State.Live() },
			enter(sla.Restore)},
	}
}

// perform does what a key is for, and answers in words: that it is done, or how the ticket stands that refuses it.
func (s *session) perform(a act, n tickets.Number) error {
	now := s.call.Now()
	err := s.asked(func(ctx context.Context) error {
		_, err := a.do(ctx, s.cfg.Desk, n, string(s.who.ID), now)
		return err
	})
	var refused *tickets.MoveError
	switch {
	case errors.As(err, &refused):
		return s.sayAnew(prompts.Join(prompts.P("console-refused"), s.standing(refused.From)))
	case err != nil:
		return s.trouble("a key of the console: "+a.name, err)
	}
	s.worked = n
	return s.say(prompts.P(a.done))
}

// standing says how a ticket stands.
func (s *session) standing(state tickets.State) prompts.Phrase {
	return prompts.P(prompts.ID("console-state-" + string(state)))
}
