package sip

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
)

// lifetime counts what an agent has under way, so that Stop can wait for it. Every goroutine of the agent begins here, and
// every callback of sipgo or of a timer enters here. Safe for concurrent use.
type lifetime struct {
	log    *slog.Logger
	ctx    context.Context // ends when the agent stops
	cancel context.CancelCauseFunc
	quit   chan struct{} // closed when Stop begins: calls being dialled are taken back

	mu      sync.Mutex
	started bool
	stopped bool          // nothing may begin any more
	over    chan struct{} // made by the first Stop, closed when it is over
	inHand  int           // what enter let in and done has not ended yet
	idle    chan struct{} // closed when nothing is in hand; nil: nobody waits for that
}

func newLifetime(log *slog.Logger) *lifetime {
	l := &lifetime{log: log, quit: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancelCause(context.Background())
	return l
}

// start tells whether this is the first start.
func (l *lifetime) start() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := !l.started
	l.started = true
	return first
}

// stop begins the end: first tells that the caller has to carry it out and then to close over. Where the agent was never
// started there is nothing to carry out, and over is nil. Everybody else waits for over.
func (l *lifetime) stop() (over chan struct{}, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.over != nil:
		return l.over, false
	case !l.started:
		l.stopped = true
		return nil, false
	}
	l.over = make(chan struct{})
	close(l.quit)
	return l.over, true
}

// end lets nothing begin any more and ends the context.
func (l *lifetime) end() {
	l.mu.Lock()
	l.stopped = true
	l.mu.Unlock()
	l.cancel(ErrStopped)
}

// isStopped tells whether nothing may begin any more.
func (l *lifetime) isStopped() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped
}

// enter counts one activity that Stop waits for; false when it is too late.
func (l *lifetime) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return false
	}
	l.inHand++
	return true
}

// done ends what enter began.
func (l *lifetime) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inHand--; l.inHand == 0 && l.idle != nil {
		close(l.idle)
		l.idle = nil
	}
}

// whenIdle is closed once nothing is in hand.
func (l *lifetime) whenIdle() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.idle == nil {
		l.idle = make(chan struct{})
	}
	idle := l.idle
	if l.inHand == 0 {
		close(idle)
		l.idle = nil
	}
	return idle
}

// spawn runs f in a goroutine that Stop waits for and no panic escapes from; false when it is too late.
func (l *lifetime) spawn(what, callID string, f func()) bool {
	if !l.enter() {
		return false
	}
	go func() {
		defer l.done()
		defer l.caught(what, callID, nil)
		f()
	}()
	return true
}

// caught turns a panic into one log line; then is called after one.
func (l *lifetime) caught(what, callID string, then func()) {
	r := recover()
	if r == nil {
		return
	}
	l.log.Error("sip: panic", "in", what, "call", callID, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
	if then != nil {
		then()
	}
}
