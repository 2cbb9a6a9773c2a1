// Package siptest is a wire in memory with impairments on it, and a telephone whose
// every message a test writes itself. Both work in a testing/synctest bubble: an
// hour of calls takes milliseconds.
package siptest

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// Impairments are what happens to datagrams on the way.
type Impairments struct {
	// Loss, Duplicate and Reorder are probabilities, 0 to 1. A reordered datagram
	// is held back for 20 ms more.
	Loss, Duplicate, Reorder float64
	// Delay is the time on the way, Jitter the most that is added at random.
	Delay, Jitter time.Duration
}

// Wire connects datagram sockets by their addresses, in memory. It satisfies
// sip.Wire; it has no streams. Safe for concurrent use.
type Wire struct {
	mu          sync.Mutex
	conns       map[netip.AddrPort]*conn
	impairments Impairments
	dice        *rand.Rand
	filter      func(from, to netip.AddrPort, data []byte) bool
	next        uint16
	sent        int
}

// NewWire makes a wire without impairments; seed fixes its dice.
func NewWire(seed uint64) *Wire {
	return &Wire{conns: map[netip.AddrPort]*conn{}, dice: rand.New(rand.NewPCG(seed, 7)), next: 40000}
}

// Impair changes what happens to datagrams from now on.
func (w *Wire) Impair(x Impairments) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.impairments = x
}

// SetFilter drops each datagram for which keep is false; nil keeps all. keep is
// called with the wire locked and must not call it.
func (w *Wire) SetFilter(keep func(from, to netip.AddrPort, data []byte) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.filter = keep
}

// Sent is how many datagrams were written so far, the lost ones included.
func (w *Wire) Sent() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent
}

// ListenPacket opens the socket of an address; port 0 takes a free one.
func (w *Wire) ListenPacket(at netip.AddrPort) (net.PacketConn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at.Port() == 0 {
		w.next++
		at = netip.AddrPortFrom(at.Addr(), w.next)
	}
	if w.conns[at] != nil {
		return nil, errors.New("siptest: address in use: " + at.String())
	}
	c := &conn{wire: w, at: at, in: make(chan datagram, 4096), done: make(chan struct{}), moved: make(chan struct{})}
	w.conns[at] = c
	return c, nil
}

// Listen says that there are no streams here.
func (*Wire) Listen(netip.AddrPort) (net.Listener, error) { return nil, nil }

// Dial always fails: there are no streams here.
func (*Wire) Dial(context.Context, netip.AddrPort) (net.Conn, error) {
	return nil, errors.New("siptest: the wire has no streams")
}

type datagram struct {
	from netip.AddrPort
	data []byte
}

// send decides a datagram's fate and delivers it, later if need be.
func (w *Wire) send(from, to netip.AddrPort, data []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent++
	x := w.impairments
	if w.filter != nil && !w.filter(from, to, data) || w.dice.Float64() < x.Loss {
		return
	}
	copies := 1
	if w.dice.Float64() < x.Duplicate {
		copies = 2
	}
	for range copies {
		late := x.Delay
		if x.Jitter > 0 {
			late += time.Duration(w.dice.Int64N(int64(x.Jitter)))
		}
		if w.dice.Float64() < x.Reorder {
			late += 20 * time.Millisecond
		}
		d := datagram{from, append([]byte(nil), data...)}
		if late == 0 {
			w.deliver(to, d)
			continue
		}
		time.AfterFunc(late, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.deliver(to, d)
		})
	}
}

// deliver puts a datagram into its socket; one that is missing or full loses it.
func (w *Wire) deliver(to netip.AddrPort, d datagram) {
	if c := w.conns[to]; c != nil {
		select {
		case c.in <- d:
		default:
		}
	}
}

// conn is one socket on the wire.
type conn struct {
	wire *Wire
	at   netip.AddrPort
	in   chan datagram
	done chan struct{}

	mu       sync.Mutex
	deadline time.Time
	moved    chan struct{} // closed and renewed when the deadline moves
}

// ReadFrom waits for a datagram, the deadline or the end.
func (c *conn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		c.mu.Lock()
		deadline, moved := c.deadline, c.moved
		c.mu.Unlock()
		var late <-chan time.Time
		if !deadline.IsZero() {
			left := time.Until(deadline)
			if left <= 0 {
				return 0, nil, os.ErrDeadlineExceeded
			}
			t := time.NewTimer(left)
			defer t.Stop()
			late = t.C
		}
		select {
		case d := <-c.in:
			return copy(b, d.data), net.UDPAddrFromAddrPort(d.from), nil
		case <-late:
			return 0, nil, os.ErrDeadlineExceeded
		case <-moved:
		case <-c.done:
			return 0, nil, net.ErrClosed
		}
	}
}

// WriteTo sends a datagram; it never blocks and never fails while open.
func (c *conn) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-c.done:
		return 0, net.ErrClosed
	default:
	}
	u, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, errors.New("siptest: not a datagram address: " + to.String())
	}
	far := u.AddrPort()
	c.wire.send(c.at, netip.AddrPortFrom(far.Addr().Unmap(), far.Port()), b)
	return len(b), nil
}

// Close takes the socket off the wire; a second call does nothing.
func (c *conn) Close() error {
	c.wire.mu.Lock()
	defer c.wire.mu.Unlock()
	if c.wire.conns[c.at] == c {
		delete(c.wire.conns, c.at)
		close(c.done)
	}
	return nil
}

// LocalAddr is the socket's address.
func (c *conn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.at) }

// SetDeadline sets the read deadline; writes never block.
func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline wakes a waiting read, too.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	close(c.moved)
	c.moved = make(chan struct{})
	return nil
}

// SetWriteDeadline does nothing: writes never block.
func (*conn) SetWriteDeadline(time.Time) error { return nil }
