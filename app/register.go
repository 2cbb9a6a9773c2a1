package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"hotline/limits"
	"hotline/tickets"
)

const (
	waitingCalls = 10_000                 // records kept for a store that is down; the oldest ones go first
	callsAtOnce  = 200                    // records in one write
	gathering    = 100 * time.Millisecond // between two writes of a busy line: its records go together
)

// register keeps the record of every call: alive ones here, ended ones on their way to the store. Safe for concurrent
// use.
type register struct {
	store tickets.Calls
	log   *slog.Logger
	wake  chan struct{} // one deep: something waits

	mu      sync.Mutex
	alive   map[tickets.CallID]*tickets.Call
	waiting map[tickets.CallID]tickets.Call
	order   []tickets.CallID // of waiting, and of some that are no longer
	late    []lateLeg
}

// lateLeg is a leg of a call that has ended: the rota was called without the caller.
type lateLeg struct {
	call tickets.CallID
	leg  tickets.Leg
}

func newRegister(s tickets.Calls, log *slog.Logger) *register {
	return &register{store: s, log: log, wake: make(chan struct{}, 1), alive: map[tickets.CallID]*tickets.Call{}, waiting: map[tickets.CallID]tickets.Call{}}
}

// begin enters a call.
func (r *register) begin(c tickets.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alive[c.ID] = &c
	r.write(c)
}

// change alters a living call's record, and tells whether there is one.
func (r *register) change(id tickets.CallID, f func(*tickets.Call)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.alive[id]
	if ok {
		f(c)
		r.write(*c)
	}
	return ok
}

// leg enters an outgoing leg, also of a call that has ended.
func (r *register) leg(id tickets.CallID, l tickets.Leg) {
	if id == "" || r.change(id, func(c *tickets.Call) { c.Legs = append(c.Legs, l) }) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.late) < waitingCalls {
		r.late = append(r.late, lateLeg{id, l})
	}
	r.stir()
}

// end closes a call's record: what comes of it from now on is late.
func (r *register) end(id tickets.CallID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.alive, id)
}

// write queues a copy for the store; r.mu is held.
func (r *register) write(c tickets.Call) {
	c.Legs = append([]tickets.Leg(nil), c.Legs...)
	c.Steps = append([]string(nil), c.Steps...)
	limits.Apply(&c)
	if _, waits := r.waiting[c.ID]; !waits {
		r.order = append(r.order, c.ID)
	}
	r.waiting[c.ID] = c
	for len(r.waiting) > waitingCalls {
		delete(r.waiting, r.order[0])
		r.order = r.order[1:]
	}
	r.stir()
}

// stir wakes run.
func (r *register) stir() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// run writes records to the store until ctx ends, and then what is left. The first one is written at once, what follows
// ten times a second.
func (r *register) run(ctx context.Context) {
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
		case <-time.After(gathering):
		case <-ctx.Done():
		}
	}
}

// flush writes what waits and stops when the store is down.
func (r *register) flush(ctx context.Context) {
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
func (r *register) put(ctx context.Context, list []tickets.Call) bool {
	err := r.store.PutCalls(ctx, list...)
	switch {
	case err == nil:
		return true
	case errors.Is(err, tickets.ErrDown) || ctx.Err() != nil:
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
func (r *register) flushLate(ctx context.Context) {
	for {
		r.mu.Lock()
		if len(r.late) == 0 {
			r.mu.Unlock()
			return
		}
		l := r.late[0]
		r.late = r.late[1:]
		r.mu.Unlock()
		c, err := r.store.Call(ctx, l.call)
		if err == nil {
			c.Legs = append(c.Legs, l.leg)
			limits.Apply(&c)
			err = r.store.PutCalls(ctx, c)
		}
		if err != nil && !errors.Is(err, tickets.ErrDown) && ctx.Err() == nil {
			r.log.Error("a leg of an ended call is not kept", "call", l.call, "error", err)
			continue
		}
		if err != nil {
			r.log.Warn("a leg of an ended call waits", "call", l.call, "error", err)
			r.mu.Lock()
			r.late = append(r.late, l)
			r.mu.Unlock()
			return
		}
	}
}

// next takes the records that have waited longest.
func (r *register) next() []tickets.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []tickets.Call
	for len(r.order) > 0 && len(list) < callsAtOnce {
		id := r.order[0]
		r.order = r.order[1:]
		if c, waits := r.waiting[id]; waits {
			delete(r.waiting, id)
			list = append(list, c)
		}
	}
	return list
}

// again puts records back, but for those of which a newer one came meanwhile.
func (r *register) again(list []tickets.Call) {
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
