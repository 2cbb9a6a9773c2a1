package guard

import (
	"net/netip"
	"sync"
	"time"
)

// amplification is how many octets are answered for each octet of a source whose address may be forged.
const amplification = 3

const (
	maxDebtors = 512              // unproven sources with calls under way
	maxProven  = 4096             // sources that have proven themselves
	provenFor  = time.Hour        // how long the proof holds
	debtorFor  = 70 * time.Second // 64*T1 and its BYE
)

// credit holds what may still be sent to sources of UDP whose address nothing has proven: an answer to a forged address hits
// a victim. A source that has sent the ACK of an answer has read it, so its address is its own. The guard asks it for each
// datagram that comes or goes. Safe for concurrent use.
type credit struct {
	mu      sync.Mutex
	debtors map[netip.Addr]debtor
	proofs  map[netip.Addr]time.Time
}

type debtor struct {
	left  int // octets
	since time.Time
}

func newCredit() *credit {
	return &credit{debtors: map[netip.Addr]debtor{}, proofs: map[netip.Addr]time.Time{}}
}

// received credits a source with what it sent; begins tells that its message goes on to a call.
func (c *credit) received(from netip.Addr, octets int, begins bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, ok := c.debtors[from]
	if !ok {
		if !begins || c.holds(from) {
			return
		}
		if len(c.debtors) >= maxDebtors {
			for a, d := range c.debtors {
				if time.Since(d.since) > debtorFor {
					delete(c.debtors, a)
				}
			}
		}
		d.since = time.Now()
	}
	d.left += amplification * octets
	c.debtors[from] = d
}

// spend takes octets off a source's credit; false when there is not enough. A source that is no debtor is not limited: it is
// known, proven, or called by us.
func (c *credit) spend(to netip.Addr, octets int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, ok := c.debtors[to]
	if !ok {
		return true
	}
	if d.left < octets {
		return false
	}
	d.left -= octets
	c.debtors[to] = d
	return true
}

// proved notes that a source has sent the ACK of an answer of ours.
func (c *credit) proved(from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.debtors, from)
	if len(c.proofs) >= maxProven {
		for a := range c.proofs { // any one: it will prove itself again
			delete(c.proofs, a)
			break
		}
	}
	c.proofs[from] = time.Now()
}

func (c *credit) isProven(from netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.holds(from)
}

func (c *credit) holds(from netip.Addr) bool {
	at, ok := c.proofs[from]
	return ok && time.Since(at) < provenFor
}
