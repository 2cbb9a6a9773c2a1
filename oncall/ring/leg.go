package ring

import (
	"context"
	"time"

	"hotline/cdr"
)

// Every outgoing call is rung and written down here: the telephones of a search, of a bulletin, of a test call, and the customer's.

// ring rings a telephone for so long at most, or until ctx ends, and begins its leg of the record.
func (s *Search) ring(ctx context.Context, address string, rings time.Duration, as Introduction) (Telephone, cdr.Leg, error) {
	leg := cdr.Leg{Engineer: as.Whose, Address: address, Started: time.Now()}
	ringing, cancel := context.WithTimeoutCause(ctx, rings, ErrUnheard)
	defer cancel()
	t, err := s.Telephones.Ring(ringing, address, as)
	if err != nil {
		return nil, leg, err
	}
	leg.Answered = time.Now()
	return t, leg, nil
}

// write ends a leg and writes it into the record of a call; empty for none. t is nil where nobody has picked up.
func (s *Search) write(ctx context.Context, call string, leg cdr.Leg, t Telephone, result string) {
	leg.Ended, leg.Result = time.Now(), result
	if t != nil {
		leg.Quality = t.Quality()
	}
	s.Book.Leg(context.WithoutCancel(ctx), call, leg)
}
