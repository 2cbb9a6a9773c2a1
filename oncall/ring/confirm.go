package ring

import (
	"context"
	"strconv"

	"hotline/prompts"
	"hotline/tickets"
)

// The sentences of a call that asks whether a service works again.
const (
	SayConfirm         prompts.ID = "confirm-restored" // before the ticket's number
	SayConfirmQuestion prompts.ID = "confirm-question" // 1 it works, 2 it does not
)

// Confirmation is a customer who is asked whether what is marked as restored works.
type Confirmation struct {
	Ticket   tickets.Ticket
	Call     string // whose record gets the leg
	Language prompts.Language
	Address  string
	// Answered does what follows from the key, and gives what is said to it.
	Answered func(ctx context.Context, works bool) prompts.Phrase
}

// Confirm rings a ticket's customer, who is shown the house's own number, and asks by key. It gives the result in words of the
// trade: ResultYes and ResultNo by the key, or why there was none. A mailbox presses none, and is not waited for.
func (s *Search) Confirm(ctx context.Context, c Confirmation) (result string) {
	j := &job{search: s, ticket: true, request: Request{Ticket: c.Ticket}}
	t, leg, err := s.ring(ctx, c.Address, 2*s.Times.Ring, j.introduced(customerLeg, ""))
	if err != nil {
		result = resultOf(err)
	} else {
		defer t.Hangup()
		result = s.confirmed(ctx, t, c)
	}
	s.write(ctx, c.Call, leg, t, result)
	return result
}

// confirmed asks until one of the two keys comes.
func (s *Search) confirmed(ctx context.Context, t Telephone, c Confirmation) (result string) {
	number := strconv.FormatInt(int64(c.Ticket.Number), 10)
	heard := listen(ctx, t)
	defer heard.end()
	asked := question{
		says: prompts.Join(prompts.P(SayConfirm), prompts.Digits(number), prompts.P(SayConfirmQuestion)),
		keys: "12", times: briefings, wait: s.Times.Key / 2,
	}
	key := asked.ask(heard.ctx, t, c.Language, heard)
	if key == 0 {
		return unanswering(t, heard)
	}
	_ = t.Say(ctx, c.Language, prompts.Join(c.Answered(ctx, key == '1'), prompts.P(SayGoodbye)), false)
	return map[byte]string{'1': ResultYes, '2': ResultNo}[key]
}
