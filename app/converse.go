package app

import (
	"context"
	"errors"
	"time"

	"hotline/admin"
	"hotline/ivr"
	"hotline/line"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// converse is one call from its answer to its record. What needs room on the stack stands in functions of its own: the
// frame here lasts as long as the call.
func (a *App) converse(ctx context.Context, l *line.Line) {
	flow := a.flows.now.Load()
	a.begin(l, flow)
	noted := a.noteEnd(ctx, l)
	result := admin.Failed // what stands when the conversation panics
	defer func() { noted(); a.end(ctx, l, result) }()
	if a.cfg.Fault == "panic" {
		panic("a fault that was asked for")
	}
	if sounds := a.drill.of(a, l.Caller().Dialled); sounds != nil {
		_ = sounds(ctx, l) // its end is the call's
		result = admin.Abandoned
		return
	}
	human, desk := &watched{Human: a.human}, &following{Desk: a.desk, live: &a.live}
	defer desk.over()
	sum := ivr.Converse(ctx, ivr.Config{
		Desk: desk, Human: human, NewID: newID, Language: a.language, Spoken: a.plan.Spoken, Alarm: a.alarm, Log: a.log,
	}, flow, l)
	a.sumUp(l, sum)
	result = human.result(sum)
	if !human.asked {
		a.goOn(context.WithoutCancel(ctx), sum)
	}
}

// begin enters a call in the register.
func (a *App) begin(l *line.Line, flow *ivr.Flow) {
	c := l.Caller()
	a.calls.begin(tickets.Call{
		ID: c.ID, SIPID: l.SIPID(), From: c.Number, To: c.Dialled, Trunk: c.Trunk, Started: c.At, Answered: c.At, Flow: flow.Version,
	})
	a.metrics.CallBegan()
}

// sumUp enters what came of a call.
func (a *App) sumUp(l *line.Line, sum ivr.Summary) {
	a.calls.change(l.Caller().ID, func(r *tickets.Call) {
		r.Contract, r.Ticket, r.Language, r.Steps = sum.Contract, sum.Ticket, string(sum.Language), sum.Steps
		r.Customer = a.desk.Book().Contracts.At(sum.Contract).Customer
	})
}

// noteEnd has the record say at once that the call is over, though its conversation may go on: an engineer whose telephone
// rings is still told. wait waits for that, where it has begun.
func (a *App) noteEnd(ctx context.Context, l *line.Line) (wait func()) {
	noted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(noted)
		a.over(ctx, l)
	})
	return func() {
		if !stop() {
			<-noted
		}
	}
}

// over enters how and when a call ended, and how its sound was.
func (a *App) over(ctx context.Context, l *line.Line) {
	quality, now, how := l.Quality(), time.Now(), ending(context.Cause(ctx))
	a.calls.change(l.Caller().ID, func(r *tickets.Call) {
		if r.Ended.IsZero() {
			r.Ended, r.Ending, r.Quality = now, how, quality
		}
	})
}

// end closes a call's record.
func (a *App) end(ctx context.Context, l *line.Line, result admin.Result) {
	a.over(ctx, l)
	a.calls.end(l.Caller().ID)
	a.metrics.CallEnded(result)
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

// language is that of the number dialled, else the line's own.
func (a *App) language(dialled string) prompts.Language {
	e164 := a.plan.E164
	for number, l := range a.cfg.Config.Languages {
		if e164(number) == e164(dialled) {
			return l
		}
	}
	return a.cfg.Config.Language
}

// goOn starts the call-out for a blocking ticket whose caller hung up before anybody was called, and for one that a caller
// added to while nobody was called: whoever has it in hand must hear of it.
func (a *App) goOn(ctx context.Context, sum ivr.Summary) {
	if sum.Ticket == 0 {
		return
	}
	t, err := a.desk.Ticket(ctx, sum.Ticket)
	if err != nil || t.Category() != sla.Blocking {
		return
	}
	now := time.Now()
	e := tickets.Event{Kind: tickets.CallerGone, Actor: "system", Text: "the caller hung up before an engineer was called"}
	switch {
	case sum.Added && t.State.Live():
		e.Text, e.Facts = "the caller added to it and nobody was called", map[string]string{tickets.FactAdded: "yes"}
	case t.State != tickets.Open || a.calledOut(ctx, t, now).After(now):
		return // one more escalation stands since the opening
	}
	if _, err = a.desk.Note(ctx, sum.Ticket, e, now); err != nil {
		a.log.Error("call-out of a ticket not begun", "ticket", sum.Ticket, "error", err)
	}
}

// watched is the human of one call, who is asked whether it was asked for.
type watched struct {
	ivr.Human
	asked  bool
	talked bool
}

func (w *watched) Connect(ctx context.Context, call ivr.Call, lang prompts.Language, t tickets.Ticket) (ivr.Reach, error) {
	w.asked = true
	r, err := w.Human.Connect(ctx, call, lang, t)
	w.talked = w.talked || r == ivr.Talked
	return r, err
}

func (w *watched) Operator(ctx context.Context, call ivr.Call, lang prompts.Language, calling prompts.Phrase) (bool, error) {
	ok, err := w.Human.Operator(ctx, call, lang, calling)
	w.talked = w.talked || ok
	return ok, err
}

// result is the call's for the metrics.
func (w *watched) result(s ivr.Summary) admin.Result {
	switch {
	case w.talked:
		return admin.Joined
	case s.Ticket != 0:
		return admin.Ticketed
	}
	return admin.Abandoned
}
