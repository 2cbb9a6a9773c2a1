package transport

import (
	"fmt"
	"net"
	"net/netip"

	"hotline/localroute"
)

// The sockets of a layer and which of them meets a far address.

// port is one address served: a datagram socket and, beside it, listeners for streams.
type port struct {
	local   netip.AddrPort
	packet  *packetConn
	listen  net.Listener // nil: no streams
	secure  net.Listener // TLS; nil: none
	secured netip.AddrPort
}

// at is the port's address for a transport. A port without TLS of its own has no address that others could connect to by
// TLS, and shows the plain one.
func (p port) at(transport string) netip.AddrPort {
	if transport == "TLS" && p.secured.IsValid() {
		return p.secured
	}
	return p.local
}

// bindAll opens the sockets of the configuration.
func (l *Layer) bindAll() error {
	for _, at := range l.cfg.Listen {
		p, err := l.bind(at)
		if err != nil {
			return err
		}
		l.ports = append(l.ports, p)
	}
	for _, at := range l.cfg.Secure {
		if err := l.bindSecure(at); err != nil {
			return err
		}
	}
	return nil
}

// bind opens UDP and TCP on one address. With port 0 both get the same number, which may take a few tries.
func (l *Layer) bind(a netip.AddrPort) (port, error) {
	var last error
	for range 20 {
		pc, err := l.wire.ListenPacket(a)
		if err != nil {
			return port{}, fmt.Errorf("sip: listening on %s (UDP): %w", a, err)
		}
		local := addrPort(pc.LocalAddr())
		ln, err := l.wire.Listen(local)
		if err == nil {
			return port{local: local, packet: &packetConn{PacketConn: pc, guard: l.guard, local: local}, listen: ln}, nil
		}
		_ = pc.Close()
		last = err
		if a.Port() != 0 {
			break
		}
	}
	return port{}, fmt.Errorf("sip: listening on %s (TCP): %w", a, last)
}

// bindSecure opens TLS on one address, beside the datagram socket of the same host.
func (l *Layer) bindSecure(at netip.AddrPort) error {
	for i := range l.ports {
		p := &l.ports[i]
		if p.secure != nil || p.local.Addr() != at.Addr() {
			continue
		}
		ln, err := l.wire.Listen(at)
		if err != nil {
			return fmt.Errorf("sip: listening on %s (TLS): %w", at, err)
		}
		p.secure, p.secured = ln, addrPort(ln.Addr())
		return nil
	}
	return fmt.Errorf("sip: TLS on %s: listen on the same host without TLS too", at)
}

// Addresses are the bound addresses in the order of [Config.Listen], each on UDP and TCP; nil before Start.
func (l *Layer) Addresses() []netip.AddrPort {
	var out []netip.AddrPort
	for _, p := range l.ports {
		out = append(out, p.local)
	}
	return out
}

// Secure are the bound addresses of TLS in the order of [Config.Secure].
func (l *Layer) Secure() []netip.AddrPort {
	var out []netip.AddrPort
	for _, p := range l.ports {
		if p.secure != nil {
			out = append(out, p.secured)
		}
	}
	return out
}

// portFor picks the socket for a far address: same family, loopback for loopback.
func (l *Layer) portFor(to netip.Addr) (port, bool) {
	best, found := port{}, false
	for _, p := range l.ports {
		ip := p.local.Addr()
		if ip.Is4() != to.Is4() {
			continue
		}
		fits := ip.IsUnspecified() || ip.IsLoopback() == to.IsLoopback()
		if !found || fits && !(best.local.Addr().IsUnspecified() || best.local.Addr().IsLoopback() == to.IsLoopback()) {
			best, found = p, true
		}
	}
	return best, found
}

// Reaches tells whether a socket of ours can reach a far address.
func (l *Layer) Reaches(to netip.Addr) bool {
	_, ok := l.portFor(to)
	return ok
}

// Socket is the address of the socket that reaches a far one, for datagrams.
func (l *Layer) Socket(to netip.Addr) netip.AddrPort {
	p, _ := l.portFor(to)
	return p.local
}

// LocalFor is our address on a transport as a far address sees it.
func (l *Layer) LocalFor(transport string, far netip.Addr) netip.AddrPort {
	p, _ := l.portFor(far)
	return l.Visible(p.at(transport), far)
}

// Visible is one of our addresses as a far address sees it: the public address if there is one, else that of the socket. For a
// socket on all addresses it is the one by which the route to the far address leaves.
func (l *Layer) Visible(bound netip.AddrPort, far netip.Addr) netip.AddrPort {
	if l.cfg.Public.IsValid() && !far.IsLoopback() && l.cfg.Public.Is4() == far.Is4() {
		return netip.AddrPortFrom(l.cfg.Public, bound.Port())
	}
	if !bound.Addr().IsUnspecified() {
		return bound
	}
	local, err := localroute.To(far)
	if err != nil {
		return bound
	}
	return netip.AddrPortFrom(local, bound.Port())
}
