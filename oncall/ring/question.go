package ring

import (
	"context"

	"hotline/oncall"
	"hotline/prompts"
)

// The results of a question as the record of the leg shows them.
const (
	ResultYes = "answered yes"
	ResultNo  = "answered no"
)

// Question is what an engineer is asked by telephone that belongs to no search.
type Question struct {
	Ask prompts.Phrase // with its keys: 1 is yes, 2 is no
	// Yes does what follows from key 1, and gives what is said to it; the leg is hung up on afterwards.
	Yes func(ctx context.Context) prompts.Phrase
	// No is what is said to key 2; nothing but a goodbye where it is empty.
	No prompts.Phrase
}

// AskByTelephone rings one telephone of an engineer's and asks. It gives the result in words of the trade: ResultYes, ResultNo, or
// why there was no answer. Whoever is rung or talks already is left alone. Only a key answers, so a mailbox never does.
func (s *Search) AskByTelephone(ctx context.Context, a oncall.Attempt, q Question) (result string) {
	as := s.engaged.take(string(a.Engineer), false)
	if as == nil {
		return errEngaged.Error()
	}
	defer as.free()
	t, leg, err := s.ring(ctx, a.Phone, s.Times.Ring, Introduction{Name: s.Name, Whose: string(a.Engineer)})
	if err != nil {
		result = resultOf(err)
	} else {
		defer t.Hangup()
		result = s.answered(ctx, t, prompts.Language(a.Language), q)
	}
	s.write(ctx, "", leg, t, result)
	return result
}

// answered asks until one of the two keys comes. A mailbox is not waited for.
func (s *Search) answered(ctx context.Context, t Telephone, lang prompts.Language, q Question) (result string) {
	heard := listen(ctx, t)
	defer heard.end()
	asked := question{says: q.Ask, keys: "12", times: briefings - 1, wait: s.Times.Key / 2}
	switch asked.ask(heard.ctx, t, lang, heard) {
	case '1':
		_ = t.Say(ctx, lang, prompts.Join(q.Yes(ctx), prompts.P(SayGoodbye)), false)
		return ResultYes
	case '2':
		_ = t.Say(ctx, lang, prompts.Join(q.No, prompts.P(SayGoodbye)), false)
		return ResultNo
	}
	return unanswering(t, heard)
}
