// Package circuitbreaker keeps callers from waiting one after the other for a service that does not answer.
//
// The first caller waits until the timeout. That opens the circuit: for the cooldown nobody is made to wait, and everybody
// gets an error at once. The ticket store of calls, the rota and the leases of ticket numbers use it. It starts no goroutine.
package circuitbreaker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrOpen says that the service was not asked, because it failed a moment ago.
var ErrOpen = errors.New("not asked: it failed a moment ago")

// ErrTimeout says that the service was asked and did not answer within the timeout.
var ErrTimeout = errors.New("no answer in time")

// Config is how a [Breaker] behaves.
type Config struct {
	Timeout  time.Duration // a request is given up after it; required
	Cooldown time.Duration // how long the circuit stays open; required
	// Trips tells whether a failed request opens the circuit; late says that it ran into the timeout. Nil: every failure does.
	Trips func(err error, late bool) bool
}

// Breaker is the circuit to one service. Safe for concurrent use.
type Breaker struct {
	cfg Config

	mu    sync.Mutex
	until time.Time // the circuit is open until then
}

// New makes a breaker whose circuit is closed.
func New(c Config) *Breaker {
	if c.Trips == nil {
		c.Trips = func(error, bool) bool { return true }
	}
	return &Breaker{cfg: c}
}

// Do sends a request to the service, with a context that ends at the timeout. While the circuit is open it does not: the
// error wraps ErrOpen. Where the request itself ran into the timeout and opened the circuit, the error wraps ErrTimeout and
// the request's own. A request whose ctx has ended says nothing about the service.
func (b *Breaker) Do(ctx context.Context, request func(context.Context) error) error {
	b.mu.Lock()
	open := time.Now().Before(b.until)
	b.mu.Unlock()
	if open {
		return ErrOpen
	}
	bounded, cancel := context.WithTimeout(ctx, b.cfg.Timeout)
	defer cancel()
	err := request(bounded)
	late := errors.Is(bounded.Err(), context.DeadlineExceeded)
	if err == nil || ctx.Err() != nil || !b.cfg.Trips(err, late) {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = time.Now().Add(b.cfg.Cooldown)
	if late {
		return fmt.Errorf("%w (%v): %w", ErrTimeout, b.cfg.Timeout, err)
	}
	return err
}

// Close closes the circuit: the service is known to answer again.
func (b *Breaker) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = time.Time{}
}
