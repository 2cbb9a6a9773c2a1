package ring

import (
	"context"
	"errors"
	"slices"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/tickets"
)

// ErrImpossible is a telephone that could not even be rung: no route, no trunk, no port of ours.
var ErrImpossible = errors.New("no call could be made")

// errEngaged is an engineer who is rung for another caller already, or talks to one. That is known at once, and the next engineer
// is rung.
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

// decides tells whether a verdict is more than that the next telephone is to ring.
func (v verdict) decides() bool { return v == talked || v == lost || v == cutShort || v == calledOff }

// The results of a leg as the call's record shows them.
const (
	resultAccepted = cdr.LegAccepted
	resultPassed   = "passed"
	resultNoKey    = "no key"
	resultMailbox  = "no key: a mailbox"
	resultMachine  = "no key: tones without the code"
	resultHungUp   = "hung up"
	resultDropped  = "line lost"
	resultLost     = "lost after the join"
	resultGone     = "caller gone"
	resultOff      = "called off"
	resultTaken    = "another engineer accepted"
	resultShort    = "hung up at once"
	resultUnheard  = "accepted, not heard"
	resultHanded   = cdr.LegHandedOver

	resultCalledBack = "called back"
)

// resultOfEnd is that of a leg whose other side is gone: the receiver was put down, or the line broke.
func resultOfEnd(leg context.Context) string {
	if errors.Is(context.Cause(leg), ErrLineLost) {
		return resultDropped
	}
	return resultHungUp
}

// attempt is one telephone that is rung, by itself or with others. One goroutine owns it.
type attempt struct {
	*job
	oncall.Attempt
	rings time.Duration
	as    *engagement
	rung  cdr.Leg // of the record, once somebody has picked up

	race   *first          // nil: it rings alone
	enough context.Context // ends when it need not ring any more, though others may; nil: never
	won    bool
	human  bool // whoever picked up has pressed accept

	told    bool // that the talk may be recorded
	refuses bool // that, by a key over the brief
}

// attempt rings one telephone by itself and, when somebody picks up, asks for the key.
func (j *job) attempt(ctx context.Context, to oncall.Attempt, t turn) (verdict, error) {
	as := j.engage(ctx, to, t)
	if as == nil {
		return unanswered, errEngaged
	}
	defer as.free()
	j.walk.claims.release()
	a := &attempt{job: j, Attempt: to, rings: t.ring, as: as}
	return a.run(ctx)
}

// run rings the telephone and, when somebody picks up, asks for the key.
func (a *attempt) run(ctx context.Context) (verdict, error) {
	t, leg, err := a.ring(ctx)
	if err != nil {
		return a.unrung(ctx, leg, err)
	}
	defer t.Hangup()
	a.rung = leg
	v, result := a.converse(ctx, t)
	if result != resultHanded { // that one was written as the engineer was let go
		a.finish(ctx, leg, t, result)
	}
	return v, nil
}

// unrung is the end of a telephone that nobody has picked up.
func (a *attempt) unrung(ctx context.Context, leg cdr.Leg, err error) (verdict, error) {
	result := resultOf(err)
	switch {
	case a.needless():
		a.finish(ctx, leg, nil, a.needlessWord())
		return unanswered, nil
	case a.gone(ctx):
		a.note(ctx, tickets.CallerGone, a.Engineer, goneWord(ctx)+" while "+a.Name+" was rung")
	case context.Cause(ctx) != nil:
		result = goneResult(ctx)
	case a.request.Until.Err() != nil:
		a.finish(ctx, leg, nil, resultOff)
		return calledOff, nil
	}
	a.finish(ctx, leg, nil, result)
	return unanswered, err
}

// needless tells whether the telephone of several that ring together need not ring any more.
func (a *attempt) needless() bool { return a.enough != nil && a.enough.Err() != nil }

// needlessWord is the result of such a leg.
func (a *attempt) needlessWord() string {
	if errors.Is(context.Cause(a.enough), errPass) {
		return resultOff
	}
	return resultTaken
}

// wins tells whether it is this telephone's owner who has accepted, where several are asked.
func (a *attempt) wins() bool {
	a.won = a.won || a.race == nil || a.race.claim()
	return a.won
}

// until is ctx until it is pointless that this telephone rings, with the reason as its cause.
func (a *attempt) until(ctx context.Context) (context.Context, context.CancelFunc) {
	both, stop := a.untilCalledOff(ctx)
	if a.enough == nil {
		return both, stop
	}
	all, cancel := context.WithCancelCause(both)
	unwatch := context.AfterFunc(a.enough, func() { cancel(context.Cause(a.enough)) })
	return all, func() { unwatch(); cancel(nil); stop() }
}

// afterPass is what an engineer hears who passes: that somebody else is called, unless there is nobody else.
func (a *attempt) afterPass() prompts.ID {
	if slices.ContainsFunc(a.chain, func(other oncall.Attempt) bool { return a.owner(other) != a.owner(a.Attempt) }) {
		return SayPassed
	}
	return SayGoodbye
}

// owed tells whether an engineer who picks up must hear of a caller who waits no more. It need not where the search is for a
// colleague of the engineer who has the ticket.
func (j *job) owed() bool { return j.ticket && j.request.Caller != nil && j.former == nil }

// gone tells whether there was a caller who waits no more, and of whom somebody is to hear.
func (j *job) gone(ctx context.Context) bool { return j.owed() && context.Cause(ctx) != nil }

// ring rings one telephone for its time. When the caller of a ticket hangs up meanwhile, it rings on: whoever picks it
// up is told.
func (a *attempt) ring(ctx context.Context) (Telephone, cdr.Leg, error) {
	if a.owed() {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, stop := a.until(ctx)
	defer stop()
	return a.search.ring(ctx, a.Phone, a.rings, a.introduced(string(a.Engineer), a.request.Ticket.Caller))
}

// introduced is what a telephone is shown, and who pays for its call.
func (j *job) introduced(whose, customer string) Introduction {
	as := Introduction{Name: j.search.Name, Customer: customer, Ticket: j.request.Ticket.Number, Whose: whose}
	switch {
	case !j.ticket:
		as.Budget = ForOperator
	case j.request.Ticket.Contract == "":
		as.Budget = OnRequest
	}
	return as
}

// finish writes the leg down: in the call's record and as a line of the ticket.
func (a *attempt) finish(ctx context.Context, leg cdr.Leg, t Telephone, result string) {
	a.search.write(ctx, a.leg, leg, t, result)
	a.note(ctx, tickets.Rang, a.Engineer, a.Name+" at "+a.Phone+": "+result)
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
func (a *attempt) converse(ctx context.Context, t Telephone) (verdict, string) {
	switch {
	case a.needless():
		return unanswered, a.dismiss(t)
	case a.gone(ctx): // while it rang
		return unanswered, a.callerGone(ctx, t, a.subject)
	}
	lang := prompts.Language(a.Language)
	asking, stop := a.until(ctx)
	answer := a.ask(asking, t, lang)
	stop()
	a.human = answer == accepts
	switch {
	case a.needless(), answer == accepts && a.request.Until.Err() == nil && context.Cause(ctx) == nil && !a.wins():
		return unanswered, a.dismiss(t)
	case context.Cause(ctx) != nil && a.seeks != nil:
		return unanswered, a.seeks.farewell(ctx, t, lang)
	case context.Cause(ctx) != nil && a.former != nil: // who asked for a colleague has the ticket, and is told
		_ = t.Say(t.Context(), lang, prompts.P(SayCalledOff, SayGoodbye), false)
		return unanswered, resultGone
	case context.Cause(ctx) != nil && t.Context().Err() == nil:
		return unanswered, a.callerGone(ctx, t, nil)
	case a.request.Until.Err() != nil: // also where he has pressed a key just now: somebody else has it in hand
		_ = t.Say(ctx, lang, prompts.P(SayCalledOff, SayGoodbye), false)
		return calledOff, resultOff
	case answer == accepts && a.seeks != nil:
		return a.seeks.join(ctx, a, t)
	case answer == accepts:
		return a.accept(ctx, t)
	case answer == passes:
		_ = t.Say(ctx, lang, prompts.P(a.afterPass()), false)
		if t.KeysInSound() { // a machine may have said so: its owner's other telephones ring all the same
			return unanswered, resultPassed
		}
		return passedOn, resultPassed
	case t.Context().Err() != nil:
		return unanswered, resultOfEnd(t.Context())
	}
	switch answer {
	case mailbox:
		return unanswered, resultMailbox
	case machine:
		return unanswered, resultMachine
	}
	return unanswered, resultNoKey // most likely a mailbox: it is owed no farewell, the caller waits
}

// dismiss tells somebody who has picked up that another one has accepted.
func (a *attempt) dismiss(t Telephone) (result string) {
	result = a.needlessWord()
	if result == resultTaken {
		_ = t.Say(a.race.farewell, prompts.Language(a.Language), prompts.P(SayCalledOff, SayGoodbye), false)
	}
	return result
}
