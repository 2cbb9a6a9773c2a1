package media

import (
	"encoding/binary"
	"errors"
)

const (
	rtpHeader    = 12   // octets of the fixed RTP header (RFC 3550 section 5.1)
	frameSamples = 160  // samples and G.711 octets of one 20 ms frame at 8 kHz
	maxDatagram  = 2048 // octets read of one datagram; no G.711 packet of up to 200 ms is longer
	ptNoise      = 13   // comfort noise (RFC 3389)
)

var errNotRTP = errors.New("no rtp packet")

// packet is one received RTP packet; payload points into the datagram, at least rtpHeader octets from its start.
type packet struct {
	payloadType uint8
	marker      bool
	sequence    uint16
	timestamp   uint32
	ssrc        uint32
	offset      int // of the payload in the datagram
	payload     []byte
}

// parseRTP reads a datagram (RFC 3550 section 5.1 and 5.3.1): version 2, CSRCs, extension and padding are stepped over.
func parseRTP(b []byte) (packet, error) {
	if len(b) < rtpHeader || b[0]>>6 != 2 {
		return packet{}, errNotRTP
	}
	start, end := rtpHeader+4*int(b[0]&0x0f), len(b)
	if b[0]&0x10 != 0 {
		if start+4 > end {
			return packet{}, errNotRTP
		}
		start += 4 + 4*int(binary.BigEndian.Uint16(b[start+2:]))
	}
	if b[0]&0x20 != 0 {
		pad := int(b[end-1])
		if pad == 0 {
			return packet{}, errNotRTP
		}
		end -= pad
	}
	if start > end {
		return packet{}, errNotRTP
	}
	return packet{
		payloadType: b[1] & 0x7f,
		marker:      b[1]&0x80 != 0,
		sequence:    binary.BigEndian.Uint16(b[2:]),
		timestamp:   binary.BigEndian.Uint32(b[4:]),
		ssrc:        binary.BigEndian.Uint32(b[8:]),
		offset:      start,
		payload:     b[start:end],
	}, nil
}

// isRTCP tells RTCP from RTP on one port (RFC 5761 section 4): the second octet is 192 to 223.
func isRTCP(b []byte) bool { return len(b) >= 8 && b[0]>>6 == 2 && b[1] >= 192 && b[1] <= 223 }

// sender numbers what a leg sends. The worker that owns the leg is its only user: nobody else may write sequence,
// timestamp or SSRC.
type sender struct {
	ssrc      uint32
	sequence  uint16 // of the next packet
	timestamp uint32 // of the next frame, samples
	packets   uint32 // sent, for sender reports
	octets    uint32 // of payload sent, for sender reports
}

// header writes the fixed header into the first twelve octets of b and steps the sequence. The timestamp is the
// caller's, because events and forwarded sound bring their own.
func (s *sender) header(b []byte, payloadType uint8, marker bool, timestamp uint32) {
	b[0] = 2 << 6
	b[1] = payloadType
	if marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], s.sequence)
	binary.BigEndian.PutUint32(b[4:], timestamp)
	binary.BigEndian.PutUint32(b[8:], s.ssrc)
	s.sequence++
	s.packets++
	s.octets += uint32(len(b) - rtpHeader)
}
