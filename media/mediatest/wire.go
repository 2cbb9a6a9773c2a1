// Package mediatest is what tests of sound need: a network in memory with loss, delay and reordering, engines and calls on
// it, tones and speech-like sound, and a recording in memory that tells what was heard. All of it works in a
// testing/synctest bubble.
package mediatest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"hotline/media/udp"
)

// Impairments are what happens to datagrams on the way.
type Impairments struct {
	Loss, Duplicate, Reorder float64 // probabilities; a reordered datagram comes 25 ms later
	Delay                    time.Duration
}

// Wire is a [udp.Network] in memory. Safe for concurrent use.
type Wire struct {
	mu          sync.Mutex
	sockets     map[netip.AddrPort]*socket
	impairments Impairments
	dice        *rand.Rand
	next        uint16
	filter      func(from, to netip.AddrPort, b []byte) bool
	stalls      map[uint16]time.Duration
}

// NewWire makes a wire without impairments; seed fixes its dice.
func NewWire(seed uint64) *Wire {
	return &Wire{sockets: map[netip.AddrPort]*socket{}, stalls: map[uint16]time.Duration{}, dice: rand.New(rand.NewPCG(seed, 3)), next: 30000}
}

// Impair changes what happens from now on.
func (w *Wire) Impair(x Impairments) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.impairments = x
}

// SetFilter loses each datagram for which keep is false; nil keeps all. keep must not call the wire.
func (w *Wire) SetFilter(keep func(from, to netip.AddrPort, b []byte) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.filter = keep
}

// Stall keeps the worker that looks next at the socket of a port from running for d, as a busy machine does. What is sent to
// it meanwhile waits.
func (w *Wire) Stall(port uint16, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stalls[port] = d
}

// Open is how many sockets are open.
func (w *Wire) Open() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sockets)
}

// Route is the loopback address of the family.
func (w *Wire) Route(remote netip.Addr) (netip.Addr, error) {
	if remote.Is6() {
		return netip.IPv6Loopback(), nil
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
}

// Listen opens a socket; port 0 takes a free even one.
func (w *Wire) Listen(at netip.AddrPort) (udp.Socket, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at.Port() == 0 {
		w.next += 2
		at = netip.AddrPortFrom(at.Addr(), w.next)
	}
	if w.sockets[at] != nil {
		return nil, fmt.Errorf("mediatest: address in use: %s", at)
	}
	s := &socket{wire: w, at: at}
	w.sockets[at] = s
	return s, nil
}

type datagram struct {
	from netip.AddrPort
	due  time.Time
	b    []byte
}

// socket keeps what is on its way to it, in the order of arrival. The wire's mutex guards it.
type socket struct {
	wire  *Wire
	at    netip.AddrPort
	in    []datagram
	taken int      // of in, from the first one on
	free  [][]byte // room of those that were taken
}

func (s *socket) Addr() netip.AddrPort { return s.at }

func (s *socket) Receive(b []byte) (int, netip.AddrPort, bool) {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	if d, stalled := s.wire.stalls[s.at.Port()]; stalled {
		delete(s.wire.stalls, s.at.Port())
		s.wire.mu.Unlock()
		time.Sleep(d)
		s.wire.mu.Lock()
	}
	if s.taken == len(s.in) || s.in[s.taken].due.After(time.Now()) {
		return 0, netip.AddrPort{}, false
	}
	d := s.in[s.taken]
	if s.taken++; s.taken == len(s.in) {
		s.in, s.taken = s.in[:0], 0
	}
	s.free = append(s.free, d.b)
	return copy(b, d.b), d.from, true
}

// put has a datagram come when it is due, behind those that are due then already.
func (s *socket) put(d datagram, b []byte) {
	if n := len(s.free); n > 0 {
		d.b, s.free = s.free[n-1], s.free[:n-1]
	}
	d.b = append(d.b[:0], b...)
	if s.taken > 64 { // some are always on their way
		s.in, s.taken = slices.Delete(s.in, 0, s.taken), 0
	}
	at := len(s.in)
	for at > s.taken && s.in[at-1].due.After(d.due) {
		at--
	}
	s.in = slices.Insert(s.in, at, d)
}

func (s *socket) Send(b []byte, to netip.AddrPort) { s.wire.send(s.at, b, to) }

func (w *Wire) send(from netip.AddrPort, b []byte, to netip.AddrPort) {
	w.mu.Lock()
	defer w.mu.Unlock()
	target := w.sockets[to]
	if target == nil || (w.filter != nil && !w.filter(from, to, b)) {
		return
	}
	copies := 1
	if w.dice.Float64() < w.impairments.Duplicate {
		copies = 2
	}
	for range copies {
		if w.dice.Float64() < w.impairments.Loss {
			continue
		}
		due := time.Now().Add(w.impairments.Delay)
		if w.dice.Float64() < w.impairments.Reorder {
			due = due.Add(25 * time.Millisecond)
		}
		target.put(datagram{from: from, due: due}, b)
	}
}

func (s *socket) Close() error {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	delete(s.wire.sockets, s.at)
	return nil
}
