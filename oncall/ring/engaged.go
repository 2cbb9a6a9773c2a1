package ring

import (
	"context"
	"sync"
	"time"
)

// engaged knows which engineers this house is ringing or talking to right now. Safe for concurrent use.
type engaged struct {
	mu    sync.Mutex
	busy  map[string]bool
	freed chan struct{} // closed when the next one of them is free again
}

func newEngaged() *engaged { return &engaged{busy: map[string]bool{}, freed: make(chan struct{})} }

// take holds name, false at once when somebody else does.
func (e *engaged) take(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.busy[name] {
		return false
	}
	e.busy[name] = true
	return true
}

// free lets the next one have name.
func (e *engaged) free(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.busy, name)
	close(e.freed)
	e.freed = make(chan struct{})
}

// wait waits until one of the names is free, so long at most, or until ctx ends.
func (e *engaged) wait(ctx context.Context, names map[string]bool, most time.Duration) {
	enough := time.NewTimer(most)
	defer enough.Stop()
	for {
		e.mu.Lock()
		all := true
		for name := range names {
			all = all && e.busy[name]
		}
		freed := e.freed
		e.mu.Unlock()
		if !all {
			return
		}
		select {
		case <-freed:
		case <-enough.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
