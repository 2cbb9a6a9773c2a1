package browser

import (
	"net/netip"
	"sync"

	"hotline/media/rtp"
	"hotline/media/udp"
)

var _ udp.Socket = (*socket)(nil)

const (
	longestPacket = 512 // octets: 60 ms of G.711 with its header and extensions; what is longer is dropped
	waitingMost   = 32  // packets each way; 640 ms
)

// socket stands in the place of a leg's UDP socket. The leg's worker looks at it as at every socket, without waiting: it copies a packet
// in or out. Everything that may wait or costs more (encryption, a slow TCP connection) is done by goroutines of the call.
type socket struct {
	from netip.AddrPort
	wake chan struct{} // something is to go out, or the socket is closed
	over chan struct{} // nothing comes any more

	mu     sync.Mutex // guards what follows; held for a copy at most
	in     ring
	out    ring
	closed bool
}

func newSocket(from netip.AddrPort) *socket {
	if !from.IsValid() {
		from = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	return &socket{from: from, wake: make(chan struct{}, 1), over: make(chan struct{})}
}

// Addr is no address: the port is shared by all calls.
func (s *socket) Addr() netip.AddrPort { return netip.AddrPort{} }

// Receive takes the next packet that has come.
func (s *socket) Receive(b []byte) (n int, from netip.AddrPort, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok = s.in.take(b)
	return n, s.from, ok
}

// put is what comes. Where too much waits, it is lost.
func (s *socket) put(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in.put(b)
}

// Send has a packet sent. Where too many wait, it is lost.
func (s *socket) Send(b []byte, _ netip.AddrPort) {
	s.mu.Lock()
	s.out.put(b)
	s.mu.Unlock()
	s.rouse()
}

// rouse wakes drain.
func (s *socket) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Close ends drain once it has sent what waits. Idempotent.
func (s *socket) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.rouse()
	return nil
}

// shut tells that nothing comes any more, and so that nothing needs to go.
func (s *socket) shut() { close(s.over) }

// drain sends what is to go out until the socket is closed, or nothing comes any more.
func (s *socket) drain(send func(packet []byte, reports bool)) {
	var b [longestPacket]byte
	for {
		s.mu.Lock()
		n, ok := s.out.take(b[:])
		closed := s.closed
		s.mu.Unlock()
		switch {
		case ok:
			send(b[:n], rtp.IsRTCP(b[:n]))
			continue
		case closed:
			return
		}
		select {
		case <-s.wake:
		case <-s.over:
			return
		}
	}
}

// ring is packets in their order, in a fixed room.
type ring struct {
	packets [waitingMost]struct {
		octets [longestPacket]byte
		n      int
	}
	first, n int
}

func (r *ring) put(b []byte) {
	if r.n == waitingMost || len(b) > longestPacket {
		return
	}
	p := &r.packets[(r.first+r.n)%waitingMost]
	p.n = copy(p.octets[:], b)
	r.n++
}

func (r *ring) take(b []byte) (n int, ok bool) {
	if r.n == 0 {
		return 0, false
	}
	p := &r.packets[r.first]
	r.first, r.n = (r.first+1)%waitingMost, r.n-1
	return copy(b, p.octets[:p.n]), true
}
