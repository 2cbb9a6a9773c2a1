package circuitbreaker

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

var errDown, errBusy = errors.New("down"), errors.New("busy")

// service answers at once, with an error, or never.
type service struct {
	asked int
	err   error
	hangs bool
}

func (s *service) request(ctx context.Context) error {
	s.asked++
	if s.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.err
}

// TestTheCircuitOpensAndCloses goes through every kind of answer, with both rules for what opens the circuit.
func TestTheCircuitOpensAndCloses(t *testing.T) {
	onlyLate := func(err error, late bool) bool { return late && !errors.Is(err, errBusy) }
	for name, c := range map[string]struct {
		trips  func(error, bool) bool
		answer service
		gone   bool // the one who asked has gone
		waits  time.Duration
		wants  error
		opens  bool
	}{
		"an answer":                     {answer: service{}},
		"an error, every one opens":     {answer: service{err: errDown}, wants: errDown, opens: true},
		"an error, only time opens":     {trips: onlyLate, answer: service{err: errDown}, wants: errDown},
		"busy, only time opens":         {trips: onlyLate, answer: service{err: errBusy}, wants: errBusy},
		"no answer":                     {answer: service{hangs: true}, waits: time.Second, wants: ErrTimeout, opens: true},
		"no answer, only time opens":    {trips: onlyLate, answer: service{hangs: true}, waits: time.Second, wants: ErrTimeout, opens: true},
		"no answer to one who has gone": {answer: service{hangs: true}, gone: true, wants: context.Canceled},
		"an error to one who has gone":  {answer: service{err: errDown}, gone: true, wants: errDown},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := New(Config{Timeout: time.Second, Cooldown: 5 * time.Second, Trips: c.trips})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.gone {
					cancel()
				}
				s, began := c.answer, time.Now()
				if err := b.Do(ctx, s.request); !errors.Is(err, c.wants) || time.Since(began) != c.waits {
					t.Errorf("the first: %v after %v, want %v after %v", err, time.Since(began), c.wants, c.waits)
				}
				well := service{}
				next := func() bool { return errors.Is(b.Do(t.Context(), well.request), ErrOpen) }
				if open := next(); open != c.opens || well.asked == 1 == open {
					t.Errorf("the next one finds the circuit open: %v; asked %d times", open, well.asked)
				}
				time.Sleep(5 * time.Second)
				if next() {
					t.Error("after the cooldown the circuit is still open")
				}
			})
		})
	}
}

func TestAServiceThatIsKnownToAnswerIsAskedAtOnce(t *testing.T) {
	b := New(Config{Timeout: time.Second, Cooldown: time.Hour})
	s := service{err: errDown}
	_ = b.Do(t.Context(), s.request)
	if err := b.Do(t.Context(), s.request); !errors.Is(err, ErrOpen) || s.asked != 1 {
		t.Fatalf("%v, asked %d times", err, s.asked)
	}
	b.Close()
	if err := b.Do(t.Context(), s.request); !errors.Is(err, errDown) || s.asked != 2 {
		t.Errorf("%v, asked %d times", err, s.asked)
	}
}
