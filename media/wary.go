package media

import (
	"fmt"
	"net/netip"
	"sync"

	"hotline/media/sdp"
)

// unheard is how many packets go to the address of somebody whom nobody knows before a first one came from there: 0.8 s.
// His description may name a victim, at whom the line would play 64 kbit/s.
const unheard = 40

// wariness is what a leg may still send to a stranger. Nothing goes out before a request in the dialog, which the ACK is,
// has shown that the signalling's source is no forgery.
type wariness struct {
	heard  bool // a packet came from where our sound goes
	proved bool
	credit int
	moves  int // to other addresses
}

// mostMoves is how often a stranger may have his sound sent elsewhere and get new credit for it: a call is held, resumed
// and taken over, and is no hose to be pointed at one victim after the other.
const mostMoves = 4

// begin starts anew for another address.
func (y *wariness) begin() {
	y.heard = false
	if y.proved && y.moves < mostMoves {
		y.moves++
		y.credit = unheard
	}
}

// prove tells that a request came in the dialog.
func (y *wariness) prove() {
	if !y.proved {
		y.proved, y.credit = true, unheard
	}
}

// hushed tells whether a packet of ours must not go out now; the one that may is counted.
func (l *Leg) hushed() bool {
	if !l.peer.Wary || l.wary.heard {
		return false
	}
	l.wary.credit--
	return l.wary.credit < 0
}

// notOurs refuses a description of a stranger that names a socket of our own: two calls would hear each other.
func (e *Engine) notOurs(l *Leg, t sdp.Terms) error {
	if !l.peer.Wary {
		return nil
	}
	for _, at := range []netip.AddrPort{t.Remote, t.RemoteRTCP} {
		if at.Addr() != l.sockets.rtp.Addr().Addr() && at.Addr() != e.cfg.Public {
			continue
		}
		if _, used := e.ours.Load(at.Port()); used {
			return fmt.Errorf("taking %s as the address of sound: it is ours: %w", at, sdp.ErrBadAddress)
		}
	}
	return nil
}

// own notes the ports of a leg, disown that they are free again.
func (e *Engine) own(p pair) {
	e.ours.Store(p.rtp.Addr().Port(), nil)
	e.ours.Store(p.rtcp.Addr().Port(), nil)
}

func (e *Engine) disown(p pair) error {
	e.ours.Delete(p.rtp.Addr().Port())
	e.ours.Delete(p.rtcp.Addr().Port())
	defer e.ports.release(p.at) // not before they are closed
	return p.close()
}

// ports counts the pairs that are taken at each address of ours. The zero value has none. Safe for concurrent use.
type ports struct {
	mu    sync.Mutex
	taken map[netip.Addr]int
}

// take counts one pair more at an address. A stranger gets ErrNoPorts when less than a quarter of all would be left to those
// who are known, and one at least; who is known may take every one. all is 0 where there is no range.
func (p *ports) take(at netip.Addr, wary bool, all int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if reserve := max(1, all/4); wary && all > 1 && all-p.taken[at]-1 < reserve {
		return fmt.Errorf("opening an rtp port at %s for a stranger: the last %d of %d pairs are kept for known callers: %w", at, reserve, all, ErrNoPorts)
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

// touched takes note of a request in the dialog.
func (w *worker) touched(l *Leg) {
	if l.touched.Swap(false) {
		w.alive(l)
		l.wary.prove()
	}
}
