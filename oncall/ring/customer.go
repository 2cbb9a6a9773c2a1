package ring

import (
	"context"
	"errors"
	"sync"
	"time"

	"hotline/oncall"
	"hotline/oncall/ring/recorded"
	"hotline/prompts"
	"hotline/tickets"
)

// ErrNoNumber is a customer whom the line cannot ring: the ticket has no number, or none that it may dial.
var ErrNoNumber = errors.New("the customer has no number that the line may dial")

// CustomerCall is a ticket's customer being rung for an engineer who is on the line himself.
type CustomerCall struct {
	Engineer oncall.Engineer
	Line     Caller // the engineer's own call
	Language prompts.Language
	Ticket   tickets.Ticket
	Address  string // where the customer is rung
	Star     bool   // the engineer's key * ends the talk: no voice is taken for it
}

// CallCustomer rings a ticket's customer, who is shown the house's own number, and joins the two. The engineer hears music until
// the customer picks up, and has the line again when the talk is over. Each step is a line of the ticket's history. It gives the
// result in words of the trade: ResultCalled once the customer has picked up, or why not; an error only where the engineer is gone.
func (s *Search) CallCustomer(ctx context.Context, c CustomerCall) (result string, err error) {
	j := &job{search: s, ticket: true, leg: c.Line.ID(), request: Request{Ticket: c.Ticket, CallBack: c.Address, Language: c.Language}}
	as := s.engaged.take(string(c.Engineer.ID), true)
	if as != nil { // nobody else rings an engineer who talks
		defer as.free()
		as.talk()
	}
	j.note(ctx, tickets.Rang, c.Engineer.ID, c.Engineer.Name+" has the customer called")
	session := s.customersRecording(c.Ticket, true)
	defer session.End()
	_ = c.Line.Say(ctx, c.Language, session.CallingBack(SayCallingBack), false)
	stop := c.Line.Music(ctx)
	customer, leg, failed := s.ring(ctx, c.Address, 2*s.Times.Ring, j.introduced(customerLeg, ""))
	if failed != nil {
		stop()
		result = resultOf(failed)
		if context.Cause(ctx) != nil {
			result = resultOfEnd(ctx)
		}
		s.write(ctx, j.leg, leg, nil, result)
		j.note(ctx, tickets.Rang, "", "called the customer: "+result)
		return result, context.Cause(ctx)
	}
	defer customer.Hangup()
	j.note(ctx, tickets.Rang, "", "called the customer: picked up")
	j.talksTo(ctx, c, customer, session, stop)
	s.write(ctx, j.leg, leg, customer, ResultCalled)
	j.note(ctx, tickets.TalkEnded, c.Engineer.ID, "the talk with the customer ended")
	return ResultCalled, context.Cause(ctx)
}

// talksTo joins an engineer who is on the line to a customer who has picked up, until the talk is over; music ends the engineer's.
func (j *job) talksTo(ctx context.Context, c CustomerCall, customer Telephone, session *recorded.Session, music func()) {
	talk, cancel := context.WithCancel(ctx)
	lang, times := prompts.Language(c.Ticket.Language), j.search.Times
	beside := session.Beside(talk)
	refuses := func() { beside.Refuse(string(c.Engineer.ID), c.Engineer.Name, nil) }
	var keys sync.WaitGroup
	if c.Star {
		keys.Go(func() { c.listens(talk, cancel, refuses) })
	}
	told := session.Tells(talk, customer, lang)
	music()
	beside.Hears(saysEnded(c.Line, c.Language))
	beside.Hears(saysEnded(customer, lang))
	_ = customer.Join(talk, j.leg, Joining{
		Silence: times.Silence, Talk: times.Talk, Keep: c.Star, Recording: told,
		Talked: func() {
			j.note(ctx, tickets.Joined, c.Engineer.ID, c.Engineer.Name+" called the customer, and they talk")
		},
		Refuses: func(own bool) {
			if own {
				beside.Refuse("", recorded.Customer, nil)
			} else {
				refuses()
			}
		},
	})
	cancel()
	keys.Wait()
	beside.Over()
}

// longestTalk is more than a call lasts.
const longestTalk = 24 * time.Hour

// listens takes the engineer's keys until the talk is over: * ends it, and [recorded.Key] the recording. An engineer who is gone ends it too.
func (c CustomerCall) listens(talk context.Context, end, refuses func()) {
	for talk.Err() == nil {
		switch k, err := c.Line.Key(talk, longestTalk); {
		case err != nil || k == '*':
			end()
		case k == recorded.Key:
			refuses()
		}
	}
}

// ResultCalled is a customer's leg that was joined to an engineer's call.
const ResultCalled = "called by an engineer"
