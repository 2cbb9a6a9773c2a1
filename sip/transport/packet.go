package transport

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"hotline/sip/guard"
)

// packetConn is a datagram socket that hands on only messages that the guard let pass. sipgo reads from it and writes to it.
type packetConn struct {
	net.PacketConn
	guard   *guard.Guard
	local   netip.AddrPort
	stopped atomic.Bool // nothing is handed on any more
	closed  atomic.Bool
}

// ReadFrom blocks until a message passes. An error that is not the end of the socket (an ICMP echo of what we sent, a
// momentary lack of buffers) is slept over: sipgo would end the listener for good.
func (p *packetConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, addr, err := p.PacketConn.ReadFrom(b)
		if err != nil {
			if p.closed.Load() || isClosed(err) {
				return 0, nil, net.ErrClosed
			}
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if p.stopped.Load() {
			continue
		}
		if guard.KeepsAlive(b[:n]) {
			p.guard.Count("keep-alive")
			continue
		}
		o := p.other(addrPort(addr))
		p.guard.Came(o, b[:n])
		d := p.guard.Judge(b[:n], o)
		if d.Pass != nil || d.Answer != nil { // junk is not counted
			p.guard.Received(b[:n])
		}
		if d.Pass != nil {
			return copy(b, d.Pass), addr, nil
		}
		if d.Answer != nil {
			p.guard.Went(p.other(d.To), d.Answer)
			p.guard.Sent(d.Answer)
			_, _ = p.PacketConn.WriteTo(d.Answer, net.UDPAddrFromAddrPort(d.To))
		}
	}
}

// other is somebody beyond this socket.
func (p *packetConn) other(at netip.AddrPort) guard.Origin {
	return guard.Origin{From: at, Local: p.local, Transport: "UDP"}
}

// WriteTo sends a message of ours. One that an unproven source has no credit for is not sent; sipgo cannot tell that from a
// loss.
func (p *packetConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	to := addrPort(addr)
	if !p.guard.MaySend(to, p.local, len(b)) {
		return len(b), nil
	}
	p.guard.Went(p.other(to), b)
	p.guard.Sent(b)
	return p.PacketConn.WriteTo(b, addr)
}

// Close ends the socket; a second call does nothing.
func (p *packetConn) Close() error {
	if p.closed.Swap(true) {
		return nil
	}
	return p.PacketConn.Close()
}
