// Package localroute asks the kernel which of the machine's addresses leads to a far one.
package localroute

import (
	"net"
	"net/netip"
)

// discard is the port of RFC 863: any would do, because nothing is sent.
const discard = 9

// To is our address from which datagrams to a far one leave, by the kernel's routes. It connects a datagram socket, which
// sends nothing. The error is the kernel's, as where the network is unreachable.
func To(far netip.Addr) (netip.Addr, error) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(far, discard)))
	if err != nil {
		return netip.Addr{}, err
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}
