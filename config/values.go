package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Ports is a range of UDP ports, both ends included, written "10000-19999". RTP takes the even ones and RTCP the odd
// (RFC 3550 section 11).
type Ports struct{ First, Last uint16 }

// UnmarshalText reads "A-B".
func (p *Ports) UnmarshalText(text []byte) error {
	low, high, _ := strings.Cut(string(text), "-")
	first, err1 := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
	last, err2 := strconv.ParseUint(strings.TrimSpace(high), 10, 16)
	if err1 != nil || err2 != nil {
		return fmt.Errorf("%q is no range of ports; write the first and the last, such as 10000-19999", short(string(text)))
	}
	*p = Ports{uint16(first), uint16(last)}
	return nil
}

// MarshalText writes the range as it is read.
func (p Ports) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

func (p Ports) String() string { return fmt.Sprintf("%d-%d", p.First, p.Last) }

// Network is an address or a network, written "192.0.2.7" or "192.0.2.0/24".
type Network struct{ netip.Prefix }

// UnmarshalText reads an address or a prefix; bits below the prefix's length are cleared.
func (n *Network) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		n.Prefix = netip.PrefixFrom(a, a.BitLen())
		return nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return fmt.Errorf("%q is no address or network; write 192.0.2.7 or 192.0.2.0/24 (names are not looked up)", short(s))
	}
	n.Prefix = p.Masked()
	return nil
}

// short keeps a foreign text small enough for a complaint.
func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
