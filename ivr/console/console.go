// Package console is the engineer's console by telephone: whoever calls the line from an engineer's telephone and keys the
// engineer's own PIN works on tickets by keys, and hears every answer in words.
//
// [Console.Before] stands in front of the conversation with callers. Who keys no PIN, or a wrong one, is a caller as everybody
// else. What a key does to a ticket is done by the desk, by the same verbs as over the API; what the desk refuses is said.
//
// One goroutine for each call, and a short one beside it while a store is asked that may be slow.
package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"hotline/alarm"
	"hotline/directory"
	"hotline/ivr"
	"hotline/oncall"
	"hotline/paging"
	"hotline/prompts"
	"hotline/tickets"
)

// Desk is what the console reads and writes of tickets. tickets.Desk implements it.
type Desk interface {
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	History(ctx context.Context, n tickets.Number) ([]tickets.Event, error)
	List(ctx context.Context, f tickets.Filter) (paging.Page[tickets.Ticket], error)
	TakeCharge(ctx context.Context, n tickets.Number, engineer, text string, now time.Time) (tickets.Ticket, error)
	HandOver(ctx context.Context, n tickets.Number, from, to, text string, now time.Time) (tickets.Ticket, error)
	Enter(ctx context.Context, n tickets.Number, actor string, e tickets.Entry, now time.Time) (tickets.Ticket, error)
	WaitForCustomer(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error)
	Resume(ctx context.Context, n tickets.Number, actor, text string, now time.Time) (tickets.Ticket, error)
	Entitlement(c directory.ContractID) (directory.Entitlement, error)
	Dictate(ctx context.Context, n tickets.Number, engineer, text string, r tickets.Recording, now time.Time) (tickets.Ticket, error)
}

// PINs checks the PINs of engineers. pins.Guard implements it.
type PINs interface {
	// Asks tells whether somebody at the telephone of these engineers is asked for a PIN at all.
	Asks(ctx context.Context, number string, who []oncall.Engineer, now time.Time) bool
	// Check finds the engineer whose PIN was keyed; pins.ErrWrong, or pins.ErrLocked when none is checked any more.
	Check(ctx context.Context, digits, number string, who []oncall.Engineer, now time.Time) (oncall.Engineer, error)
}

// Config is what a [Console] works with. All of it is required, but for Prompts, Spoken, Alarm and Log.
type Config struct {
	// Engineers are those who have the telephone that calls; it must not wait.
	Engineers func(c ivr.Caller) []oncall.Engineer
	PINs      PINs
	Desk      Desk
	// Accessed notes that a recording is heard, by whom; what it cannot note is not played.
	Accessed func(ctx context.Context, recording, actor string, did tickets.Action, at time.Time) error
	Reach    Reach
	Shifts   Shifts
	Cover    Cover
	Prompts  Prompts // nil: there is no recording line
	// CallCustomer rings a ticket's customer and joins the two; ring.ErrNoNumber where there is no number to ring. called is false
	// where nobody answers. dispatch.Dispatcher has it.
	CallCustomer func(ctx context.Context, call ivr.Call, lang prompts.Language, who oncall.Engineer, n tickets.Number) (called bool, err error)
	Spoken       func(number string) string // a telephone number as it is read out; nil: as it is
	NewID        func() string              // opaque, for recordings
	Alarm        alarm.Func                 // nil: nobody hears of it
	Log          *slog.Logger               // nil means silence
}

// Conversation has a flow's conversation with a caller, as ivr.Converse does.
type Conversation = func(ctx context.Context, c ivr.Config, f *ivr.Flow, call ivr.Call) ivr.Summary

// Console takes engineers' calls. Safe for concurrent use.
type Console struct{ cfg Config }

// New makes a console; it starts nothing.
func New(c Config) *Console {
	if c.Alarm == nil {
		c.Alarm = func(alarm.Kind, string) {}
	}
	if c.Spoken == nil {
		c.Spoken = func(number string) string { return number }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Console{c}
}

// Before is the conversation of a line with a console: an engineer is met first, and whoever is none, or wants to be a caller,
// has the conversation next.
func (k *Console) Before(next Conversation) Conversation {
	return func(ctx context.Context, c ivr.Config, f *ivr.Flow, call ivr.Call) ivr.Summary {
		s, typed, over := k.meet(ctx, c, call)
		if over {
			return s
		}
		c.Typed = typed
		return next(ctx, c, f, call)
	}
}

// meet has an engineer's call. over is false where it goes on as a caller's, with what was typed for that.
func (k *Console) meet(ctx context.Context, c ivr.Config, call ivr.Call) (sum ivr.Summary, typed []byte, over bool) {
	caller := call.Caller()
	who := k.cfg.Engineers(caller)
	if len(who) == 0 || !k.cfg.PINs.Asks(ctx, caller.Number, who, call.Now()) {
		return sum, nil, false
	}
	s := &session{cfg: k.cfg, ctx: ctx, call: call, lang: language(c, caller, who), seen: map[tickets.Number]bool{}}
	err := s.guarded(func() error { return s.identify(who) })
	if err == nil {
		err = s.guarded(s.begin)
	}
	sum = ivr.Summary{Engineer: string(s.who.ID), Ticket: s.worked, Language: s.lang, Steps: s.steps}
	switch {
	case ctx.Err() != nil:
		sum.Ending = context.Cause(ctx)
		return sum, nil, true
	case errors.Is(err, errOver):
		return sum, nil, true
	case err != nil && !errors.Is(err, errCaller):
		k.cfg.Log.Error("the console broke; the call goes on as a caller's", "call", caller.ID, "steps", s.steps, "error", err)
	}
	return sum, s.typed, false
}

// guarded runs a part of the call and turns a panic into its error.
func (s *session) guarded(run func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			s.cfg.Log.Error("panic in the console", "panic", fault, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", fault)
		}
	}()
	return run()
}
