package ring

import (
	"context"
	"errors"

	"hotline/oncall/ring/recorded"
	"hotline/prompts"
	"hotline/tickets"
)

// customerLeg is who is rung where the record names an engineer else.
const customerLeg = "customer"

// callsBack tells whether whoever accepts is connected with the customer, who is not on the line.
func (j *job) callsBack() bool {
	return j.request.Caller == nil && j.request.CallsBack && j.request.CallBack != ""
}

// callBack rings the customer, showing the house's own number, and joins the two. The engineer hears music until the customer
// picks up.
func (a *attempt) callBack(ctx context.Context, t Telephone) {
	s, lang := a.search, prompts.Language(a.Language)
	if !a.callsBack() { // else the key that accepts was that one
		a.note(ctx, tickets.Accepted, a.Engineer, a.Name+" pressed the key to call back")
	}
	session := s.customersRecording(a.request.Ticket, false)
	defer session.End()
	_ = t.Say(ctx, lang, session.CallingBack(SayCallingBack), false)
	music := t.Music(ctx)
	a.untilFree(ctx)
	customer, leg, err := s.ring(ctx, a.request.CallBack, 2*s.Times.Ring, a.introduced(customerLeg, ""))
	if err != nil {
		music()
		result := resultOf(err)
		if ctx.Err() != nil { // the engineer has hung up
			result = resultOff
		}
		s.write(ctx, a.leg, leg, nil, result)
		a.note(ctx, tickets.Rang, "", "called the customer back: "+result)
		_ = t.Say(ctx, lang, prompts.Join(s.unreached(err, a.request.Ticket), prompts.P(SayGoodbye)), false)
		return
	}
	defer customer.Hangup()
	a.note(ctx, tickets.Rang, "", "called the customer back: picked up")
	a.as.talk()
	both, stop := context.WithCancelCause(ctx)
	defer context.AfterFunc(customer.Context(), func() { stop(context.Cause(customer.Context())) })()
	defer stop(nil)
	told := session.Tells(both, customer, a.request.Language)
	music()
	beside := session.Beside(both)
	beside.Hears(saysEnded(t, lang))
	beside.Hears(saysEnded(customer, a.request.Language))
	_ = t.Join(both, customer.ID(), Joining{
		Silence: s.Times.Silence, Talk: s.Times.Talk, Recording: told,
		Talked: func() { a.note(ctx, tickets.Joined, a.Engineer, a.Name+" called the customer back, and they talk") },
		Refuses: func(own bool) {
			if own {
				beside.Refuse(string(a.Engineer), a.Name, nil)
			} else {
				beside.Refuse("", recorded.Customer, nil)
			}
		},
	})
	beside.Over()
	s.write(ctx, a.leg, leg, customer, resultCalledBack)
	a.note(ctx, tickets.TalkEnded, a.Engineer, "the call back ended")
}

// untilFree waits until the caller's call is over, so that the customer's telephone is not busy with it: who asked to be called back hears
// by when, and is hung up on then.
func (j *job) untilFree(ctx context.Context) {
	if j.line == nil {
		return
	}
	over, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(j.line, stop)()
	wait(over, j.search.Times.Ring)
}

// unreached is what an engineer hears whose customer could not be called: that there is no answer, or the number, where the line could not
// ring it.
func (s *Search) unreached(err error, t tickets.Ticket) prompts.Phrase {
	if errors.Is(err, ErrImpossible) || errors.Is(err, ErrTrunk) {
		return prompts.Join(prompts.P(SayNoCall), s.number(t))
	}
	return prompts.P(SayNoAnswer)
}

// customersRecording is how a talk with a customer who is called is recorded; nil: it is not.
func (s *Search) customersRecording(t tickets.Ticket, swapped bool) *recorded.Session {
	if s.Recording == nil {
		return nil
	}
	session := s.Recording(t)
	if session != nil {
		session.Swapped = swapped
	}
	return session
}

// saysEnded tells somebody in a talk that it is not recorded any more.
func saysEnded(to interface {
	Say(ctx context.Context, lang prompts.Language, p prompts.Phrase, bargeIn bool) error
}, lang prompts.Language,
) func(context.Context) {
	return func(ctx context.Context) { _ = to.Say(ctx, lang, prompts.P(recorded.SayEnded), false) }
}
