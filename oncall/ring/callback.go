package ring

import (
	"context"
	"time"

	"hotline/cdr"
	"hotline/oncall"
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
func (j *job) callBack(ctx context.Context, t Telephone, a oncall.Attempt) {
	s, lang := j.search, prompts.Language(a.Language)
	if !j.callsBack() { // else the key that accepts was that one
		j.note(ctx, tickets.Accepted, a.Engineer, a.Name+" pressed the key to call back")
	}
	leg := cdr.Leg{Engineer: customerLeg, Address: j.request.CallBack, Started: time.Now()}
	_ = t.Say(ctx, lang, prompts.P(SayCallingBack), false)
	ringing, cancel := context.WithTimeoutCause(ctx, 2*s.Times.Ring, ErrUnheard)
	defer cancel()
	music := t.Music(ctx)
	customer, err := s.Telephones.Ring(ringing, j.request.CallBack, j.introduced(customerLeg, ""))
	music()
	if err != nil {
		leg.Ended, leg.Result = time.Now(), resultOf(err)
		s.Book.Leg(context.WithoutCancel(ctx), j.leg, leg)
		j.note(ctx, tickets.Rang, "", "called the customer back: "+leg.Result)
		_ = t.Say(ctx, lang, prompts.P(SayNoAnswer, SayGoodbye), false)
		return
	}
	defer customer.Hangup()
	leg.Answered = time.Now()
	j.note(ctx, tickets.Rang, "", "called the customer back: picked up")
	both, stop := context.WithCancelCause(ctx)
	defer context.AfterFunc(customer.Context(), func() { stop(context.Cause(customer.Context())) })()
	defer stop(nil)
	_ = t.Join(both, customer.ID(), Joining{Silence: s.Times.Silence, Talk: s.Times.Talk, Talked: func() {
		j.note(ctx, tickets.Joined, a.Engineer, a.Name+" called the customer back, and they talk")
	}})
	leg.Ended, leg.Result, leg.Quality = time.Now(), resultCalledBack, customer.Quality()
	s.Book.Leg(context.WithoutCancel(ctx), j.leg, leg)
	j.note(ctx, tickets.TalkEnded, a.Engineer, "the call back ended")
}
