package app

import (
	"context"
	"sync"
	"time"
)

// precedence lets callers without a contract wait while the rota is called for those with one. The zero value is ready.
// Safe for concurrent use.
type precedence struct {
	mu        sync.Mutex
	contracts int           // searches under way for contract callers
	free      chan struct{} // closed when the last of them is over
}

// enter begins a contract caller's search; leave ends it.
func (p *precedence) enter() (leave func()) {
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

// longestTurn is how long a caller without a contract is kept from the rota by others: then it is called for him too.
const longestTurn = 5 * time.Minute

// wait comes back when no contract caller is searched for, or ctx ends, or it has waited long enough.
func (p *precedence) wait(ctx context.Context) {
	enough := time.NewTimer(longestTurn)
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
