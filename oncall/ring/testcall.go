package ring

import (
	"context"
	"errors"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/prompts"
)

// ResultProven is the result of a test call whose key came.
const ResultProven = "proven by a test call"

// TestCall rings one telephone of an engineer's, says that it is a test, and waits for the key 1. It gives the result in words of
// the trade: ResultProven, or why not. The leg goes to the book, which keeps the proof. A telephone that is being rung, or that
// talks to a caller of ours, is left alone. It takes the time of a ring and of a key, and ends with ctx.
func (s *Search) TestCall(ctx context.Context, a oncall.Attempt) (result string) {
	as := s.engaged.take(string(a.Engineer), false)
	if as == nil {
		return errEngaged.Error()
	}
	defer as.free()
	leg := cdr.Leg{Engineer: string(a.Engineer), Address: a.Phone, Started: time.Now()}
	ringing, cancel := context.WithTimeoutCause(ctx, s.Times.Ring, ErrUnheard)
	defer cancel()
	t, err := s.Telephones.Ring(ringing, a.Phone, Introduction{Name: s.Name, Budget: ForTests, Whose: string(a.Engineer)})
	if err != nil {
		leg.Result = resultOf(err)
	} else {
		defer t.Hangup()
		leg.Answered = time.Now()
		leg.Result = s.askForProof(ctx, t, prompts.Language(a.Language))
		leg.Quality = t.Quality()
	}
	leg.Ended = time.Now()
	s.Book.Leg(context.WithoutCancel(ctx), "", leg)
	return leg.Result
}

// askForProof says what is asked for until the key comes. A mailbox is not waited for.
func (s *Search) askForProof(ctx context.Context, t Telephone, lang prompts.Language) (result string) {
	heard := listen(ctx, t)
	defer heard.end()
	for range briefings - 1 {
		if t.Say(heard.ctx, lang, prompts.P(SayTestCall), true) != nil {
			break
		}
		for until := time.Now().Add(s.Times.Key / 2); ; {
			key, err := t.Key(heard.ctx, time.Until(until))
			if err == nil && key == '1' {
				heard.pressed()
				_ = t.Say(ctx, lang, prompts.P(SayTestPassed, SayGoodbye), false)
				return ResultProven
			}
			if errors.Is(err, ErrNoKey) {
				break
			}
			if err != nil {
				return s.unproven(t, heard)
			}
		}
	}
	return s.unproven(t, heard)
}

// unproven is why the key did not come.
func (s *Search) unproven(t Telephone, heard *listening) string {
	switch {
	case heard.beeped():
		return resultMailbox
	case t.Context().Err() != nil:
		return resultHungUp
	}
	return resultNoKey
}
