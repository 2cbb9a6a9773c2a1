package ring

import (
	"context"
	"io"
	"sync"
	"time"

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
	tape := s.customersTape(a.request.Ticket, false)
	defer tape.End()
	_ = t.Say(ctx, lang, callingBack(tape), false)
	music := t.Music(ctx)
	customer, leg, err := s.ring(ctx, a.request.CallBack, 2*s.Times.Ring, a.introduced(customerLeg, ""))
	if err != nil {
		music()
		result := resultOf(err)
		if ctx.Err() != nil { // the engineer has hung up
			result = resultOff
		}
		s.write(ctx, a.leg, leg, nil, result)
		a.note(ctx, tickets.Rang, "", "called the customer back: "+result)
		_ = t.Say(ctx, lang, prompts.P(SayNoAnswer, SayGoodbye), false)
		return
	}
	defer customer.Hangup()
	a.note(ctx, tickets.Rang, "", "called the customer back: picked up")
	a.as.talk()
	both, stop := context.WithCancelCause(ctx)
	defer context.AfterFunc(customer.Context(), func() { stop(context.Cause(customer.Context())) })()
	defer stop(nil)
	recorded := a.tells(both, customer, a.request.Language, tape)
	music()
	_ = t.Join(both, customer.ID(), Joining{Silence: s.Times.Silence, Talk: s.Times.Talk, Tape: recorded, Talked: func() {
		a.note(ctx, tickets.Joined, a.Engineer, a.Name+" called the customer back, and they talk")
	}})
	s.write(ctx, a.leg, leg, customer, resultCalledBack)
	a.note(ctx, tickets.TalkEnded, a.Engineer, "the call back ended")
}

// Tape is how a talk is recorded, in two channels: by the policy of a contract, and never before both have been told. All that is talked
// about one request while the tape runs is one recording: behind the menu, with a second engineer, after a hand-over. It is safe for
// concurrent use, and so must its functions be.
type Tape struct {
	Told    func() bool               // tells whether the caller knows that the talk may be recorded, and lets it be
	Name    func() string             // of the recording
	Keep    func(r tickets.Recording) // puts the recording on its ticket, once it is over
	Swapped bool                      // the leg that joins is the customer's, and the call that it is joined to the engineer's

	mu   sync.Mutex
	reel io.Closer // nil: nothing was recorded yet
	over bool
}

// Reel is what the talk is recorded on: the one that was begun, else one that begin begins; nil once the tape is over. Whoever joins legs
// asks for it.
func (t *Tape) Reel(begin func() io.Closer) io.Closer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return nil
	}
	if t.reel == nil {
		t.reel = begin()
	}
	return t.reel
}

// End ends the recording and has it kept. Whoever made the tape calls it once nobody is joined any more; on a nil tape it does nothing.
// Idempotent.
func (t *Tape) End() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reel != nil && !t.over {
		_ = t.reel.Close() // who has made it logs why it is not whole
	}
	t.over = true
}

// timeToRefuse is how long a customer who was called has for the key that refuses the recording, once the sentence is over.
const timeToRefuse = 2 * time.Second

// customersTape is how a talk with a customer who is called is recorded; nil: it is not.
func (s *Search) customersTape(t tickets.Ticket, swapped bool) *Tape {
	if s.Tape == nil {
		return nil
	}
	tape := s.Tape(t)
	if tape != nil {
		tape.Swapped = swapped
	}
	return tape
}

// tells tells a customer who has picked up that the talk may be recorded, and how to refuse. It gives the tape; nil where the customer
// refuses, or has not heard it to its end.
func (j *job) tells(ctx context.Context, customer Telephone, lang prompts.Language, tape *Tape) *Tape {
	if tape == nil {
		return nil
	}
	_, _ = customer.Key(ctx, 0) // from now on tones count: many press before the sentence is over
	if err := customer.Say(ctx, lang, prompts.P(SayTalkTold, SayTalkRefuse), false); err != nil {
		return nil
	}
	for until := time.Now().Add(timeToRefuse); ; { // other keys may have come before, or beside it
		k, err := customer.Key(ctx, time.Until(until))
		if err != nil {
			break
		}
		if k == '7' {
			j.note(ctx, tickets.Commented, "", "the customer refused the recording of the talk, by key")
			return nil
		}
	}
	return tape
}

// callingBack is what an engineer hears before the customer is rung.
func callingBack(tape *Tape) prompts.Phrase {
	if tape == nil {
		return prompts.P(SayCallingBack)
	}
	return prompts.P(SayTalkTold, SayCallingBack)
}
