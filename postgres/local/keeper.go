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

// Keep starts the server and keeps it running until Stop. A patient keeper comes back also when the server does not
// start, and tries on: its first server is then late as one is that ended.
func Keep(ctx context.Context, c Config, patient bool) (*Keeper, error) {
	c, o, err := prepare(c)
	if err != nil {
		return nil, fmt.Errorf("starting the private database: %w", err)
	}
	k := &Keeper{cfg: c, owner: o, gone: make(chan struct{})}
	if k.sockets, err = o.socketFolder(c.Sockets); err != nil {
		return nil, fmt.Errorf("starting the private database: %w", err)
	}
	s, err := begin(ctx, c, o, k.sockets)
	if err != nil {
		if !patient || ctx.Err() != nil {
			_ = os.RemoveAll(k.sockets)
			return nil, fmt.Errorf("starting the private database: %w", err)
		}
		c.Log.Error("the private database does not start; it is tried again and again", "error", err)
	}
	ctx, k.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(k.gone)
		k.watch(ctx, s)
	}()
	return k, nil
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
