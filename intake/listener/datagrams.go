package listener

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// receiveBuffer is how much the kernel is asked to hold while nobody reads, in octets; it gives no more than net.core.rmem_max.
const receiveBuffer = 4 << 20

// Datagrams is a UDP socket that knows what the kernel threw away because nobody read it in time. One goroutine reads; any may write.
type Datagrams struct {
	conn    *net.UDPConn
	control [64]byte
	dropped uint32
}

// ListenUDP opens a socket.
func ListenUDP(ctx context.Context, at netip.AddrPort) (*Datagrams, error) {
	network := "udp4"
	if at.Addr().Is6() {
		network = "udp6"
	}
	c, err := (&net.ListenConfig{}).ListenPacket(ctx, network, at.String())
	if err != nil {
		return nil, fmt.Errorf("listening at %s (UDP): %w; free the port, or name another one", at, err)
	}
	conn := c.(*net.UDPConn)
	_ = conn.SetReadBuffer(receiveBuffer) // as much as the kernel gives
	if raw, err := conn.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1) }) // without it losses are not known
	}
	return &Datagrams{conn: conn}, nil
}

// Address is where it listens.
func (d *Datagrams) Address() netip.AddrPort { return d.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// Read reads a datagram into b. dropped is how many were thrown away before it since the last one.
func (d *Datagrams) Read(b []byte) (n int, from netip.AddrPort, dropped int, err error) {
	n, control, _, from, err := d.conn.ReadMsgUDPAddrPort(b, d.control[:])
	if err != nil {
		return 0, from, 0, err
	}
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	return n, from, d.overflow(d.control[:control]), nil
}

// overflow reads the kernel's own count, which stands beside a datagram once something was thrown away (socket(7), SO_RXQ_OVFL).
func (d *Datagrams) overflow(control []byte) int {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return 0
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_RXQ_OVFL && len(m.Data) >= 4 {
			all := binary.NativeEndian.Uint32(m.Data)
			new := all - d.dropped // the count wraps
			d.dropped = all
			return int(new)
		}
	}
	return 0
}

// Write sends a datagram.
func (d *Datagrams) Write(b []byte, to netip.AddrPort) error {
	_, err := d.conn.WriteToUDPAddrPort(b, to)
	return err
}

// Close ends Read.
func (d *Datagrams) Close() error { return d.conn.Close() }

// datagramMost is how many octets a datagram has at most.
const datagramMost = 1 << 16

// Sockets are the UDP sockets of one listener.
type Sockets []*Datagrams

// ListenAll opens a socket at each address. After an error none is open.
func ListenAll(ctx context.Context, at []netip.AddrPort) (Sockets, error) {
	var all Sockets
	for _, one := range at {
		d, err := ListenUDP(ctx, one)
		if err != nil {
			return nil, errors.Join(err, all.Close())
		}
		all = append(all, d)
	}
	return all, nil
}

// Addresses is where they listen.
func (s Sockets) Addresses() (list []netip.AddrPort) {
	for _, d := range s {
		list = append(list, d.Address())
	}
	return list
}

// Close ends all reading.
func (s Sockets) Close() error {
	var all []error
	for _, d := range s {
		all = append(all, d.Close())
	}
	return errors.Join(all...)
}

// Receive hands each datagram on until the socket is closed, and counts those that the kernel threw away. message is good until take
// comes back.
func (d *Datagrams) Receive(c *Counts, take func(message []byte, from netip.AddrPort)) {
	buffer := make([]byte, datagramMost)
	for {
		n, from, dropped, err := d.Read(buffer)
		if err != nil {
			return
		}
		c.Add(Kernel, dropped)
		take(buffer[:n], from)
	}
}
