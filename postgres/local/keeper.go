package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Keeper keeps a private server running: one that ends unasked is started again, and is reached at the same place.
// Safe for concurrent use.
type Keeper struct {
	cfg     Config
	owner   owner
	sockets string
	cancel  context.CancelFunc
	gone    chan struct{} // closed when the keeper's goroutine has ended
	ran     bool          // a server has run here; the keeper's goroutine's
	once    sync.Once
}

// Times between two attempts at starting a server again.
const (
	firstRetry = 200 * time.Millisecond
	lastRetry  = 10 * time.Second
)

// firstTime is how long a patient Keep waits for the first server, which may have to recover for minutes after a power cut.
const firstTime = 3 * time.Second

// Keep starts the server and keeps it running until Stop. A patient keeper comes back after three seconds also when
// the server does not start or takes its time, and tries on: its first server is then late as one is that ended.
func Keep(ctx context.Context, c Config, patient bool) (*Keeper, error) {
	c, o, err := prepare(c)
	if err != nil {
		return nil, fmt.Errorf("starting the private database: %w", err)
	}
	k := &Keeper{cfg: c, owner: o, gone: make(chan struct{})}
	if k.sockets, err = o.socketFolder(c.Sockets); err != nil {
		return nil, fmt.Errorf("starting the private database: %w", err)
	}
	begun := make(chan error, 1)
	all, cancel := context.WithCancel(context.WithoutCancel(ctx))
	k.cancel = cancel
	go func() {
		defer close(k.gone)
		s, err := k.first(ctx, all, patient)
		begun <- err
		if err == nil || patient {
			k.watch(all, s)
		}
	}()
	if err := k.await(ctx, begun, patient); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the private database: %w", err), k.Stop())
	}
	return k, nil
}

// first starts the first server. With a patient keeper it may still be starting when Keep has come back.
func (k *Keeper) first(ctx, all context.Context, patient bool) (*Server, error) {
	if patient {
		ctx = all
	}
	return begin(ctx, k.cfg, k.owner, k.sockets)
}

// await waits for the first server.
func (k *Keeper) await(ctx context.Context, begun <-chan error, patient bool) error {
	if !patient {
		return <-begun
	}
	wait := time.NewTimer(firstTime)
	defer wait.Stop()
	select {
	case err := <-begun:
		if err != nil {
			k.cfg.Log.Error("the private database does not start; it is tried again and again", "error", err)
		}
	case <-wait.C:
		k.cfg.Log.Warn("the private database takes its time to start; nobody waits for it")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// URL is where the server is reached, also after it was started again.
func (k *Keeper) URL() string { return urlOf(k.sockets) }

// watch starts the server again whenever it has ended, until ctx ends; then it stops the last one.
func (k *Keeper) watch(ctx context.Context, s *Server) {
	wait := firstRetry
	for {
		if s != nil {
			k.ran = true
			select {
			case <-ctx.Done():
				if err := s.Stop(); err != nil {
					k.cfg.Log.Warn("the private database", "error", err)
				}
				return
			case <-s.gone:
				k.cfg.Log.Error("the private database has ended and is started again", "error", s.ended)
				wait = firstRetry
			}
		}
		pause := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
		var err error
		if s, err = k.again(ctx); err != nil {
			s = nil
			if wait = min(2*wait, lastRetry); ctx.Err() == nil {
				k.cfg.Log.Error("the private database does not start again", "error", err, "next_try", wait)
			}
			continue
		}
		k.cfg.Log.Info("the private database runs again")
	}
}

// again starts a server where the former one was reached; somebody may have tidied the folder up meanwhile.
func (k *Keeper) again(ctx context.Context) (*Server, error) {
	if _, err := os.Stat(filepath.Join(k.cfg.Dir, versionFile)); k.ran && errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: the cluster %s is gone; put it back: a new one is made by a new start only", ErrFolder, k.cfg.Dir)
	}
	if err := k.owner.give(k.sockets); err != nil {
		return nil, err
	}
	return begin(ctx, k.cfg, k.owner, k.sockets)
}

// Stop stops the server and waits for it. Idempotent.
func (k *Keeper) Stop() error {
	k.once.Do(func() {
		k.cancel()
		<-k.gone
	})
	return os.RemoveAll(k.sockets)
}
