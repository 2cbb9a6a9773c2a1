// Package duty tells who is on duty now, also while the store is down.
//
// The rota is read anew for each search. Its last good copy is kept in memory and on the disk, for the time in which the store
// does not answer. oncall/ring asks for the plan. It starts no goroutine.
package duty

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"time"

	"hotline/circuitbreaker"
	"hotline/oncall"
)

const (
	timeout  = 2 * time.Second // a caller waits no longer for the rota
	cooldown = 5 * time.Second // a store that did not answer in time is not asked for so long
	copyName = "rota"          // of the copy on the disk
)

// Store is where rota and engineers stand. oncall.Store implements it.
type Store interface {
	Rota(ctx context.Context) (oncall.Rota, error)
	Engineers(ctx context.Context) ([]oncall.Engineer, error)
}

// Copy keeps values on the disk by name. journal.Cache implements it.
type Copy interface {
	Put(name string, v any) error
	Get(name string, v any) error
}

// facts is what a plan is made of. It is the form of the copy on the disk.
type facts struct {
	Rota      oncall.Rota
	Engineers []oncall.Engineer
}

// Roster plans whom to ring. Safe for concurrent use.
type Roster struct {
	store   Store
	copy    Copy
	log     *slog.Logger
	breaker *circuitbreaker.Breaker

	mu    sync.Mutex
	last  facts // as the store last gave it, or as the disk remembers it
	known bool
	edits int // how often last was replaced
}

// New makes a roster; it reads nothing.
func New(s Store, c Copy, log *slog.Logger) *Roster {
	return &Roster{store: s, copy: c, log: log, breaker: circuitbreaker.New(circuitbreaker.Config{
		Timeout: timeout, Cooldown: cooldown, Trips: func(_ error, late bool) bool { return late },
	})}
}

// Plan gives the telephones to ring, in their order, and tells whether there is a gap in the rota. The telephones of first, where
// one is named, stand in front. It implements ring.Duty.
func (r *Roster) Plan(ctx context.Context, now time.Time, first oncall.EngineerID) ([]oncall.Attempt, bool, error) {
	f, err := r.read(ctx)
	if err != nil {
		return nil, false, err
	}
	attempts, gap, err := oncall.Plan(f.Rota, f.Engineers, now)
	return oncall.First(attempts, f.Engineers, first), gap, err
}

// read asks the store, and takes the last good copy where it does not answer.
func (r *Roster) read(ctx context.Context) (f facts, err error) {
	err = r.breaker.Do(ctx, func(ctx context.Context) error {
		if f.Rota, err = r.store.Rota(ctx); err == nil {
			f.Engineers, err = r.store.Engineers(ctx)
		}
		return err
	})
	last, known := r.lastGood()
	switch {
	case err == nil && known && last.Rota.Version == f.Rota.Version && reflect.DeepEqual(last.Engineers, f.Engineers):
	case err == nil:
		r.remember(f)
		if err := r.copy.Put(copyName, f); err != nil { // a full disk wakes nobody less
			r.log.Warn("the copy of the rota is stale", "error", err)
		}
	case known:
		return last, nil
	default:
		var kept facts
		if r.copy.Get(copyName, &kept) != nil {
			return facts{}, fmt.Errorf("reading the rota: %w", err)
		}
		r.remember(kept)
		return kept, nil
	}
	return f, nil
}

func (r *Roster) remember(f facts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.known = f, true
	r.edits++
}

func (r *Roster) lastGood() (f facts, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, r.known
}

// engineers are those of the last plan, and how often they were replaced.
func (r *Roster) engineers() ([]oncall.Engineer, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last.Engineers, r.edits
}

// HasTelephone tells whether a telephone of an engineer is one that same takes for the one asked for, by the last plan.
func (r *Roster) HasTelephone(same func(telephone string) bool) bool {
	f, _ := r.lastGood()
	return slices.ContainsFunc(f.Engineers, func(e oncall.Engineer) bool { return slices.ContainsFunc(e.Phones, same) })
}
