// Package calls keeps the record of every call: who called, what came of it, and how its legs and their sound were.
//
// Records go to the store together, ten times a second. They are not journalled: a crash may lose those of its last tenth of a
// second. Goroutines: [Records.Run] is one, which its caller starts and waits for.
package calls

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"hotline/cdr"
	"hotline/limits"
	"hotline/storage"
	"hotline/tickets"
)

const (
	waitingCalls = 10_000                 // records kept for a store that is down; beyond it the oldest ones are given up
	callsAtOnce  = 200                    // records in one write
	writeTime    = 100 * time.Millisecond // between two writes of a busy line: its records go together
)

// Records are the records of all calls: those of living calls, and those on their way to the store. Safe for concurrent use.
type Records struct {
	store cdr.Store
	log   *slog.Logger
	wake  chan struct{} // one deep: something waits
	told  func(cdr.Call)
	ended func(cdr.Call)

	mu      sync.Mutex
	alive   map[tickets.CallID]*cdr.Call
	waiting map[tickets.CallID]cdr.Call
	order   []tickets.CallID // of waiting, and of some that are no longer
	late    []lateLeg
}

var (
	callBounds = limits.For[cdr.Call]()
	legBounds  = limits.For[cdr.Leg]()
)

// lateLeg is a leg of a call that has ended: the rota was called without the caller. Or it is one of no call.
type lateLeg struct {
	call tickets.CallID // empty: of none
	leg  cdr.Leg
}

// New makes records that go to a store. Run writes them.
func New(s cdr.Store, log *slog.Logger) *Records {
	return &Records{store: s, log: log, wake: make(chan struct{}, 1), alive: map[tickets.CallID]*cdr.Call{}, waiting: map[tickets.CallID]cdr.Call{}}
}

// Tell has f hear of every call as its record stands: when it begins, changes and ends. f must not call back, nor wait. It is called
// before the first call.
func (r *Records) Tell(f func(cdr.Call)) { r.told = f }

// TellEnded has f hear of every call whose record is closed, whole. A leg that comes later is told of by itself, in a call that has nothing but
// its ID and this leg. f must not call back, nor wait. It is called before the first call.
func (r *Records) TellEnded(f func(cdr.Call)) { r.ended = f }

// Alive are the calls that go on now on this node, the oldest first.
func (r *Records) Alive() []cdr.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]cdr.Call, 0, len(r.alive))
	for _, c := range r.alive {
		if c.Ended.IsZero() {
			own := *c
			own.Legs, own.Steps = slices.Clone(c.Legs), slices.Clone(c.Steps)
			list = append(list, own)
		}
	}
	slices.SortFunc(list, func(a, b cdr.Call) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID)) })
	return list
}

// Begin enters a call, once it is answered.
func (r *Records) Begin(c cdr.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alive[c.ID] = &c
	r.write(c)
}

// Change alters the record of a living call. It is false when there is none. f must not call back.
func (r *Records) Change(id tickets.CallID, f func(*cdr.Call)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.alive[id]
	if ok {
		f(c)
		r.write(*c)
	}
	return ok
}

// AddLeg enters an outgoing leg, also of a call that has ended. A leg of no call is kept by itself where it was rung for a ticket.
func (r *Records) AddLeg(id tickets.CallID, l cdr.Leg) {
	if id == "" && l.Ticket == 0 || id != "" && r.Change(id, func(c *cdr.Call) { c.Legs = append(c.Legs, l) }) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.late) < waitingCalls {
		r.late = append(r.late, lateLeg{id, l})
	}
	if id != "" && r.ended != nil {
		r.ended(cdr.Call{ID: id, Legs: []cdr.Leg{l}})
	}
	r.notify()
}

// End closes the record of a call. A leg that comes later is added to what the store has.
func (r *Records) End(id tickets.CallID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.alive[id]; ok && r.ended != nil {
		own := *c
		own.Legs, own.Steps = slices.Clone(c.Legs), slices.Clone(c.Steps)
		r.ended(own)
	}
	delete(r.alive, id)
}

// write queues a copy for the store; r.mu is held.
func (r *Records) write(c cdr.Call) {
	c.Legs = append([]cdr.Leg(nil), c.Legs...)
	c.Steps = append([]string(nil), c.Steps...)
	if _, waits := r.waiting[c.ID]; !waits {
		r.order = append(r.order, c.ID)
	}
	r.waiting[c.ID] = c
	if r.told != nil {
		r.told(c)
	}
	for len(r.waiting) > waitingCalls {
		delete(r.waiting, r.order[0])
		r.order = r.order[1:]
	}
	r.notify()
}

// notify wakes Run.
func (r *Records) notify() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run writes records to the store until ctx ends, and then what is left, for at most five seconds. The first one is written at
// once, what follows ten times a second.
func (r *Records) Run(ctx context.Context) {
	retry := time.NewTicker(5 * time.Second)
	defer retry.Stop()
	for {
		select {
		case <-r.wake:
		case <-retry.C:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			r.flush(last)
			return
		}
		r.flush(ctx)
		select {
		case <-time.After(writeTime):
		case <-ctx.Done():
		}
	}
}

// flush writes what waits and stops when the store is down.
func (r *Records) flush(ctx context.Context) {
	for {
		list := r.next()
		if len(list) == 0 {
			r.flushLate(ctx)
			return
		}
		if !r.put(ctx, list) {
			return
		}
	}
}

// put writes records; false when the store is down and they wait again. A record that it refuses for another reason is
// given up: it would be refused for ever, and keep the others.
func (r *Records) put(ctx context.Context, list []cdr.Call) bool {
	err := r.store.PutCalls(ctx, list...)
	switch {
	case err == nil:
		return true
	case errors.Is(err, storage.ErrDown) || ctx.Err() != nil:
		r.log.Warn("records of calls wait", "calls", len(list), "error", err)
		r.again(list)
		return false
	case len(list) == 1:
		r.log.Error("record of a call is refused by the store", "call", list[0].ID, "error", err)
		return true
	}
	for i := range list {
		if !r.put(ctx, list[i:i+1]) {
			r.again(list[i+1:])
			return false
		}
	}
	return true
}

// flushLate adds late legs to the records that stand in the store already.
func (r *Records) flushLate(ctx context.Context) {
	for {
		r.mu.Lock()
		if len(r.late) == 0 {
			r.mu.Unlock()
			return
		}
		l := r.late[0]
		r.late = r.late[1:]
		r.mu.Unlock()
		err := r.keep(ctx, l)
		if err != nil && !errors.Is(err, storage.ErrDown) && ctx.Err() == nil {
			r.log.Error("a leg is not kept", "call", l.call, "error", err)
			continue
		}
		if err != nil {
			r.log.Warn("a leg waits", "call", l.call, "error", err)
			r.mu.Lock()
			r.late = append(r.late, l)
			r.mu.Unlock()
			return
		}
	}
}

// keep writes a leg by itself, or into the record of its call.
func (r *Records) keep(ctx context.Context, l lateLeg) error {
	if l.call == "" {
		legBounds.Apply(&l.leg)
		return r.store.PutLeg(ctx, l.leg)
	}
	c, err := r.store.Call(ctx, l.call)
	if err != nil {
		return err
	}
	c.Legs = append(c.Legs, l.leg)
	callBounds.Apply(&c)
	return r.store.PutCalls(ctx, c)
}

// next takes the records that have waited longest.
func (r *Records) next() []cdr.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []cdr.Call
	for len(r.order) > 0 && len(list) < callsAtOnce {
		id := r.order[0]
		r.order = r.order[1:]
		if c, waits := r.waiting[id]; waits {
			delete(r.waiting, id)
			callBounds.Apply(&c)
			list = append(list, c)
		}
	}
	return list
}

// again puts records back, but for those of which a newer one came meanwhile.
func (r *Records) again(list []cdr.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []tickets.CallID
	for _, c := range list {
		if _, newer := r.waiting[c.ID]; !newer {
			r.waiting[c.ID] = c
			ids = append(ids, c.ID)
		}
	}
	r.order = append(ids, r.order...)
}
