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

// callersRecording records the talk with a caller about a ticket, where its contract's policy says so; nil where it does not.
func (d *Dispatcher) callersRecording(t tickets.Ticket, s *callerSearch) *recorded.Session {
	session := d.sessionOf(t)
	if session != nil {
		session.Told = s.record.Load
	}
	return session
}

// sessionOf records a talk about a ticket, where its contract's policy says so; nil where it does not.
func (d *Dispatcher) sessionOf(t tickets.Ticket) *recorded.Session {
	if d.newID == nil || !d.desk.Book().Contracts.At(t.Contract).RecordTalks {
		return nil
	}
	session := d.sessionFor(func() tickets.Number { return t.Number }, nil)
	session.Name = func() string { return d.nameOf(t.Number) }
	return session
}

// operatorsRecording records the talk with the operator, once it has told the caller; nil where it is not to be recorded, or the caller could not
// be told. The ticket is opened when the two are joined: before that there is nothing to keep on it.
func (d *Dispatcher) operatorsRecording(ctx context.Context, call ivr.Call, o ivr.OperatorCall) (*recorded.Session, error) {
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
	session := d.sessionFor(func() tickets.Number { return tickets.Number(number.Load()) }, o.Refused)
	session.Told = func() bool { return true }
	session.Name = func() string {
		n, err := o.Ticket()
		if err != nil {
			d.search.Log.Error("the talk with the operator is not recorded: it has no ticket", "call", call.Caller().ID, "error", err)
			return ""
		}
		number.Store(int64(n))
		return d.nameOf(n)
	}
	return session, nil
}

// nameOf names a recording, so that one that a crash cut off is found and put on its ticket.
func (d *Dispatcher) nameOf(n tickets.Number) string { return fmt.Sprintf("%d-%s", n, d.newID()) }

// sessionFor is a session whose recording, and whose refusal, are put on a ticket. The number is 0 where there is none yet: nothing is recorded by
// then, and early takes a refusal.
func (d *Dispatcher) sessionFor(number func() tickets.Number, early func(text string)) *recorded.Session {
	return &recorded.Session{
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
