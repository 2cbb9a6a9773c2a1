package udp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"hotline/localroute"
)

// Kernel is UDP by raw system calls on non-blocking sockets: neither Go's poller nor its scheduler is entered for a
// packet.
type Kernel struct{}

// Route asks the kernel which of our addresses leads to remote. It sends nothing.
func (Kernel) Route(remote netip.Addr) (netip.Addr, error) {
	return localroute.To(remote)
}

// Listen opens a socket that marks its packets for expedited forwarding. ErrNoWay and ErrTooManyFiles tell that another
// port would not help.
func (Kernel) Listen(at netip.AddrPort) (Socket, error) {
	family, name := nameOf(at)
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
			err = fmt.Errorf("%w: %w", ErrTooManyFiles, err)
		}
		return nil, noWay(err)
	}
	// DSCP 46, expedited forwarding (RFC 4594 section 4.1); a network that ignores it costs nothing.
	if family == unix.AF_INET6 {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, 46<<2)
	} else {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, 46<<2)
	}
	if err := unix.Bind(fd, name); err != nil {
		return nil, errors.Join(noWay(err), unix.Close(fd))
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return &socket{fd: fd, at: addrPort(bound)}, nil
}

// noWay marks errors that are due to the address, and not to the port.
func noWay(err error) error {
	for _, no := range []error{unix.EADDRNOTAVAIL, unix.EINVAL, unix.EAFNOSUPPORT, unix.ENODEV} {
		if errors.Is(err, no) {
			return fmt.Errorf("%w: %w", ErrNoWay, err)
		}
	}
	return err
}

func nameOf(at netip.AddrPort) (family int, name unix.Sockaddr) {
	if at.Addr().Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
}

func addrPort(s unix.Sockaddr) netip.AddrPort {
	switch a := s.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return netip.AddrPort{}
}

// socket is one UDP socket of the kernel's.
type socket struct {
	fd   int
	at   netip.AddrPort
	from unix.RawSockaddrInet6 // large enough for both families
	size uint32
	to   unix.RawSockaddrInet6
	dest netip.AddrPort // the address that to holds
	len  uintptr        // of to
}

func (s *socket) Addr() netip.AddrPort { return s.at }

func (s *socket) Receive(b []byte) (int, netip.AddrPort, bool) {
	s.size = unix.SizeofSockaddrInet6
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), 0,
		uintptr(unsafe.Pointer(&s.from)), uintptr(unsafe.Pointer(&s.size)))
	switch errno {
	case 0:
	case unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH:
		return 0, netip.AddrPort{}, true // an ICMP error is reported once in place of a datagram
	default:
		return 0, netip.AddrPort{}, false
	}
	port := s.from.Port>>8 | s.from.Port<<8
	if s.from.Family == unix.AF_INET {
		var ip [4]byte
		binary.NativeEndian.PutUint32(ip[:], s.from.Flowinfo)
		return int(n), netip.AddrPortFrom(netip.AddrFrom4(ip), port), true
	}
	return int(n), netip.AddrPortFrom(netip.AddrFrom16(s.from.Addr), port), true
}

func (s *socket) Send(b []byte, to netip.AddrPort) {
	if to != s.dest {
		s.setDestination(to)
	}
	_, _, _ = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), 0,
		uintptr(unsafe.Pointer(&s.to)), s.len)
}

func (s *socket) setDestination(to netip.AddrPort) {
	s.dest, s.to = to, unix.RawSockaddrInet6{Port: to.Port()>>8 | to.Port()<<8}
	if to.Addr().Is4() {
		ip := to.Addr().As4()
		s.to.Family, s.to.Flowinfo, s.len = unix.AF_INET, binary.NativeEndian.Uint32(ip[:]), unix.SizeofSockaddrInet4
		return
	}
	s.to.Family, s.to.Addr, s.len = unix.AF_INET6, to.Addr().As16(), unix.SizeofSockaddrInet6
}

func (s *socket) Close() error { return unix.Close(s.fd) }
