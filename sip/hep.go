package sip

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// HEP sends copies of messages to a tracing tool (Homer, sngrep) in the Homer Encapsulation Protocol, version 3: one UDP
// datagram for each. What cannot be sent is lost; nothing waits for it. Safe for concurrent use.
type HEP struct {
	conn net.Conn
	node uint32
}

// NewHEP opens the way to the tracing tool at host:port; node tells this program from others there.
func NewHEP(to string, node uint32) (*HEP, error) {
	c, err := net.Dial("udp", to)
	if err != nil {
		return nil, fmt.Errorf("sip: opening the way to the tracing tool at %s: %w", to, err)
	}
	return &HEP{conn: c, node: node}, nil
}

// Close ends the way.
func (h *HEP) Close() error { return h.conn.Close() }

// Capture is a [Config.Capture].
func (h *HEP) Capture(at time.Time, from, to netip.AddrPort, transport string, message []byte) {
	_, _ = h.conn.Write(hep3(at, from, to, transport, h.node, message))
}

// hep3 writes one packet: "HEP3", its length, then chunks of vendor 0 (HEP 3 revision 32, section 4).
func hep3(at time.Time, from, to netip.AddrPort, transport string, node uint32, message []byte) []byte {
	b := make([]byte, 6, 128+len(message))
	copy(b, "HEP3")
	chunk := func(kind uint16, value []byte) {
		b = binary.BigEndian.AppendUint16(b, 0)
		b = binary.BigEndian.AppendUint16(b, kind)
		b = binary.BigEndian.AppendUint16(b, uint16(6+len(value)))
		b = append(b, value...)
	}
	word := func(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
	half := func(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }
	family, source, target := byte(2), from.Addr().AsSlice(), to.Addr().AsSlice()
	sourceKind, targetKind := uint16(3), uint16(4)
	if from.Addr().Is6() {
		family, sourceKind, targetKind = 10, 5, 6
	}
	protocol := byte(17)
	if transport != "UDP" {
		protocol = 6
	}
	const sipPayload = 1
	chunk(1, []byte{family})
	chunk(2, []byte{protocol})
	chunk(sourceKind, source)
	chunk(targetKind, target)
	chunk(7, half(from.Port()))
	chunk(8, half(to.Port()))
	chunk(9, word(uint32(at.Unix())))
	chunk(10, word(uint32(at.Nanosecond()/1000)))
	chunk(11, []byte{sipPayload})
	chunk(12, word(node))
	chunk(15, message[:min(len(message), 60000)])
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)))
	return b
}
