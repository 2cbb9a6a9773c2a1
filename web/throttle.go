package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"hotline/sip/ratelimit"
)

// Limits of wrong passwords, each as a burst and a rate per second. pair: of one name from one source. source: of one source.
// name: of one name from all sources. A stranger who guesses shuts out nobody else: to reach the limit of a name takes ten
// sources, and it does not bind a source from which the name has logged in. A source on this machine is the owner, or a proxy
// that hides who asks, so only names limit it.
const (
	pairBurst   = 5
	pairRate    = 1.0 / 60
	sourceBurst = 20
	sourceRate  = 1.0 / 6
	nameBurst   = 50
	nameRate    = 1.0 / 6
	places      = 4096
)

// throttle counts wrong passwords by name, by source and by both, in a fixed amount of memory. Safe for concurrent use.
type throttle struct {
	sources *ratelimit.Sources
	mu      sync.Mutex
	names   *ratelimit.Buckets[string]
	pairs   *ratelimit.Buckets[pairing]
	seed    maphash.Seed
	known   [places]bool // the pairings by which somebody has logged in, by a hash with a secret seed
}

// pairing is a name and a source from which somebody logs in with it.
type pairing struct {
	name   string
	source netip.Addr
}

func newThrottle() *throttle {
	return &throttle{sources: ratelimit.NewSources(), names: ratelimit.NewBuckets[string](), pairs: ratelimit.NewBuckets[pairing](), seed: maphash.MakeSeed()}
}

func perPair() ratelimit.Rate   { return ratelimit.Rate{PerSecond: pairRate, Burst: pairBurst} }
func perSource() ratelimit.Rate { return ratelimit.Rate{PerSecond: sourceRate, Burst: sourceBurst} }
func perName() ratelimit.Rate   { return ratelimit.Rate{PerSecond: nameRate, Burst: nameBurst} }

// allows tells whether a password for a name is looked at; it counts nothing.
func (t *throttle) allows(name string, from netip.Addr, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.pairs.Has(pairing{name, ratelimit.Network(from)}, now, perPair()):
		return false
	case !from.IsLoopback() && !t.sources.Has(from, now, perSource()):
		return false
	}
	return *t.knows(name, from) || t.names.Has(name, now, perName())
}

// wrong counts a wrong password.
func (t *throttle) wrong(name string, from netip.Addr, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pairs.Take(pairing{name, ratelimit.Network(from)}, now, perPair())
	t.names.Take(name, now, perName())
	t.sources.Take(from, now, perSource())
}

// allowsFrom tells whether an answer of an identity provider is looked at, which names nobody yet; it counts nothing.
func (t *throttle) allowsFrom(from netip.Addr, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return from.IsLoopback() || t.sources.Has(from, now, perSource())
}

// wrongFrom counts one that opened nothing, among the wrong passwords of the source.
func (t *throttle) wrongFrom(from netip.Addr, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sources.Take(from, now, perSource())
}

// right remembers from where a name has logged in.
func (t *throttle) right(name string, from netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*t.knows(name, from) = true
}

// knows is where it stands whether somebody has logged in by a name from a source.
func (t *throttle) knows(name string, from netip.Addr) *bool {
	return &t.known[maphash.Comparable(t.seed, pairing{name, ratelimit.Network(from)})%places]
}

// SetupTime is how long the link for the first user holds.
const SetupTime = 15 * time.Minute

// Setup is the one-time link by which the first user of an empty house is made. Safe for concurrent use.
type Setup struct {
	mu    sync.Mutex
	hash  [sha256.Size]byte
	until time.Time // zero: it was used
}

// NewSetup makes a link that holds for SetupTime, and gives its path once: "/setup/TOKEN".
func NewSetup(now time.Time) (s *Setup, path string) {
	token := rand.Text()
	return &Setup{hash: sha256.Sum256([]byte(token)), until: now.Add(SetupTime)}, "/setup/" + token
}

func (s *Setup) holds(token string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	hash := sha256.Sum256([]byte(token))
	return now.Before(s.until) && subtle.ConstantTimeCompare(hash[:], s.hash[:]) == 1
}

func (s *Setup) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until = time.Time{}
}
