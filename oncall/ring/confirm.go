package ring

import (
	"context"
	"errors"
	"strconv"
	"time"

	"hotline/cdr"
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
	leg := cdr.Leg{Engineer: customerLeg, Address: c.Address, Started: time.Now()}
	ringing, cancel := context.WithTimeoutCause(ctx, 2*s.Times.Ring, ErrUnheard)
	defer cancel()
	t, err := s.Telephones.Ring(ringing, c.Address, j.introduced(customerLeg, ""))
	if err != nil {
		leg.Result = resultOf(err)
	} else {
		defer t.Hangup()
		leg.Answered = time.Now()
		leg.Result = s.confirmed(ctx, t, c)
		leg.Quality = t.Quality()
	}
	leg.Ended = time.Now()
	s.Book.Leg(context.WithoutCancel(ctx), c.Call, leg)
	return leg.Result
}

// confirmed asks up to three times until one of the two keys comes.
func (s *Search) confirmed(ctx context.Context, t Telephone, c Confirmation) (result string) {
	number := strconv.FormatInt(int64(c.Ticket.Number), 10)
	question := prompts.Join(prompts.P(SayConfirm), prompts.Digits(number), prompts.P(SayConfirmQuestion))
	heard := listen(ctx, t)
	defer heard.end()
	for range briefings {
		if t.Say(heard.ctx, c.Language, question, true) != nil {
			break
		}
		for until := time.Now().Add(s.Times.Key / 2); ; {
			key, err := t.Key(heard.ctx, time.Until(until))
			if err == nil && (key == '1' || key == '2') {
				heard.pressed()
				_ = t.Say(ctx, c.Language, prompts.Join(c.Answered(ctx, key == '1'), prompts.P(SayGoodbye)), false)
				return map[byte]string{'1': ResultYes, '2': ResultNo}[key]
			}
			if err != nil && !errors.Is(err, ErrNoKey) {
				return s.unproven(t, heard)
			}
			if err != nil {
				break
			}
		}
	}
	return s.unproven(t, heard)
}
