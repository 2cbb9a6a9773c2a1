// Package listenertest stands for the Alerting Manager in the tests of listeners: it fails as it is told to, and shows what it took.
package listenertest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"hotline/intake"
	"hotline/intake/listener"
)

// patience is how long a test waits for what a real program sends. Nothing is decided by it.
const patience = 20 * time.Second

// kept is how many messages wait for the test to look at them.
const kept = 100_000

// Taken is one batch that the Alerting Manager was handed.
type Taken struct {
	Origin intake.Origin
	Batch  intake.Batch
}

// Manager takes alerts for one test. Safe for concurrent use.
type Manager struct {
	Taken   chan Taken           // what it took, in its order
	Results chan listener.Result // what became of each message

	t   *testing.T
	mu  sync.Mutex
	err error
}

// New makes a manager that takes everything.
func New(t *testing.T) *Manager {
	return &Manager{t: t, Taken: make(chan Taken, kept), Results: make(chan listener.Result, kept)}
}

// Take takes a batch, or fails.
func (m *Manager) Take(_ context.Context, o intake.Origin, b intake.Batch, _ time.Time) (intake.Outcome, error) {
	m.mu.Lock()
	err := m.err
	m.mu.Unlock()
	if err == nil {
		m.Taken <- Taken{o, b}
	}
	return intake.Outcome{}, err
}

// Fails has every try fail from now on; nil: none does.
func (m *Manager) Fails(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// Counts counts for a listener of that name, and shows each message in Results.
func (m *Manager) Counts(name string, log *slog.Logger) *listener.Counts {
	return listener.NewCounts(name, func(r listener.Result, n int) {
		for range n {
			m.Results <- r
		}
	}, time.Now, log)
}

// Next waits for what is taken next.
func (m *Manager) Next() Taken {
	m.t.Helper()
	select {
	case taken := <-m.Taken:
		return taken
	case <-time.After(patience):
		m.t.Fatal("nothing was taken")
	}
	return Taken{}
}

// Becomes waits for the next message, and holds what becomes of it.
func (m *Manager) Becomes(want listener.Result) {
	m.t.Helper()
	select {
	case r := <-m.Results:
		if r != want {
			m.t.Errorf("the message was %s, want %s", r, want)
		}
	case <-time.After(patience):
		m.t.Errorf("no message came, want %s", want)
	}
}

// Run runs a listener until stop is called, or the test ends.
func Run(t *testing.T, l interface{ Run(ctx context.Context) }) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return stop
}
