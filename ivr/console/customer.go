package console

import (
	"context"
	"errors"
	"strings"

	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/tickets"
)

// callCustomer rings the ticket's customer and joins the two; the engineer hears music meanwhile and has the menu again afterwards.
// Where the line cannot ring the number it is said instead.
func (s *session) callCustomer(t tickets.Ticket) error {
	called, err := s.cfg.CallCustomer(s.ctx, s.call, s.lang, s.who, t.Number)
	switch {
	case s.ctx.Err() != nil:
		return context.Cause(s.ctx)
	case errors.Is(err, ring.ErrNoNumber):
		return s.sayAnew(prompts.Join(prompts.P("console-no-customer"), s.numberOf(t)))
	case err != nil:
		return s.trouble("calling a customer", err)
	case !called:
		return s.sayAnew(prompts.P("console-no-answer"))
	}
	s.worked = t.Number
	return s.sayAnew(prompts.P("console-call-over"))
}

// numberOf says the number on a ticket; nothing where there is none that can be read out.
func (s *session) numberOf(t tickets.Ticket) prompts.Phrase {
	digits := strings.TrimPrefix(s.cfg.Spoken(t.Caller), "+")
	if len(digits) < 3 || strings.Trim(digits, "0123456789") != "" {
		return nil
	}
	return prompts.Join(prompts.P(ring.SayCustomerNumber), prompts.Digits(digits))
}
