package ring

import (
	"context"

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
	t, leg, err := s.ring(ctx, a.Phone, s.Times.Ring, Introduction{Name: s.Name, Budget: ForTests, Whose: string(a.Engineer)})
	if err != nil {
		result = resultOf(err)
	} else {
		defer t.Hangup()
		result = s.askForProof(ctx, t, prompts.Language(a.Language))
	}
	s.write(ctx, "", leg, t, result)
	return result
}

// askForProof says what is asked for until the key comes. A mailbox is not waited for.
func (s *Search) askForProof(ctx context.Context, t Telephone, lang prompts.Language) (result string) {
	heard := listen(ctx, t)
	defer heard.end()
	q := question{says: prompts.P(SayTestCall), keys: "1", times: briefings - 1, wait: s.Times.Key / 2}
	switch {
	case q.ask(heard.ctx, t, lang, nil) == '1':
		heard.pressed()
		_ = t.Say(ctx, lang, prompts.P(SayTestPassed, SayGoodbye), false)
		return ResultProven
	case heard.beeped():
		return resultMailbox
	case t.Context().Err() != nil:
		return resultHungUp
	}
	return resultNoKey
}
