// Package g711 is the codec of the telephone (ITU-T G.711): 8000 samples a second, one octet each, in A-law or mu-law. It
// has the one type for the codec, [Codec], with its names in RTP and in recordings, and it conceals lost packets
// (G.711 appendix I). Values are immutable and everything is safe for concurrent use.
package g711

import "github.com/zaf/g711"

// Rate is the number of samples, and of octets, in a second.
const Rate = 8000

// Codec is one of the two companding laws of G.711. The zero value is A-law.
type Codec byte

// The two codecs.
const (
	ALaw  Codec = iota // in Europe; PCMA in RTP
	MuLaw              // in North America and Japan; PCMU in RTP
)

// The static RTP payload types of the two (RFC 3551 table 4).
const (
	payloadMuLaw = 0
	payloadALaw  = 8
)

// String is the encoding name in RTP, "PCMA" or "PCMU" (RFC 3551 table 4). An rtpmap has it, and so has the record of a
// call's quality.
func (c Codec) String() string {
	if c == MuLaw {
		return "PCMU"
	}
	return "PCMA"
}

// Name is the name of the law, "alaw" or "ulaw", as the record of a recording has it.
func (c Codec) Name() string {
	if c == MuLaw {
		return "ulaw"
	}
	return "alaw"
}

// PayloadType is the static RTP payload type (RFC 3551 table 4): 8 for A-law, 0 for mu-law.
func (c Codec) PayloadType() uint8 {
	if c == MuLaw {
		return payloadMuLaw
	}
	return payloadALaw
}

// OfPayloadType gives the codec of a static RTP payload type; ok is false for every other type.
func OfPayloadType(payloadType uint8) (c Codec, ok bool) {
	switch payloadType {
	case payloadALaw:
		return ALaw, true
	case payloadMuLaw:
		return MuLaw, true
	}
	return 0, false
}

// Silence is the octet for the smallest positive sample.
func (c Codec) Silence() byte {
	if c == MuLaw {
		return 0xff
	}
	return 0xd5
}

// DecodeSample expands one octet into a 16-bit linear sample.
func (c Codec) DecodeSample(octet byte) int16 {
	if c == MuLaw {
		return g711.DecodeUlawFrame(octet)
	}
	return g711.DecodeAlawFrame(octet)
}

// EncodeSample compresses one 16-bit linear sample into an octet.
func (c Codec) EncodeSample(sample int16) byte {
	if c == MuLaw {
		return g711.EncodeUlawFrame(sample)
	}
	return g711.EncodeAlawFrame(sample)
}

// Decode expands octets into samples. It writes as many as the shorter of the two has, and returns their number.
func (c Codec) Decode(samples []int16, octets []byte) int {
	n := min(len(samples), len(octets))
	if c == MuLaw {
		for i, b := range octets[:n] {
			samples[i] = g711.DecodeUlawFrame(b)
		}
		return n
	}
	for i, b := range octets[:n] {
		samples[i] = g711.DecodeAlawFrame(b)
	}
	return n
}

// Samples expands all octets into new samples.
func (c Codec) Samples(octets []byte) []int16 {
	samples := make([]int16, len(octets))
	c.Decode(samples, octets)
	return samples
}

// Octets compresses all samples into new octets.
func (c Codec) Octets(samples []int16) []byte {
	octets := make([]byte, len(samples))
	for i, s := range samples {
		octets[i] = c.EncodeSample(s)
	}
	return octets
}

// Transcode turns octets of one codec into the other in place (ITU-T G.711 tables 3 and 4).
func Transcode(octets []byte, from, to Codec) {
	switch {
	case from == to:
	case from == ALaw:
		for i, b := range octets {
			octets[i] = g711.Alaw2UlawFrame(b)
		}
	default:
		for i, b := range octets {
			octets[i] = g711.Ulaw2AlawFrame(b)
		}
	}
}
