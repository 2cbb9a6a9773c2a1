// Package rtp is what one leg needs of the real-time transport protocol (RFC 3550): reading packets, numbering our own,
// following the numbers of the other party's, and keeping its packets in order. It knows no socket and no clock: now is an
// argument, the time since any fixed instant. Each value belongs to one leg, and so to one goroutine. No function here
// costs an allocation.
//
//	packet.go      one packet, read and written
//	sequence.go    which packets are new, late, repeated or lost
//	reorder.go     a joined party's packets in order, with lost ones concealed
//	statistics.go  how unevenly packets arrive, and which of ours the other party has lost, by its reports
package rtp

import (
	"encoding/binary"
	"errors"
)

// HeaderSize is the length of the fixed header in octets (RFC 3550 section 5.1).
const HeaderSize = 12

// ComfortNoise is the payload type of comfort noise (RFC 3389).
const ComfortNoise = 13

// FirstDynamic is the first payload type whose meaning is agreed on (RFC 3551 section 3).
const FirstDynamic = 96

// ErrMalformed is the error of a datagram that is not an RTP packet.
var ErrMalformed = errors.New("not an RTP packet")

// Packet is one received packet. It points into the datagram that it was read from.
type Packet struct {
	PayloadType uint8
	Marker      bool
	Sequence    uint16
	Timestamp   uint32 // in samples
	SSRC        uint32
	Payload     []byte
	// Frame is the payload behind HeaderSize octets of room: who forwards the packet writes a new header there.
	Frame []byte
}

// Parse reads a datagram (RFC 3550 sections 5.1 and 5.3.1). It accepts version 2, and steps over CSRCs, the extension and
// padding.
func Parse(b []byte) (Packet, error) {
	if len(b) < HeaderSize || b[0]>>6 != 2 {
		return Packet{}, ErrMalformed
	}
	start, end := HeaderSize+4*int(b[0]&0x0f), len(b)
	if b[0]&0x10 != 0 {
		if start+4 > end {
			return Packet{}, ErrMalformed
		}
		start += 4 + 4*int(binary.BigEndian.Uint16(b[start+2:]))
	}
	if b[0]&0x20 != 0 {
		padding := int(b[end-1])
		if padding == 0 {
			return Packet{}, ErrMalformed
		}
		end -= padding
	}
	if start > end {
		return Packet{}, ErrMalformed
	}
	return Packet{
		PayloadType: b[1] & 0x7f,
		Marker:      b[1]&0x80 != 0,
		Sequence:    binary.BigEndian.Uint16(b[2:]),
		Timestamp:   binary.BigEndian.Uint32(b[4:]),
		SSRC:        binary.BigEndian.Uint32(b[8:]),
		Payload:     b[start:end],
		Frame:       b[start-HeaderSize : end],
	}, nil
}

// IsRTCP tells RTCP from RTP on one port (RFC 5761 section 4): the second octet is 192 to 223.
func IsRTCP(b []byte) bool { return len(b) >= 8 && b[0]>>6 == 2 && b[1] >= 192 && b[1] <= 223 }

// Sender numbers the packets that a leg sends. Nobody else writes sequence numbers, timestamps or the SSRC of the stream.
type Sender struct {
	SSRC      uint32
	Sequence  uint16 // of the next packet
	Timestamp uint32 // of the next sound, in samples
	Packets   uint32 // sent so far, for reports
	Octets    uint32 // of payload sent so far, for reports
}

// Put writes the fixed header into the first HeaderSize octets of a packet, and steps the sequence number. The timestamp is
// the caller's, because keys and forwarded sound bring their own.
func (s *Sender) Put(packet []byte, payloadType uint8, marker bool, timestamp uint32) {
	packet[0] = 2 << 6
	packet[1] = payloadType
	if marker {
		packet[1] |= 0x80
	}
	binary.BigEndian.PutUint16(packet[2:], s.Sequence)
	binary.BigEndian.PutUint32(packet[4:], timestamp)
	binary.BigEndian.PutUint32(packet[8:], s.SSRC)
	s.Sequence++
	s.Packets++
	s.Octets += uint32(len(packet) - HeaderSize)
}
