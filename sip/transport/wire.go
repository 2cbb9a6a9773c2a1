package transport

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Wire makes the sockets. Tests give one that lives in memory; then nothing of the agent touches the kernel and virtual time
// works. Safe for concurrent use.
type Wire interface {
	// ListenPacket opens a datagram socket; port 0 takes a free one.
	ListenPacket(addr netip.AddrPort) (net.PacketConn, error)
	// Listen opens a stream listener; nil without error: no streams here.
	Listen(addr netip.AddrPort) (net.Listener, error)
	// Dial opens a stream to a far address.
	Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error)
}

// sockets is the real wire.
type sockets struct{}

func family(proto string, a netip.Addr) string {
	if a.Is4() || a.Is4In6() {
		return proto + "4"
	}
	return proto + "6"
}

// ListenPacket opens a UDP socket of the address's own family.
func (sockets) ListenPacket(a netip.AddrPort) (net.PacketConn, error) {
	c, err := net.ListenUDP(family("udp", a.Addr()), net.UDPAddrFromAddrPort(a))
	if err != nil {
		return nil, err
	}
	// A burst of a thousand INVITEs waits here while one is read.
	_ = c.SetReadBuffer(4 << 20)
	return c, nil
}

// Listen opens a TCP listener of the address's own family.
func (sockets) Listen(a netip.AddrPort) (net.Listener, error) {
	return net.ListenTCP(family("tcp", a.Addr()), net.TCPAddrFromAddrPort(a))
}

// Dial opens a TCP connection.
func (sockets) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	return (&net.Dialer{Timeout: 4 * time.Second}).DialContext(ctx, "tcp", to.String())
}

// addrPort reads a socket address, 4-in-6 unmapped; zero when it is none.
func addrPort(a net.Addr) netip.AddrPort {
	var p netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		p = a.AddrPort()
	case *net.TCPAddr:
		p = a.AddrPort()
	default:
		p, _ = netip.ParseAddrPort(a.String())
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}
