// Package udp is the datagram sockets that sound runs over, made for very many of them: nothing here enters Go's poller or
// scheduler for a packet, and no packet costs an allocation. An engine of package media opens its sockets by a [Network]:
// [Kernel] in the product, a network in memory (package mediatest) in tests.
//
//	udp.go     the interfaces
//	kernel.go  sockets of the kernel by raw system calls
//	poller.go  which of many sockets have something
package udp

import (
	"errors"
	"net/netip"
)

// Why a socket cannot be opened, where another port would not help.
var (
	// ErrNoWay is the error of an address to which this machine has no way, or at which it cannot have a socket.
	ErrNoWay = errors.New("this machine has no way there")
	// ErrTooManyFiles is the error of a process or a machine without free file descriptors.
	ErrTooManyFiles = errors.New("no file descriptor is free")
)

// Network opens sockets. Safe for concurrent use.
type Network interface {
	// Listen opens a datagram socket; port 0 takes a free one.
	Listen(at netip.AddrPort) (Socket, error)
	// Route is the local address that datagrams to remote leave from.
	Route(remote netip.Addr) (netip.Addr, error)
}

// Socket is one datagram socket. Receive and Send never block. Used by one goroutine at a time, but for Close.
type Socket interface {
	// Addr is the local address.
	Addr() netip.AddrPort
	// Receive takes the next datagram; ok is false when none waits.
	Receive(b []byte) (n int, from netip.AddrPort, ok bool)
	// Send hands a datagram on; one that cannot be sent at once is lost.
	Send(b []byte, to netip.AddrPort)
	// Close gives the port back.
	Close() error
}
