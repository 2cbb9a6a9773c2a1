package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Wire makes the sockets. Tests give one that lives in memory; then nothing of
// the agent touches the kernel and virtual time works. Safe for concurrent use.
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

// port is one address served: a datagram socket and, beside it, a listener.
type port struct {
	local   netip.AddrPort
	packet  net.PacketConn
	listen  net.Listener // nil: no streams
	secure  net.Listener // TLS; nil: none
	secured netip.AddrPort
}

// at is the port's address for a transport. Without TLS of its own it has none that others could connect to, and
// shows the plain one.
func (p port) at(transport string) netip.AddrPort {
	if transport == "TLS" && p.secured.IsValid() {
		return p.secured
	}
	return p.local
}

// bindSecure opens TLS on one address, beside the datagram socket of the same host.
func (a *Agent) bindSecure(at netip.AddrPort) error {
	for i := range a.ports {
		p := &a.ports[i]
		if p.secure != nil || p.local.Addr() != at.Addr() {
			continue
		}
		ln, err := a.wire.Listen(at)
		if err != nil {
			return fmt.Errorf("sip: listening on %s (TLS): %w", at, err)
		}
		p.secure, p.secured = ln, addrPort(ln.Addr())
		return nil
	}
	return fmt.Errorf("sip: TLS on %s: listen on the same host without TLS too", at)
}

// bind opens UDP and TCP on one address; with port 0 both get the same number,
// which may take a few tries.
func bind(w Wire, a netip.AddrPort) (port, error) {
	var last error
	for range 20 {
		pc, err := w.ListenPacket(a)
		if err != nil {
			return port{}, fmt.Errorf("sip: listening on %s (UDP): %w", a, err)
		}
		local := addrPort(pc.LocalAddr())
		ln, err := w.Listen(local)
		if err == nil {
			return port{local: local, packet: pc, listen: ln}, nil
		}
		_ = pc.Close()
		last = err
		if a.Port() != 0 {
			break
		}
	}
	return port{}, fmt.Errorf("sip: listening on %s (TCP): %w", a, last)
}

// liftDatagramLimit lets answers above 1300 octets go by UDP: RFC 3261 18.1.1
// limits requests only. The size and the logger of closing connections are variables
// of sipgo's package, the settings that cannot be given per agent; they are set
// once, before any socket.
func liftDatagramLimit() struct{} {
	gosip.UDPMTUSize = 65535
	gosip.SetDefaultLogger(slog.New(slog.DiscardHandler)) // its lines carry whole messages
	return struct{}{}
}

var _ = liftDatagramLimit()

// maxDatagram is the largest request sent by UDP, octets (RFC 3261 18.1.1).
const maxDatagram = 1300

func udpAddr(a netip.AddrPort) *net.UDPAddr { return net.UDPAddrFromAddrPort(a) }

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

// splitHostPort reads host[:port] with IPv6 in brackets; port 0 when missing.
func splitHostPort(s string) (host string, port uint16, err error) {
	host, rest := s, ""
	if strings.HasPrefix(s, "[") {
		i := strings.IndexByte(s, ']')
		if i < 0 {
			return "", 0, fmt.Errorf("sip: bad host %q", s)
		}
		host, rest = s[1:i], s[i+1:]
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, rest = s[:i], s[i:]
	}
	if rest == "" || rest == ":" {
		return host, 0, nil
	}
	n, err := strconv.ParseUint(strings.TrimSpace(strings.TrimPrefix(rest, ":")), 10, 16)
	return strings.TrimSpace(host), uint16(n), err
}

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }

// errorClass names an accept error without addresses.
func errorClass(err error) string {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no.Error()
	}
	return "refused"
}
