package sip

import (
	"hash/maphash"
	"sync"
	"time"
)

// Repeats are how many datagrams were repeats of one before, since the start: what was lost on the way, or answered late.
type Repeats struct{ Sent, Received uint64 }

// repeats finds repeated datagrams among the last few thousand, by a hash with a secret seed: a repeat is the same octets
// within 32 s (RFC 3261 17.1.1.2). Safe for concurrent use.
type repeats struct {
	seed maphash.Seed
	mu   sync.Mutex
	last []glimpse
	n    uint64
}

type glimpse struct {
	hash uint64
	at   time.Time
}

const glimpses = 4096

func newRepeats() *repeats {
	return &repeats{seed: maphash.MakeSeed(), last: make([]glimpse, glimpses)}
}

// see takes note of one datagram.
func (r *repeats) see(message []byte, now time.Time) {
	h := maphash.Bytes(r.seed, message)
	r.mu.Lock()
	defer r.mu.Unlock()
	slot := &r.last[h%glimpses]
	if slot.hash == h && now.Sub(slot.at) < 32*time.Second {
		r.n++
	}
	*slot = glimpse{h, now}
}

func (r *repeats) count() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

// Repeats is how many datagrams of SIP came or went more than once.
func (a *Agent) Repeats() Repeats {
	if a.guard == nil {
		return Repeats{}
	}
	return Repeats{Sent: a.guard.sent.count(), Received: a.guard.came.count()}
}
