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

// Wrong passwords that are looked at: five at once for a name, then one a minute; twenty at once from a source, then one in six
// seconds. A source on this machine is a proxy that hides who asks, or the owner, so it is bounded by names alone.
const (
	nameBurst   = 5
	nameRate    = 1.0 / 60
	sourceBurst = 20
	sourceRate  = 1.0 / 6
	nameBuckets = 4096
)

// throttle counts wrong passwords by name and by source, in a fixed amount of memory. Names share buckets by a hash with a secret
// seed. Safe for concurrent use.
type throttle struct {
	sources *ratelimit.Sources
	seed    maphash.Seed
	mu      sync.Mutex
	names   [nameBuckets]ratelimit.Bucket
}

func newThrottle() *throttle {
	return &throttle{sources: ratelimit.NewSources(), seed: maphash.MakeSeed()}
}

// allows tells whether a password for a name is looked at; it counts nothing.
func (t *throttle) allows(name string, from netip.Addr, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	byName := t.names[t.of(name)].Has(now, ratelimit.Rate{PerSecond: nameRate, Burst: nameBurst})
	return byName && (from.IsLoopback() || t.sources.Has(from, now, ratelimit.Rate{PerSecond: sourceRate, Burst: sourceBurst}))
}

// note counts a wrong password.
func (t *throttle) note(name string, from netip.Addr, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names[t.of(name)].Take(now, ratelimit.Rate{PerSecond: nameRate, Burst: nameBurst})
	t.sources.Take(from, now, ratelimit.Rate{PerSecond: sourceRate, Burst: sourceBurst})
}

func (t *throttle) of(name string) uint64 { return maphash.String(t.seed, name) % nameBuckets }

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
