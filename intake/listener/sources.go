package listener

import (
	"net/netip"
	"slices"
)

// Networks is where a source's messages come from; empty: from anywhere.
type Networks []netip.Prefix

// Has tells whether an address is one of them.
func (n Networks) Has(from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	return len(n) == 0 || slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(from) })
}

// Width is how many addresses the narrowest network around an address has, as the length of its prefix; -1 where none is.
func (n Networks) Width(from netip.Addr) int {
	from = from.Unmap().WithZone("")
	width := -1
	for _, p := range n {
		if p.Contains(from) {
			width = max(width, p.Bits())
		}
	}
	return width
}
