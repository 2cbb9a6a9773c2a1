package bridge

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"hotline/bridge/states"
	"hotline/bridge/twins"
	"hotline/bridge/zammad"
	"hotline/tickets"
)

// follow has the ticket here follow owner and state of the one there, where people have changed them there.
func (b *Bridge) follow(ctx context.Context, twin *twins.Twin, stands zammad.Ticket, now time.Time) error {
	if changed(stands.Owner, twin.Heard.Owner, twin.Saying.Owner) {
		if err := b.owned(ctx, twin, stands, now); err != nil {
			return err
		}
	}
	if changed(stands.State, twin.Heard.State, twin.Saying.State) {
		if err := b.moved(ctx, twin, stands, now); err != nil {
			return err
		}
	}
	twin.Heard = twins.Stand{State: stands.State, Priority: stands.Priority, Owner: stands.Owner}
	return nil
}

// changed tells whether people there have set a value: it is neither what was heard last nor what is being written from here.
func changed(is, heard, saying string) bool { return is != heard && is != saying }

// owned has the ticket assigned to whom it was given there. Somebody who is nobody here is written on the ticket.
func (b *Bridge) owned(ctx context.Context, twin *twins.Twin, stands zammad.Ticket, now time.Time) error {
	actor := actorPrefix + "owner"
	for _, engineer := range slices.Sorted(maps.Keys(b.Owners)) {
		if b.Owners[engineer] != stands.Owner {
			continue
		}
		before, err := b.Desk.Ticket(ctx, twin.Ticket)
		if err != nil {
			return err
		}
		if before.Assignee == engineer { // perhaps by a try whose end was not noted
			twin.Told.Assignee = engineer
			return nil
		}
		t, err := b.Desk.Assign(ctx, twin.Ticket, actor, engineer, now)
		if err == nil {
			took(twin, before, t)
			twin.Told.Assignee = engineer
			return nil
		}
		return b.refused(ctx, twin, stands, FactOwner, err, now)
	}
	return b.refused(ctx, twin, stands, FactOwner, nil, now)
}

// command is what a state there does here; an unknown one is written on the ticket.
func (b *Bridge) command(state string) states.Command {
	if c, ok := b.Heard[state]; ok {
		return c
	}
	return states.Note
}

// moved has the ticket do what a state that was set there means. What its own table of moves refuses is written on it, and not lost.
func (b *Bridge) moved(ctx context.Context, twin *twins.Twin, stands zammad.Ticket, now time.Time) error {
	if _, known := b.Heard[stands.State]; !known {
		b.Log.Warn("a state of Zammad means nothing here: name it in bridge.states of the configuration", "state", stands.State, "ticket", twin.Ticket)
		return b.refused(ctx, twin, stands, FactUnknown, nil, now)
	}
	before, err := b.Desk.Ticket(ctx, twin.Ticket)
	if err != nil {
		return err
	}
	switch step := states.Plan(b.command(stands.State), before.State); step {
	case states.Stay: // perhaps by a try whose end was not noted
		twin.Told.State = before.State
		return nil
	case states.TellsOnly:
		return b.refused(ctx, twin, stands, FactState, nil, now)
	default:
		t, err := b.do(ctx, step, twin.Ticket, now)
		if err == nil {
			took(twin, before, t)
			twin.Told.State = t.State
			return nil
		}
		return b.refused(ctx, twin, stands, FactState, err, now)
	}
}

// took takes what a command from there has changed here for told. What was news before the command, or came between, stays news: the house
// there has said nothing of it.
func took(twin *twins.Twin, before, after tickets.Ticket) {
	if after.Version != before.Version+1 {
		return
	}
	if twin.Told.State == before.State {
		twin.Told.State = after.State
	}
	if twin.Told.Assignee == before.Assignee {
		twin.Told.Assignee = after.Assignee
	}
}

// do takes one step at the desk.
func (b *Bridge) do(ctx context.Context, s states.Step, n tickets.Number, now time.Time) (tickets.Ticket, error) {
	actor := actorPrefix + "state"
	switch s {
	case states.Reopens:
		return b.Desk.Reopen(ctx, n, actor, "", now)
	case states.Resumes:
		return b.Desk.Resume(ctx, n, actor, "", now)
	case states.Waits:
		return b.Desk.WaitForCustomer(ctx, n, actor, "", now)
	case states.Acts:
		return b.Desk.Intervene(ctx, n, actor, now)
	case states.Restores:
		return b.Desk.Restored(ctx, n, actor, now)
	}
	return b.Desk.Close(ctx, n, actor, "", now)
}

// refused writes on the ticket what was set there and changes nothing here. Another error than a refusal of the desk is one to try again.
func (b *Bridge) refused(ctx context.Context, twin *twins.Twin, stands zammad.Ticket, fact string, why error, now time.Time) error {
	facts := map[string]string{fact: stands.State}
	if fact == FactOwner {
		facts[fact] = stands.Owner
	}
	var move *tickets.MoveError
	switch {
	case errors.As(why, &move):
		facts[FactRefused] = move.Error()
	case errors.Is(why, tickets.ErrNoEngineer): // whom the configuration names and nobody has written here, or not any more
		facts[FactRefused] = tickets.ErrNoEngineer.Error()
	case why != nil:
		return why
	}
	id := b.line(fact, stands.UpdatedAt.UnixMilli())
	return b.once(ctx, twin.Ticket, tickets.Event{ID: id, Kind: tickets.Commented, Actor: actorPrefix + "state", Facts: facts}, now)
}
