// Package hep sends copies of SIP messages to a tracing tool (Homer, sngrep) in the Homer Encapsulation Protocol, version 3.
// The program opens a [Tracer] where the configuration names a tool, and gives its Capture to the SIP agent.
package hep

import (
	"encoding/binary"
	"fmt"
	"net"

	"hotline/sip/capture"
)

// Tracer sends one UDP datagram for each message. What cannot be sent is lost; nothing waits for it. Safe for concurrent use.
type Tracer struct {
	conn net.Conn
	node uint32
}

// New opens the way to the tracing tool at host:port; node tells this program from others there.
func New(to string, node uint32) (*Tracer, error) {
	c, err := net.Dial("udp", to)
	if err != nil {
		return nil, fmt.Errorf("sip: opening the way to the tracing tool at %s: %w", to, err)
	}
	return &Tracer{conn: c, node: node}, nil
}

// Close closes the socket.
func (t *Tracer) Close() error { return t.conn.Close() }

// Capture sends a copy of one message; it is one of the Captures of a SIP agent's configuration.
func (t *Tracer) Capture(m capture.Message) {
	_, _ = t.conn.Write(packet(m, t.node))
}

// packet writes one packet: "HEP3", its length, then chunks of vendor 0 (HEP 3 revision 32, section 4).
func packet(m capture.Message, node uint32) []byte {
	b := make([]byte, 6, 128+len(m.Octets))
	copy(b, "HEP3")
	chunk := func(kind uint16, value []byte) {
		b = binary.BigEndian.AppendUint16(b, 0)
		b = binary.BigEndian.AppendUint16(b, kind)
		b = binary.BigEndian.AppendUint16(b, uint16(6+len(value)))
		b = append(b, value...)
	}
	word := func(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
	half := func(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }
	family, source, target := byte(2), m.From.Addr().AsSlice(), m.To.Addr().AsSlice()
	sourceKind, targetKind := uint16(3), uint16(4)
	if m.From.Addr().Is6() {
		family, sourceKind, targetKind = 10, 5, 6
	}
	protocol := byte(17)
	if m.Transport != "UDP" {
		protocol = 6
	}
	const sipPayload = 1
	chunk(1, []byte{family})
	chunk(2, []byte{protocol})
	chunk(sourceKind, source)
	chunk(targetKind, target)
	chunk(7, half(m.From.Port()))
	chunk(8, half(m.To.Port()))
	chunk(9, word(uint32(m.At.Unix())))
	chunk(10, word(uint32(m.At.Nanosecond()/1000)))
	chunk(11, []byte{sipPayload})
	chunk(12, word(node))
	chunk(15, m.Octets[:min(len(m.Octets), 60000)])
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)))
	return b
}
