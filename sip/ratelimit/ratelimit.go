// Package ratelimit holds token buckets: one, and one for each source in a fixed amount of memory. The guard limits what
// strangers send by it, and the digest server how often they may guess a password.
package ratelimit

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// Rate is what a bucket allows.
type Rate struct {
	PerSecond float64
	Burst     float64 // at once
}

// Bucket is a token bucket. The zero value is full. Not safe for concurrent use.
type Bucket struct {
	spent float64
	last  time.Time
}

// Take takes one token; false when there is none.
func (b *Bucket) Take(now time.Time, r Rate) bool {
	b.spent = max(0, b.spent-r.PerSecond*now.Sub(b.last).Seconds())
	b.last = now
	if b.spent+1 > r.Burst {
		return false
	}
	b.spent++
	return true
}

// Has tells whether a token could be taken; it takes none.
func (b *Bucket) Has(now time.Time, r Rate) bool {
	return max(0, b.spent-r.PerSecond*now.Sub(b.last).Seconds())+1 <= r.Burst
}

const buckets = 4096

// Sources has a bucket for each source and one for all of them together. Sources share a fixed number of buckets by a hash
// with a secret seed, so that a million forged addresses cost no memory. IPv6 counts by its /64. Safe for concurrent use.
type Sources struct {
	seed    maphash.Seed
	mu      sync.Mutex
	sources []Bucket
	all     Bucket
}

// NewSources makes full buckets.
func NewSources() *Sources {
	return &Sources{seed: maphash.MakeSeed(), sources: make([]Bucket, buckets)}
}

// Take takes a token of the source's own bucket; false when it is empty.
func (s *Sources) Take(from netip.Addr, now time.Time, own Rate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of(from).Take(now, own)
}

// TakeShared is Take, and takes a token of the common bucket too.
func (s *Sources) TakeShared(from netip.Addr, now time.Time, own, all Rate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of(from).Take(now, own) && s.all.Take(now, all)
}

// Has tells whether Take would succeed; it takes nothing.
func (s *Sources) Has(from netip.Addr, now time.Time, own Rate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of(from).Has(now, own)
}

// HasShared tells whether TakeShared would succeed; it takes nothing.
func (s *Sources) HasShared(from netip.Addr, now time.Time, own, all Rate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of(from).Has(now, own) && s.all.Has(now, all)
}

func (s *Sources) of(from netip.Addr) *Bucket {
	return &s.sources[maphash.Comparable(s.seed, Network(from))%buckets]
}

// Network is what counts as one source: an IPv4 address, or the /64 of IPv6 that one subscriber has.
func Network(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is6() {
		p, _ := a.Prefix(64)
		return p.Addr()
	}
	return a
}
