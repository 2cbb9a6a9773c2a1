package guard

import (
	"hash/maphash"
	"sync"
	"time"
)

// Retransmissions are how many datagrams were the same as one before, since the start: the first was lost on the way, or
// answered late.
type Retransmissions struct{ Sent, Received uint64 }

// retransmissions finds repeated datagrams among the last few thousand by a hash with a secret seed. A retransmission is the
// same octets within 32 s (RFC 3261 17.1.1.2). Safe for concurrent use.
type retransmissions struct {
	seed maphash.Seed
	mu   sync.Mutex
	last [][2]sighting
	n    uint64
}

type sighting struct {
	hash uint64
	at   time.Time
}

const pairs = 2048 // of sightings: one that shares a place by chance is kept beside the other

func newRetransmissions() *retransmissions {
	return &retransmissions{seed: maphash.MakeSeed(), last: make([][2]sighting, pairs)}
}

func (r *retransmissions) note(message []byte, now time.Time) {
	h := maphash.Bytes(r.seed, message)
	r.mu.Lock()
	defer r.mu.Unlock()
	pair := &r.last[h%pairs]
	place := 0
	if pair[1].hash == h || pair[0].hash != h && pair[1].at.Before(pair[0].at) {
		place = 1
	}
	if seen := pair[place]; seen.hash == h && now.Sub(seen.at) < 32*time.Second {
		r.n++
	}
	pair[place] = sighting{h, now}
}

func (r *retransmissions) count() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

// Sent notes a datagram of ours.
func (g *Guard) Sent(datagram []byte) { g.sent.note(datagram, time.Now()) }

// Received notes a datagram that came and is a message of SIP.
func (g *Guard) Received(datagram []byte) { g.received.note(datagram, time.Now()) }

// Retransmissions is how many datagrams of SIP came or went more than once.
func (g *Guard) Retransmissions() Retransmissions {
	return Retransmissions{Sent: g.sent.count(), Received: g.received.count()}
}
