package ring

import (
	"context"
	"sync"
)

// engaged knows which engineers this house is ringing or talking to right now. Safe for concurrent use.
type engaged struct {
	mu   sync.Mutex
	busy map[string]chan struct{} // closed when the engineer is free again
}

func newEngaged() *engaged { return &engaged{busy: map[string]chan struct{}{}} }

// take waits until nobody else holds name, then holds it; false when ctx ended first.
func (e *engaged) take(ctx context.Context, name string) bool {
	for {
		e.mu.Lock()
		other, held := e.busy[name]
		if !held {
			e.busy[name] = make(chan struct{})
			e.mu.Unlock()
			return true
		}
		e.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return false
		}
	}
}

// free lets the next one have name.
func (e *engaged) free(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.busy[name])
	delete(e.busy, name)
}
