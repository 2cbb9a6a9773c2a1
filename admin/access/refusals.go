package access

import (
	"net/netip"
	"sync"
	"time"
)

const (
	refusalsMost = 20          // a minute, of one source: its requests are then refused unseen
	refusalTime  = time.Minute // from the first one
	sourcesMost  = 10_000      // remembered; beyond, those whose minute is over are forgotten
)

// Refusals counts requests with a wrong token, by source. This machine is never refused unseen: a proxy stands there, and
// all who come by it. The zero value is ready. Safe for concurrent use.
type Refusals struct {
	mu     sync.Mutex
	counts map[netip.Addr]*count
}

type count struct {
	since time.Time
	n     int
}

// Spent tells whether a source has used its refusals up.
func (r *Refusals) Spent(from netip.Addr, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.counts[source(from)]
	return ok && !from.IsLoopback() && now.Sub(c.since) < refusalTime && c.n >= refusalsMost
}

// Note counts one refusal.
func (r *Refusals) Note(from netip.Addr, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[netip.Addr]*count{}
	}
	key := source(from)
	c, ok := r.counts[key]
	if !ok {
		if len(r.counts) >= sourcesMost {
			r.forget(now)
		}
		c = &count{since: now}
		r.counts[key] = c
	}
	if now.Sub(c.since) >= refusalTime {
		*c = count{since: now}
	}
	c.n++
}

func (r *Refusals) forget(now time.Time) {
	for key, c := range r.counts {
		if now.Sub(c.since) >= refusalTime {
			delete(r.counts, key)
		}
	}
	if len(r.counts) >= sourcesMost { // so many at once: those who come now are counted anew
		clear(r.counts)
	}
}

// source is a host, or the network that one host of IPv6 has to itself.
func source(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}
