package dispatch

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"hotline/ivr"
	"hotline/oncall"
	"hotline/oncall/ring"
	"hotline/oncall/ring/recorded"
	"hotline/prompts"
	"hotline/tickets"
)

// tape records the talk with a caller about a ticket, where its contract's policy says so; nil where it does not.
func (d *Dispatcher) tape(t tickets.Ticket, s *callerSearch) *recorded.Tape {
	tape := d.tapeOf(t)
	if tape != nil {
		tape.Told = s.record.Load
	}
	return tape
}

// tapeOf records a talk about a ticket, where its contract's policy says so; nil where it does not.
func (d *Dispatcher) tapeOf(t tickets.Ticket) *recorded.Tape {
	if d.newID == nil || !d.desk.Book().Contracts.At(t.Contract).RecordTalks {
		return nil
	}
	tape := d.tapeFor(func() tickets.Number { return t.Number }, nil)
	tape.Name = func() string { return d.nameOf(t.Number) }
	return tape
}

// operatorsTape records the talk with the operator, once it has told the caller; nil where it is not to be recorded, or the caller could not
// be told. The ticket is opened when the two are joined: before that there is nothing to keep on it.
func (d *Dispatcher) operatorsTape(ctx context.Context, call ivr.Call, o ivr.OperatorCall) (*recorded.Tape, error) {
	if d.newID == nil || o.Ticket == nil {
		return nil, nil
	}
	if err := call.Say(ctx, o.Language, prompts.P(recorded.SayTold), false); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		d.search.Log.Error("the talk with the operator is not recorded: the caller could not be told", "call", call.Caller().ID, "error", err)
		return nil, nil
	}
	var number atomic.Int64
	tape := d.tapeFor(func() tickets.Number { return tickets.Number(number.Load()) }, o.Refused)
	tape.Told = func() bool { return true }
	tape.Name = func() string {
		n, err := o.Ticket()
		if err != nil {
			d.search.Log.Error("the talk with the operator is not recorded: it has no ticket", "call", call.Caller().ID, "error", err)
			return ""
		}
		number.Store(int64(n))
		return d.nameOf(n)
	}
	return tape, nil
}

// nameOf names a recording, so that one that a crash cut off is found and put on its ticket.
func (d *Dispatcher) nameOf(n tickets.Number) string { return fmt.Sprintf("%d-%s", n, d.newID()) }

// tapeFor is a tape whose recording, and whose refusal, are put on a ticket. The number is 0 where there is none yet: nothing is recorded by
// then, and early takes a refusal.
func (d *Dispatcher) tapeFor(number func() tickets.Number, early func(text string)) *recorded.Tape {
	return &recorded.Tape{
		Keep: func(r tickets.Recording) {
			if _, err := d.desk.Keep(context.Background(), number(), r, time.Now()); err != nil {
				d.search.Log.Error("a recorded talk is not on its ticket; the next start puts it there", "ticket", number(), "recording", r.ID, "error", err)
			}
		},
		Note: func(engineer, text string) {
			switch n := number(); {
			case n != 0:
				d.search.Book.Note(context.Background(), ring.Event{Kind: tickets.Commented, Ticket: n, Engineer: oncall.EngineerID(engineer), At: time.Now(), Text: text})
			case early != nil:
				early(text)
			}
		},
		Discards: d.discards,
	}
}
