// Package ratelimit holds token buckets: one, and some for very many keys or sources in a fixed amount of memory. The guard limits what
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

const buckets = 4096 // in a row

// Buckets has a bucket for each key in a fixed amount of memory: keys share buckets by a hash with a secret seed, so that a million
// made-up ones cost nothing. A key has a bucket in each of two rows, and is refused where both are empty. So it takes two others, one
// in each row, to use up the share of a third by chance. Not safe for concurrent use.
type Buckets[K comparable] struct {
	seed maphash.Seed
	rows [2][]Bucket
}

// NewBuckets makes full buckets.
func NewBuckets[K comparable]() *Buckets[K] {
	return &Buckets[K]{seed: maphash.MakeSeed(), rows: [2][]Bucket{make([]Bucket, buckets), make([]Bucket, buckets)}}
}

// Take takes a token of a key; false when there is none.
func (b *Buckets[K]) Take(key K, now time.Time, r Rate) bool {
	one, other := b.of(key)
	first, second := one.Take(now, r), other.Take(now, r)
	return first || second
}

// Has tells whether Take would succeed; it takes nothing.
func (b *Buckets[K]) Has(key K, now time.Time, r Rate) bool {
	one, other := b.of(key)
	return one.Has(now, r) || other.Has(now, r)
}

func (b *Buckets[K]) of(key K) (one, other *Bucket) {
	hash := maphash.Comparable(b.seed, key)
	return &b.rows[0][hash%buckets], &b.rows[1][hash>>32%buckets]
}

// Sources has buckets for each source and one for all of them together. IPv6 counts by its /64. Safe for concurrent use.
type Sources struct {
	mu      sync.Mutex
	sources *Buckets[netip.Addr]
	all     Bucket
}

// NewSources makes full buckets.
func NewSources() *Sources {
	return &Sources{sources: NewBuckets[netip.Addr]()}
}

// Take takes a token of the source's own; false when there is none.
func (s *Sources) Take(from netip.Addr, now time.Time, own Rate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sources.Take(Network(from), now, own)
}

// TakeShared is Take, and takes a token of the common bucket too.
func (s *Sources) TakeShared(from netip.Addr, now time.Time, own, all Rate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sources.Take(Network(from), now, own) && s.all.Take(now, all)
}

// Has tells whether Take would succeed; it takes nothing.
func (s *Sources) Has(from netip.Addr, now time.Time, own Rate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sources.Has(Network(from), now, own)
}

// HasShared tells whether TakeShared would succeed; it takes nothing.
func (s *Sources) HasShared(from netip.Addr, now time.Time, own, all Rate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sources.Has(Network(from), now, own) && s.all.Has(now, all)
}

// Network is what counts as one source: an IPv4 address, or the /64 of IPv6 that one subscriber has.
func Network(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is6() {
		p, _ := a.Prefix(64)
		return p.Addr()
	}
	return a
}
