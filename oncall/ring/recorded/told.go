package recorded

import (
	"context"
	"time"

	"hotline/prompts"
)

// The sentences about the recording of a talk, by their names in the catalogue.
const (
	SayTold   prompts.ID = "talk-told"   // engineer, and a customer who is called: the talk may be recorded
	SayRefuse prompts.ID = "talk-refuse" // customer who is called
	SayEnded  prompts.ID = "talk-ended"  // both: somebody has refused, and from now on the talk is not recorded
)

// Who refuses, where that is no engineer, in the words of the ticket's history.
const (
	Caller   = "the caller"
	Customer = "the customer"
	Operator = "the operator"
)

// timeToRefuse is how long a customer who was called has for the key that refuses the recording, once the sentence is over.
const timeToRefuse = 2 * time.Second

// Phone is a picked-up telephone of a customer who was called. Used by one goroutine.
type Phone interface {
	Say(ctx context.Context, lang prompts.Language, p prompts.Phrase, bargeIn bool) error
	Key(ctx context.Context, wait time.Duration) (byte, error)
}

// Tells tells a customer who has picked up that the talk may be recorded, and how to refuse. It gives the session; nil where the customer has
// not heard it to its end. A customer who refuses ends the session. A nil session has nothing said.
func (t *Session) Tells(ctx context.Context, customer Phone, lang prompts.Language) *Session {
	if t == nil {
		return nil
	}
	_, _ = customer.Key(ctx, 0) // from now on tones count: many press before the sentence is over
	if err := customer.Say(ctx, lang, prompts.P(SayTold, SayRefuse), false); err != nil {
		return nil
	}
	for until := time.Now().Add(timeToRefuse); ; { // other keys may have come before, or beside it
		k, err := customer.Key(ctx, time.Until(until))
		if err != nil {
			return t
		}
		if k == Key {
			t.Refuse("", Customer)
			return t
		}
	}
}

// CallingBack is calling, which an engineer hears before the customer is rung, behind what must be told of the recording.
func (t *Session) CallingBack(calling prompts.ID) prompts.Phrase {
	if t == nil {
		return prompts.P(calling)
	}
	return prompts.P(SayTold, calling)
}
