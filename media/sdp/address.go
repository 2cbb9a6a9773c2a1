package sdp

import (
	"errors"
	"fmt"
	"net/netip"
)

// ErrBadAddress is the error of an address to which no sound may go.
var ErrBadAddress = errors.New("media address cannot be used")

// address is where the section wants its sound. held tells that it is the old way of holding, c=0.0.0.0 (RFC 3264 section
// 8.4). A host name, which RFC 4566 allows, is not looked up: the source of the signalling stands in until sound has come.
func (s *section) address(signalling netip.Addr) (at netip.AddrPort, held bool, err error) {
	ip, err := netip.ParseAddr(s.host)
	switch {
	case s.host == "":
		return netip.AddrPort{}, false, fmt.Errorf("reading a session description: no c= line: %w", ErrMalformed)
	case s.foreign:
		return netip.AddrPort{}, false, fmt.Errorf("taking %q as the address of sound: neither IN IP4 nor IN IP6: %w", s.host, ErrBadAddress)
	case err != nil:
		ip = signalling
	}
	ip = ip.Unmap().WithZone("")
	if ip.IsUnspecified() {
		return netip.AddrPortFrom(ip, uint16(s.port)), true, nil
	}
	if !mayHaveSound(ip, signalling.Unmap()) {
		return netip.AddrPort{}, false, fmt.Errorf("taking %s as the address of sound: %w", ip, ErrBadAddress)
	}
	return netip.AddrPortFrom(ip, uint16(s.port)), false, nil
}

// mayHaveSound tells whether a party that signals from an address may have its sound at ip. Multicast and broadcast never
// have; loopback and link-local have only for a party that signals from there.
func mayHaveSound(ip, signalling netip.Addr) bool {
	switch {
	case ip.IsMulticast(), ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return false
	case ip.IsLoopback():
		return signalling.IsLoopback()
	case ip.IsLinkLocalUnicast():
		return signalling.IsLinkLocalUnicast()
	}
	return true
}
