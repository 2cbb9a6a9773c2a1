package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"

	"hotline/media/sdp"
	"hotline/media/udp"
)

// ErrNoPorts is the error of a port range without a free pair.
var ErrNoPorts = errors.New("no rtp port is free")

// errOdd is a kernel's choice of an odd port: the next one is tried.
var errOdd = errors.New("odd port")

// pair is the RTP and the RTCP socket of one leg, on an even port and the next one (RFC 3550 section 11).
type pair struct {
	rtp, rtcp udp.Socket
	at        netip.Addr
}

func (p pair) close() error { return errors.Join(p.rtp.Close(), p.rtcp.Close()) }

// pairs is how many pairs of ports the range has; 0 where the kernel chooses.
func (c Config) pairs() int {
	if c.Low == 0 {
		return 0
	}
	low := int(c.Low) + int(c.Low&1)
	return (int(c.High) - low + 1) / 2
}

// openPair opens the sockets of a leg whose sound goes to remote.
func (e *Engine) openPair(p Peer, remote netip.Addr) (pair, error) {
	local, err := e.localAddress(p, remote)
	if err != nil {
		return pair{}, err
	}
	if err := e.ports.reserve(local, p.Unverified, e.cfg.pairs()); err != nil {
		return pair{}, err
	}
	s, err := e.openAnywhere(local)
	if err != nil {
		e.ports.release(local)
		return pair{}, err
	}
	e.ports.use(s)
	return s, nil
}

// noSocket stands in the place of an RTCP socket where reports come in the stream of sound.
type noSocket struct{}

func (noSocket) Addr() netip.AddrPort                              { return netip.AddrPort{} }
func (noSocket) Receive([]byte) (n int, f netip.AddrPort, ok bool) { return 0, netip.AddrPort{}, false }
func (noSocket) Send([]byte, netip.AddrPort)                       {}
func (noSocket) Close() error                                      { return nil }

// giveBack closes the sockets of a leg. Their ports are free again afterwards.
func (e *Engine) giveBack(p pair) error {
	if !p.at.IsValid() { // carried by somebody else: no port of ours
		return p.close()
	}
	e.ports.unuse(p)
	defer e.ports.release(p.at) // not before they are closed
	return p.close()
}

// openAnywhere finds a free pair of ports at addr. It begins anywhere in the range, so that the next call does not take a
// port that was just left.
func (e *Engine) openAnywhere(addr netip.Addr) (pair, error) {
	tries := 64
	low := int(e.cfg.Low)
	if low != 0 {
		low += low & 1
		tries = e.cfg.pairs()
	}
	for i, first := 0, rand.IntN(max(tries, 1)); i < tries; i++ {
		port := 0
		if low != 0 {
			port = low + 2*((first+i)%tries)
		}
		p, err := e.openAt(addr, uint16(port))
		if err == nil {
			return p, nil
		}
		switch {
		case errors.Is(err, udp.ErrTooManyFiles):
			return pair{}, fmt.Errorf("opening an rtp port at %s: %w: %w", addr, ErrNoPorts, err)
		case errors.Is(err, udp.ErrNoWay):
			return pair{}, fmt.Errorf("opening an rtp port at %s: %w: %w", addr, sdp.ErrBadAddress, err)
		}
	}
	return pair{}, fmt.Errorf("opening an rtp port at %s, tried %d pairs: %w", addr, tries, ErrNoPorts)
}

func (e *Engine) openAt(addr netip.Addr, port uint16) (pair, error) {
	first, err := e.network.Listen(netip.AddrPortFrom(addr, port))
	if err != nil {
		return pair{}, err
	}
	got := first.Addr().Port()
	if got&1 != 0 {
		return pair{}, errors.Join(errOdd, first.Close())
	}
	second, err := e.network.Listen(netip.AddrPortFrom(addr, got+1))
	if err != nil {
		return pair{}, errors.Join(err, first.Close())
	}
	return pair{rtp: first, rtcp: second, at: addr}, nil
}

// localAddress is the address that a leg is bound to and known by.
func (e *Engine) localAddress(p Peer, remote netip.Addr) (netip.Addr, error) {
	local := p.Local.Unmap()
	if !local.IsValid() || local.IsUnspecified() || local.Is4() != remote.Is4() || local.IsLoopback() != remote.IsLoopback() {
		var err error
		if local, err = e.network.Route(remote); err != nil {
			return netip.Addr{}, fmt.Errorf("finding the way to %s: %w: %w: %w", remote, sdp.ErrBadAddress, udp.ErrNoWay, err)
		}
	}
	for _, b := range e.cfg.Bind {
		if b = b.Unmap(); b == local || (b.IsUnspecified() && b.Is4() == local.Is4()) {
			return local, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("sound from %s is not allowed by the bound addresses: %w", local, sdp.ErrBadAddress)
}

// ports counts the pairs that are taken at each address of ours, and knows the ports in use. The zero value has none. Safe
// for concurrent use.
type ports struct {
	mu    sync.Mutex
	taken map[netip.Addr]int
	inUse sync.Map // of port numbers
}

// reserve counts one pair more at an address. An unverified party gets ErrNoPorts when less than a quarter of all pairs, or
// none, would be left to known parties. all is 0 where there is no range.
func (p *ports) reserve(at netip.Addr, unverified bool, all int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if kept := max(1, all/4); unverified && all > 1 && all-p.taken[at]-1 < kept {
		return fmt.Errorf("opening an rtp port at %s for a stranger: the last %d of %d pairs are kept for known callers: %w", at, kept, all, ErrNoPorts)
	}
	if p.taken == nil {
		p.taken = map[netip.Addr]int{}
	}
	p.taken[at]++
	return nil
}

// release gives a pair back.
func (p *ports) release(at netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.taken[at]; n > 1 {
		p.taken[at] = n - 1
	} else {
		delete(p.taken, at)
	}
}

// use and unuse note the ports of a leg.
func (p *ports) use(s pair) {
	p.inUse.Store(s.rtp.Addr().Port(), nil)
	p.inUse.Store(s.rtcp.Addr().Port(), nil)
}

func (p *ports) unuse(s pair) {
	p.inUse.Delete(s.rtp.Addr().Port())
	p.inUse.Delete(s.rtcp.Addr().Port())
}

// used tells whether a port is one of ours.
func (p *ports) used(port uint16) bool {
	_, used := p.inUse.Load(port)
	return used
}
