package ring

import (
	"context"
	"errors"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/prompts"
)

// ResultProven is the result of a test call whose key came.
const ResultProven = cdr.LegProven

// TestCall rings one telephone of an engineer's, says that it is a test, and waits for the key 1. It gives the result in words of
// the trade: ResultProven, or why not. The leg goes to the book, which keeps the proof. A telephone that is being rung, or that
// talks to a caller of ours, is left alone. It takes the time of a ring and of a key, and ends with ctx.
func (s *Search) TestCall(ctx context.Context, a oncall.Attempt) (result string) {
	as := s.engaged.take(string(a.Engineer), false)
	if as == nil {
		return errEngaged.Error()
	}
	defer as.free()
	result, _ = s.testCall(ctx, a, Introduction{Name: s.Name, Budget: ForTests, Whose: string(a.Engineer)})
	return result
}

// trunkLeg is whose telephone the record says that a test of a trunk has rung.
const trunkLeg = "trunk test"

// TestTrunk is TestCall of a telephone by one trunk, which may be shown a customer's number; empty: the line's own. It proves no
// telephone. reached tells that the trunk put the call through, whoever picked up; problem is why no call could be made, nil where one was.
func (s *Search) TestTrunk(ctx context.Context, trunk, customer string, a oncall.Attempt) (result string, reached bool, problem error) {
	as := s.engaged.take(a.Phone, false)
	if as == nil {
		return errEngaged.Error(), false, errEngaged
	}
	defer as.free()
	result, err := s.testCall(ctx, a, Introduction{Name: s.Name, Budget: ForTests, Whose: trunkLeg, Trunk: trunk, Customer: customer})
	var refused *Refusal
	busy := errors.As(err, &refused) && refused.Word() == "busy"
	if errors.Is(err, ErrImpossible) {
		problem = err
	}
	return result, err == nil || busy || errors.Is(err, ErrUnheard), problem
}

// testCall rings a telephone and asks for the key.
func (s *Search) testCall(ctx context.Context, a oncall.Attempt, as Introduction) (result string, err error) {
	t, leg, err := s.ring(ctx, a.Phone, s.Times.Ring, as)
	if err != nil {
		result = resultOf(err)
	} else {
		defer t.Hangup()
		result = s.askForProof(ctx, t, prompts.Language(a.Language))
	}
	s.write(ctx, "", leg, t, result)
	return result, err
}

// askForProof says what is asked for until the key comes. A mailbox is not waited for.
func (s *Search) askForProof(ctx context.Context, t Telephone, lang prompts.Language) (result string) {
	heard := listen(ctx, t)
	defer heard.end()
	q := question{says: prompts.P(SayTestCall), keys: "1", times: briefings - 1, wait: s.Times.Key / 2}
	if q.ask(heard.ctx, t, lang, heard) != '1' {
		return unanswering(t, heard)
	}
	heard.pressed()
	_ = t.Say(ctx, lang, prompts.P(SayTestPassed, SayGoodbye), false)
	return ResultProven
}

// unanswering is why no key came from a telephone that was picked up.
func unanswering(t Telephone, heard *listening) (result string) {
	switch {
	case heard.beeped():
		return resultMailbox
	case t.Context().Err() != nil:
		return resultOfEnd(t.Context())
	}
	return resultNoKey
}
