package sip

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	perStranger  = 10.0  // messages a second from one source that we know nothing of
	perStrangerB = 60.0  // of them at once
	perProven    = 100.0 // from one that has acknowledged an answer of ours
	perProvenB   = 400.0
	allStrangers = 500.0 // from all strangers together
	allStrangerB = 1500.0

	// amplification is how many octets are answered for each octet of a source that may be forged.
	amplification = 3
)

// bucket is a token bucket. The zero value is full.
type bucket struct {
	spent float64
	last  time.Time
}

func (b *bucket) take(now time.Time, rate, burst float64) bool {
	b.spent = max(0, b.spent-rate*now.Sub(b.last).Seconds())
	b.last = now
	if b.spent+1 > burst {
		return false
	}
	b.spent++
	return true
}

// has tells whether one more could be taken; it takes nothing.
func (b *bucket) has(now time.Time, rate, burst float64) bool {
	return max(0, b.spent-rate*now.Sub(b.last).Seconds())+1 <= burst
}

// budget limits what strangers may send: each source, and all together. Sources share a fixed number of buckets by
// a hash with a secret seed, so that a million forged addresses cost no memory. Safe for concurrent use.
type budget struct {
	seed    maphash.Seed
	mu      *sync.Mutex
	sources []bucket
	all     *bucket
}

const bucketsOfSources = 4096

func newBudget() budget {
	return budget{seed: maphash.MakeSeed(), mu: new(sync.Mutex), sources: make([]bucket, bucketsOfSources), all: new(bucket)}
}

// take spends one message of a source: false when it has had its share. IPv6 counts by its /64, which one subscriber has.
func (b *budget) take(from netip.Addr, proven bool, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := &b.sources[b.slot(from)]
	if proven {
		return own.take(now, perProven, perProvenB)
	}
	return own.take(now, perStranger, perStrangerB) && b.all.take(now, allStrangers, allStrangerB)
}

func (b *budget) slot(from netip.Addr) uint64 {
	return maphash.Comparable(b.seed, network(from)) % bucketsOfSources
}

// network is what counts as one source.
func network(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is6() {
		p, _ := a.Prefix(64)
		return p.Addr()
	}
	return a
}

const (
	maxDebtors = 512              // unproven sources with calls under way
	maxProven  = 4096             // sources that have proven themselves
	provenFor  = time.Hour        // so long the proof holds
	debtorFor  = 70 * time.Second // 64*T1 and its BYE

	callsPerStranger = 8 // calls alive of one source that we know nothing of, answered or not

	openCalls     = 64 // calls of unproven sources that wait for an ACK
	openPerSource = 4
	// ackWithin is how long a call without an ACK keeps its place when another source has no more than its equal: an ACK
	// that was lost once or twice has come by then (the 200 is repeated after 0.5 and 1.5 s, RFC 3261 13.3.1.4).
	ackWithin = 2 * time.Second
)

// ledger holds what may still be sent to sources of UDP that nothing has proven: an answer to a forged address hits
// a victim. Whoever has sent the ACK of an answer has read it, and is who he says. Safe for concurrent use.
type ledger struct {
	mu      *sync.Mutex
	debtors map[netip.Addr]debtor
	proofs  map[netip.Addr]time.Time
}

type debtor struct {
	credit int // octets
	since  time.Time
}

func newLedger() ledger {
	return ledger{mu: new(sync.Mutex), debtors: map[netip.Addr]debtor{}, proofs: map[netip.Addr]time.Time{}}
}

// received credits a source with what it sent; begins tells that its message goes on to a call.
func (l *ledger) received(from netip.Addr, octets int, begins bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, ok := l.debtors[from]
	if !ok {
		if !begins || l.isProven(from) {
			return
		}
		if len(l.debtors) >= maxDebtors {
			for a, d := range l.debtors {
				if time.Since(d.since) > debtorFor {
					delete(l.debtors, a)
				}
			}
		}
		d.since = time.Now()
	}
	d.credit += amplification * octets
	l.debtors[from] = d
}

// spend takes octets off a source's credit; false when there is not enough. Sources without an account are not limited:
// they are known, proven, or called by us.
func (l *ledger) spend(to netip.Addr, octets int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, ok := l.debtors[to]
	if !ok {
		return true
	}
	if d.credit < octets {
		return false
	}
	d.credit -= octets
	l.debtors[to] = d
	return true
}

// proved notes that a source has sent the ACK of an answer of ours.
func (l *ledger) proved(from netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.debtors, from)
	if len(l.proofs) >= maxProven {
		for a := range l.proofs { // any one: it will prove itself again
			delete(l.proofs, a)
			break
		}
	}
	l.proofs[from] = time.Now()
}

func (l *ledger) proven(from netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.isProven(from)
}

func (l *ledger) isProven(from netip.Addr) bool {
	at, ok := l.proofs[from]
	return ok && time.Since(at) < provenFor
}

// shares are the calls that strangers hold, by network. Guarded by the agent's mu.
type shares struct {
	calls int                // alive, of strangers
	by    map[netip.Addr]int // of them, by source
	half  []*entry           // calls of unproven sources that wait for their ACK, the oldest first; openCalls at most
}

// add counts a call that begins.
func (s *shares) add(en *entry) {
	if en.stranger {
		s.calls++
		s.by[network(en.origin.from.Addr())]++
	}
	if en.half {
		s.half = append(s.half, en)
	}
}

// remove counts a call out that was added.
func (s *shares) remove(en *entry) {
	s.settle(en)
	if !en.stranger {
		return
	}
	s.calls--
	from := network(en.origin.from.Addr())
	if s.by[from]--; s.by[from] <= 0 {
		delete(s.by, from)
	}
}

// settle counts one call less that waits for the ACK of an unproven source.
func (s *shares) settle(en *entry) {
	if !en.half {
		return
	}
	en.half = false
	s.half = slices.DeleteFunc(s.half, func(other *entry) bool { return other == en })
}

// roomForHalf tells whether one more call of an unproven source may wait for its ACK. When all places are taken, the oldest
// call of the source that holds most has to go for it: at once where the other then still has no fewer than the new one,
// else once it has had time for its ACK. So neither one source nor many forged ones shut the others out for long.
func (s *shares) roomForHalf(from netip.Addr, now time.Time) (ok bool, evict *entry) {
	held := map[netip.Addr]int{}
	for _, en := range s.half {
		held[network(en.origin.from.Addr())]++
	}
	own := held[network(from)]
	switch {
	case own >= openPerSource:
		return false, nil
	case len(s.half) < openCalls:
		return true, nil
	}
	for _, en := range s.half {
		if evict == nil || held[network(en.origin.from.Addr())] > held[network(evict.origin.from.Addr())] {
			evict = en
		}
	}
	most := held[network(evict.origin.from.Addr())]
	if most <= own || most == own+1 && now.Sub(evict.since) < ackWithin {
		return false, nil
	}
	return true, evict
}
