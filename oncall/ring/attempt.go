package ring

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/tickets"
)

// ErrImpossible is a telephone that could not even be rung: no route, no trunk, no port of ours.
var ErrImpossible = errors.New("no call could be made")

// errEngaged is an engineer whom this house is ringing or talking to for another caller: that is known at once, and the next
// one is rung.
var errEngaged = errors.New("engaged with another caller of ours")

// verdict is how one attempt ended.
type verdict int

const (
	unanswered verdict = iota // nobody there, or no key: the next telephone
	passedOn                  // 2: the next engineer
	talked                    // joined, and the talk is over
	lost                      // joined, and the leg was lost: back to the chain
	cutShort                  // joined, and the engineer hung up before they had talked: he is asked back
	calledOff                 // ringing has become pointless
	skipped                   // not rung at all
)

// The results of a leg as the call's record shows them.
const (
	resultAccepted = "accepted"
	resultPassed   = "passed"
	resultNoKey    = "no key"
	resultMailbox  = "no key: a mailbox"
	resultHungUp   = "hung up"
	resultLost     = "lost after the join"
	resultGone     = "caller gone"
	resultOff      = "called off"
	resultShort    = "hung up at once"
	resultUnheard  = "accepted, not heard"
	resultHanded   = "handed over"

	resultCalledBack = "called back"
)

// attempt rings one telephone and, when somebody picks up, asks for the key.
func (j *job) attempt(ctx context.Context, a oncall.Attempt) (verdict, error) {
	s := j.search
	leg := cdr.Leg{Engineer: string(a.Engineer), Address: a.Phone, Started: time.Now()}
	if !s.engaged.take(j.owner(a)) {
		j.finish(ctx, leg, a, errEngaged.Error())
		return unanswered, errEngaged
	}
	free := sync.OnceFunc(func() { s.engaged.free(j.owner(a)) })
	defer free()
	j.free = free
	t, err := j.ring(ctx, a)
	if err != nil {
		result := resultOf(err)
		if j.gone(ctx) {
			j.note(ctx, tickets.CallerGone, a.Engineer, goneWord(ctx)+" while "+a.Name+" was rung")
		} else if context.Cause(ctx) != nil {
			result = resultGone
		} else if j.request.Until.Err() != nil {
			j.finish(ctx, leg, a, resultOff)
			return calledOff, nil
		}
		j.finish(ctx, leg, a, result)
		return unanswered, err
	}
	leg.Answered = time.Now()
	defer t.Hangup()
	v, result := j.converse(ctx, t, a)
	leg.Quality = t.Quality()
	j.finish(ctx, leg, a, result)
	return v, nil
}

// afterPass is what an engineer hears who passes: that somebody else is called, unless there is nobody else.
func (j *job) afterPass(a oncall.Attempt) prompts.ID {
	if slices.ContainsFunc(j.chain, func(other oncall.Attempt) bool { return j.owner(other) != j.owner(a) }) {
		return SayPassed
	}
	return SayGoodbye
}

// gone tells whether there was a caller of a ticket's, who has hung up.
func (j *job) gone(ctx context.Context) bool {
	return j.ticket && j.request.Caller != nil && context.Cause(ctx) != nil
}

// ring rings one telephone for its time. When the caller of a ticket hangs up meanwhile, it rings on: whoever picks it
// up is told.
func (j *job) ring(ctx context.Context, a oncall.Attempt) (Telephone, error) {
	if j.ticket && j.request.Caller != nil {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, stop := j.untilCalledOff(ctx)
	defer stop()
	ringing, cancel := context.WithTimeoutCause(ctx, j.search.Times.Ring, ErrUnheard)
	defer cancel()
	return j.search.Telephones.Ring(ringing, a.Phone, j.introduced(a.Engineer, j.request.Ticket.Caller))
}

// introduced is what a telephone is shown, and who pays for its call.
func (j *job) introduced(whose oncall.EngineerID, customer string) Introduction {
	as := Introduction{Name: j.search.Name, Customer: customer, Ticket: j.request.Ticket.Number, Whose: string(whose)}
	switch {
	case !j.ticket:
		as.Budget = ForOperator
	case j.request.Ticket.Contract == "":
		as.Budget = OnRequest
	}
	return as
}

// finish writes the leg down: in the call's record and as a line of the ticket.
func (j *job) finish(ctx context.Context, leg cdr.Leg, a oncall.Attempt, result string) {
	leg.Ended, leg.Result = time.Now(), result
	j.search.Book.Leg(context.WithoutCancel(ctx), j.leg, leg)
	j.note(ctx, tickets.Rang, a.Engineer, a.Name+" at "+a.Phone+": "+result)
}

// resultOf says in words of the trade why a telephone was not picked up.
func resultOf(err error) string {
	for _, known := range []struct {
		err    error
		result string
	}{
		{ErrTrunk, "not rung: the trunk refused our credentials"}, {ErrDead, "dead"}, {ErrRefused, "refused"}, {ErrUnheard, "no answer"}, {ErrImpossible, "impossible"},
	} {
		if errors.Is(err, known.err) {
			if known.err == ErrRefused {
				return refusal(err)
			}
			return known.result
		}
	}
	return "failed"
}

// Refusal is a telephone's final answer; errors.Is finds ErrRefused in it.
type Refusal struct {
	Code   int    // of SIP, 300 to 699
	Reason string // the stranger's words, printable
}

// Error names the code.
func (r *Refusal) Error() string { return ErrRefused.Error() + ": " + r.Word() }

// Unwrap makes every Refusal an ErrRefused.
func (r *Refusal) Unwrap() error { return ErrRefused }

// Word is the refusal in one word of the trade (RFC 3261 section 21).
func (r *Refusal) Word() string {
	switch r.Code {
	case 401, 407:
		return "asks for credentials"
	case 486, 600:
		return "busy"
	case 404, 604:
		return "unknown number"
	case 480:
		return "not there"
	case 603:
		return "declined"
	}
	return "refused"
}

func refusal(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Word()
	}
	return "refused"
}

// converse speaks with whoever picked up: brief, key, join. It gives the leg's result for the record.
func (j *job) converse(ctx context.Context, t Telephone, a oncall.Attempt) (verdict, string) {
	if j.gone(ctx) { // while it rang
		return unanswered, j.callerGone(t, a, j.subject, goneWord(ctx))
	}
	lang := prompts.Language(a.Language)
	asking, stop := j.untilCalledOff(ctx)
	answer := j.ask(asking, t, lang)
	stop()
	switch {
	case context.Cause(ctx) != nil && t.Context().Err() == nil:
		return unanswered, j.callerGone(t, a, nil, goneWord(ctx))
	case j.request.Until.Err() != nil: // also where he has pressed a key just now: somebody else has it in hand
		_ = t.Say(ctx, lang, prompts.P(SayCalledOff, SayGoodbye), false)
		return calledOff, resultOff
	case answer == accepts:
		return j.accept(ctx, t, a)
	case answer == passes:
		_ = t.Say(ctx, lang, prompts.P(j.afterPass(a)), false)
		return passedOn, resultPassed
	case t.Context().Err() != nil:
		return unanswered, resultHungUp
	}
	if answer == mailbox {
		return unanswered, resultMailbox
	}
	return unanswered, resultNoKey // most likely a mailbox: it is owed no farewell, the caller waits
}
