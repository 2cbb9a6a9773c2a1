package guard

import (
	"net/netip"
	"slices"
	"time"

	"hotline/sip/ratelimit"
)

const (
	callsPerStranger = 8 // calls alive of one source that we know nothing of, answered or not

	openCalls     = 64 // calls of unproven sources that wait for an ACK
	openPerSource = 4
	// ackWithin is how long a call without an ACK keeps its place when a source that holds no more calls needs one. An ACK that
	// was lost once or twice has come by then: the 200 is repeated after 0.5 and 1.5 s (RFC 3261 13.3.1.4).
	ackWithin = 2 * time.Second
)

// Call is one call from outside as far as the guard counts it.
type Call struct {
	From     netip.Addr
	Stranger bool // of a source that nobody vouches for, while the call lives
	Open     bool // of an unproven source, and not acknowledged yet
	Since    time.Time
}

// Counted is what holds a Call: the agent's record of an INVITE.
type Counted interface{ Counted() *Call }

// Shares counts the calls that strangers hold, so that they leave room for those who are known, and for each other. The agent
// asks it for each INVITE. Not safe for concurrent use: the lock of the agent's calls protects it.
type Shares[C Counted] struct {
	calls    int                // alive, of strangers
	bySource map[netip.Addr]int // the same, by network
	open     []C                // calls of unproven sources that wait for their ACK, the oldest first; openCalls at most
}

// NewShares makes shares of which nothing is taken.
func NewShares[C Counted]() Shares[C] { return Shares[C]{bySource: map[netip.Addr]int{}} }

// Room tells whether a stranger may hold one more call, of most that the line takes; 0 means that the line has no limit.
func (s *Shares[C]) Room(from netip.Addr, most int) Verdict {
	switch {
	case s.bySource[ratelimit.Network(from)] >= callsPerStranger:
		return Refuse(503, "Too Many Calls From This Address", "Retry-After: 10")
	case most > 0 && s.calls >= (most+1)/2: // half is kept for those who are known
		return Refuse(503, "Too Many Calls", "Retry-After: 10")
	}
	return Admitted()
}

// Add counts a call that begins.
func (s *Shares[C]) Add(c C) {
	k := c.Counted()
	if k.Stranger {
		s.calls++
		s.bySource[ratelimit.Network(k.From)]++
	}
	if k.Open {
		s.open = append(s.open, c)
	}
}

// Remove counts a call out that was added.
func (s *Shares[C]) Remove(c C) {
	s.Acknowledged(c)
	k := c.Counted()
	if !k.Stranger {
		return
	}
	s.calls--
	from := ratelimit.Network(k.From)
	if s.bySource[from]--; s.bySource[from] <= 0 {
		delete(s.bySource, from)
	}
}

// Acknowledged counts one call less that waits for its ACK.
func (s *Shares[C]) Acknowledged(c C) {
	k := c.Counted()
	if !k.Open {
		return
	}
	k.Open = false
	s.open = slices.DeleteFunc(s.open, func(other C) bool { return other.Counted() == k })
}

// RoomForOpen tells whether one more call of an unproven source may wait for its ACK. When all places are taken, evict is the
// oldest call of the source that holds most: it must end. It ends at once if its source then still holds no fewer calls than the
// new one, else after it had time for its ACK. So neither one source nor many forged ones keep the others out for long.
func (s *Shares[C]) RoomForOpen(from netip.Addr, now time.Time) (ok bool, evict C) {
	var none C
	held := map[netip.Addr]int{}
	for _, c := range s.open {
		held[ratelimit.Network(c.Counted().From)]++
	}
	own := held[ratelimit.Network(from)]
	switch {
	case own >= openPerSource:
		return false, none
	case len(s.open) < openCalls:
		return true, none
	}
	most := 0
	for _, c := range s.open {
		if n := held[ratelimit.Network(c.Counted().From)]; n > most {
			evict, most = c, n
		}
	}
	if most <= own || most == own+1 && now.Sub(evict.Counted().Since) < ackWithin {
		return false, none
	}
	return true, evict
}
