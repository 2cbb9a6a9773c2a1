package dispatch

import (
	"context"
	"sync"
	"time"
)

// priority lets callers without a contract wait while those on duty are called for a caller with one. The zero value is
// ready. Safe for concurrent use.
type priority struct {
	mu        sync.Mutex
	contracts int           // searches under way for callers with a contract
	free      chan struct{} // closed when the last of them is over
}

// enter begins the search of a caller with a contract; leave ends it. leave may be called more than once.
func (p *priority) enter() (leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.contracts++; p.contracts == 1 {
		p.free = make(chan struct{})
	}
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.contracts--; p.contracts == 0 {
			close(p.free)
		}
	})
}

// longestWait is how long a caller without a contract waits for the searches of others. Then the engineers are called for him
// too.
const longestWait = 5 * time.Minute

// wait comes back when nobody with a contract is searched for, when ctx ends, or after longestWait.
func (p *priority) wait(ctx context.Context) {
	enough := time.NewTimer(longestWait)
	defer enough.Stop()
	for {
		p.mu.Lock()
		free, busy := p.free, p.contracts > 0
		p.mu.Unlock()
		if !busy {
			return
		}
		select {
		case <-free:
		case <-enough.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
