package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"

	"hotline/media/sdp"
)

// ErrNoPorts is the error of a port range without a free pair.
var ErrNoPorts = errors.New("no rtp port is free")

// Wire opens the sockets that sound runs over. The kernel's UDP is the default; mediatest has one in memory.
type Wire interface {
	// Listen opens a datagram socket; port 0 takes a free one.
	Listen(at netip.AddrPort) (Socket, error)
	// Route is the local address that datagrams to remote leave from.
	Route(remote netip.Addr) (netip.Addr, error)
}

// Socket is one datagram socket. Receive and Send never block. Used by one goroutine at a time, but for Close.
type Socket interface {
	Addr() netip.AddrPort
	// Receive takes the next datagram; ok is false when none waits.
	Receive(b []byte) (n int, from netip.AddrPort, ok bool)
	// Send hands a datagram on; one that cannot be sent at once is lost.
	Send(b []byte, to netip.AddrPort)
	Close() error
}

// pair is the RTP and the RTCP socket of one leg, on an even port and the next one (RFC 3550 section 11).
type pair struct {
	rtp, rtcp Socket
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

// open finds a free pair of ports at addr, beginning anywhere in the range so that a port just left is not taken at
// once by the next call.
func (e *Engine) open(addr netip.Addr) (pair, error) {
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
		case errors.Is(err, errFull):
			return pair{}, fmt.Errorf("opening an rtp port at %s: %w: %w", addr, ErrNoPorts, err)
		case errors.Is(err, errNowhere):
			return pair{}, fmt.Errorf("opening an rtp port at %s: %w: %w", addr, sdp.ErrBadAddress, err)
		}
	}
	return pair{}, fmt.Errorf("opening an rtp port at %s, tried %d pairs: %w", addr, tries, ErrNoPorts)
}

// errNowhere is an address to which this machine has no way, or at which it cannot have a socket: another port would not
// help.
var errNowhere = errors.New("this machine has no way there")

// errOdd is a kernel's choice of an odd port: the next one is tried.
var errOdd = errors.New("odd port")

func (e *Engine) openAt(addr netip.Addr, port uint16) (pair, error) {
	first, err := e.wire.Listen(netip.AddrPortFrom(addr, port))
	if err != nil {
		return pair{}, err
	}
	got := first.Addr().Port()
	if got&1 != 0 {
		return pair{}, errors.Join(errOdd, first.Close())
	}
	second, err := e.wire.Listen(netip.AddrPortFrom(addr, got+1))
	if err != nil {
		return pair{}, errors.Join(err, first.Close())
	}
	return pair{rtp: first, rtcp: second, at: addr}, nil
}

// local is the address that a leg to peer is bound to and known by.
func (e *Engine) local(peer Peer, remote netip.Addr) (netip.Addr, error) {
	local := peer.Local.Unmap()
	if !local.IsValid() || local.IsUnspecified() || local.Is4() != remote.Is4() || local.IsLoopback() != remote.IsLoopback() {
		var err error
		if local, err = e.wire.Route(remote); err != nil {
			return netip.Addr{}, fmt.Errorf("finding the way to %s: %w: %w: %w", remote, sdp.ErrBadAddress, errNowhere, err)
		}
	}
	for _, b := range e.cfg.Bind {
		if b = b.Unmap(); b == local || (b.IsUnspecified() && b.Is4() == local.Is4()) {
			return local, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("sound from %s is not allowed by the bound addresses: %w", local, sdp.ErrBadAddress)
}

// route asks the kernel which of our addresses leads to remote. It sends nothing.
func route(remote netip.Addr) (netip.Addr, error) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(remote, 9)))
	if err != nil {
		return netip.Addr{}, err
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}
