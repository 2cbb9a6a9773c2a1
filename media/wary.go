package media

import (
	"fmt"
	"net/netip"
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
func (e *Engine) notOurs(l *Leg, t terms) error {
	if !l.peer.Wary {
		return nil
	}
	for _, at := range []netip.AddrPort{t.remote, t.rtcp} {
		if at.Addr() != l.sockets.rtp.Addr().Addr() && at.Addr() != e.cfg.Public {
			continue
		}
		if _, used := e.ours.Load(at.Port()); used {
			return fmt.Errorf("taking %s as the address of sound: it is ours: %w", at, ErrBadAddress)
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
	return p.close()
}

// touched takes note of a request in the dialog.
func (w *worker) touched(l *Leg) {
	if l.touched.Swap(false) {
		w.alive(l)
		l.wary.prove()
	}
}
