// Package callhandler handles one call from its answer to its end: it runs the flow's conversation with the caller, and writes
// the record of the call.
//
// line calls [Handler.Handle] in a goroutine of its own for each call. Beside that it starts a short goroutine when the call
// ends, which Handle waits for.
package callhandler

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"hotline/admin/metrics"
	"hotline/cdr"
	"hotline/directory"
	"hotline/ivr"
	"hotline/line"
	"hotline/tickets"
)

// Call is one caller on the line. line.Line implements it.
type Call interface {
	ivr.Call
	SIPID() string        // the dialog's Call-ID
	Quality() cdr.Quality // how the sound came over so far
	Hangup()              // ends the call before Handle returns; idempotent
}

// Desk is what calls need of tickets. tickets.Desk implements it.
type Desk interface {
	ivr.Desk
	Book() *directory.Book
}

// Dispatch gets blocking tickets to a human. dispatch.Dispatcher implements it.
type Dispatch interface {
	ivr.Human
	CallerGone(ctx context.Context, n tickets.Number, added bool) error
}

// Active counts the tickets that somebody is on the line about. dispatch.ActiveTickets implements it.
type Active interface {
	Enter(n tickets.Number) (leave func())
}

// Records keeps the records of calls. calls.Records implements it.
type Records interface {
	Begin(c cdr.Call)
	Change(id tickets.CallID, f func(*cdr.Call)) bool
	End(id tickets.CallID)
}

// Metrics counts calls. metrics.Metrics implements it.
type Metrics interface {
	CallBegan()
	CallEnded(r metrics.Result)
}

// Conversation runs a flow with a caller and blocks until the conversation is over. It is ivr.Converse, or a function around it
// such as the console of engineers (ivr/console).
type Conversation func(ctx context.Context, c ivr.Config, f *ivr.Flow, call ivr.Call) ivr.Summary

// Config is what a [Handler] works with. All of it is required, but for Converse and Log.
type Config struct {
	Desk     Desk
	Dispatch Dispatch
	Active   Active
	Records  Records
	Metrics  Metrics
	Flow     func() *ivr.Flow // the flow that a call begins with
	IVR      ivr.Config       // of every conversation; its Desk and Human are set for each call
	Converse Conversation     // nil: ivr.Converse
	Log      *slog.Logger
}

// Handler takes calls. Safe for concurrent use.
type Handler struct{ cfg Config }

// New makes a handler; it starts nothing.
func New(c Config) *Handler {
	if c.Converse == nil {
		c.Converse = ivr.Converse
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Handler{c}
}

// Handle handles one call. ctx ends with the call, and its cause is the ending. This stack frame lasts as long as the call, so
// code with large local variables stands in functions of its own.
func (h *Handler) Handle(ctx context.Context, l Call) {
	flow := h.cfg.Flow()
	h.begin(l, flow)
	noted := h.noteEnd(ctx, l)
	result := metrics.Failed // what stands when the conversation panics
	defer func() { h.end(ctx, l, result, noted()) }()
	human, desk := &askedHuman{Human: h.cfg.Dispatch}, &callDesk{Desk: h.cfg.Desk, active: h.cfg.Active}
	defer desk.leave()
	c := h.cfg.IVR
	c.Desk, c.Human = desk, human
	sum := h.cfg.Converse(ctx, c, flow, l)
	h.sumUp(l, sum)
	human.wait(l.Hangup)
	result = human.result(sum)
	if human.search == nil && sum.Ticket != 0 && sum.Engineer == "" {
		h.callerGone(context.WithoutCancel(ctx), sum)
	}
}

// begin enters a call in the records.
func (h *Handler) begin(l Call, flow *ivr.Flow) {
	c := l.Caller()
	h.cfg.Records.Begin(cdr.Call{
		ID: c.ID, SIPID: l.SIPID(), From: c.Number, To: c.Dialled, Trunk: c.Trunk, Transport: c.Transport, Started: c.At, Answered: c.At, Flow: flow.Version,
	})
	h.cfg.Metrics.CallBegan()
}

// sumUp enters what came of a call.
func (h *Handler) sumUp(l Call, sum ivr.Summary) {
	h.cfg.Records.Change(l.Caller().ID, func(r *cdr.Call) {
		r.Contract, r.Ticket, r.Language, r.Steps, r.Refusals = sum.Contract, sum.Ticket, string(sum.Language), sum.Steps, sum.Refusals
		r.Customer = h.cfg.Desk.Book().Contracts.At(sum.Contract).Customer
	})
}

// callerGone has engineers called where the call is over and nobody was looked for in it.
func (h *Handler) callerGone(ctx context.Context, sum ivr.Summary) {
	if err := h.cfg.Dispatch.CallerGone(ctx, sum.Ticket, sum.Added); err != nil {
		h.cfg.Log.Error("call-out of a ticket not begun", "ticket", sum.Ticket, "error", err)
	}
}

// noteEnd notes in the record at once that the call is over. The conversation may go on: an engineer whose telephone rings is
// still told. wait waits until the note is written, if that has begun, and tells whether it is.
func (h *Handler) noteEnd(ctx context.Context, l Call) (wait func() (noted bool)) {
	noted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(noted)
		h.over(ctx, l)
	})
	return func() bool {
		if stop() {
			return false
		}
		<-noted
		return true
	}
}

// over enters how and when a call ended, and the quality of its sound. Only the first entry counts.
func (h *Handler) over(ctx context.Context, l Call) {
	quality, now, how := l.Quality(), time.Now(), ending(context.Cause(ctx))
	h.cfg.Records.Change(l.Caller().ID, func(r *cdr.Call) {
		if r.Ended.IsZero() {
			r.Ended, r.Ending, r.Quality = now, how, quality
		}
	})
}

// end closes a call's record; noted tells whether the record says how the call ended.
func (h *Handler) end(ctx context.Context, l Call, result metrics.Result, noted bool) {
	if !noted {
		h.over(ctx, l)
	}
	h.cfg.Records.End(l.Caller().ID)
	h.cfg.Metrics.CallEnded(result)
}

// ending is how a call ended, in the words of the trade.
func ending(cause error) string {
	switch {
	case cause == nil, errors.Is(cause, line.ErrWeHungUp):
		return "hung up by us"
	case errors.Is(cause, ivr.ErrHungUp):
		return "caller hung up"
	}
	return "line lost"
}
