package media

import "github.com/zaf/g711"

// Law is the companding law of G.711 (ITU-T G.711).
type Law byte

// The two laws. Their static RTP payload types are 8 (PCMA) and 0 (PCMU) by RFC 3551 table 4.
const (
	ALaw Law = iota
	MuLaw
)

// String is the encoding name of RFC 3551, as it stands in an rtpmap.
func (l Law) String() string {
	if l == MuLaw {
		return "PCMU"
	}
	return "PCMA"
}

// Silence is the octet that means no sound: the smallest positive value of the law.
func (l Law) Silence() byte {
	if l == MuLaw {
		return 0xff
	}
	return 0xd5
}

// Sample expands one octet into a 16-bit linear sample.
func (l Law) Sample(b byte) int16 {
	if l == MuLaw {
		return g711.DecodeUlawFrame(b)
	}
	return g711.DecodeAlawFrame(b)
}

// Octet compresses one 16-bit linear sample.
func (l Law) Octet(s int16) byte {
	if l == MuLaw {
		return g711.EncodeUlawFrame(s)
	}
	return g711.EncodeAlawFrame(s)
}

// Samples expands all octets.
func (l Law) Samples(octets []byte) []int16 {
	samples := make([]int16, len(octets))
	l.Decode(samples, octets)
	return samples
}

// Decode expands octets into samples and returns how many it wrote, the shorter of the two lengths.
func (l Law) Decode(samples []int16, octets []byte) int {
	n := min(len(samples), len(octets))
	if l == MuLaw {
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

// convert turns octets of one law into the other in place (ITU-T G.711 tables 3 and 4).
func convert(b []byte, from, to Law) {
	switch {
	case from == to:
	case from == ALaw:
		for i, v := range b {
			b[i] = g711.Alaw2UlawFrame(v)
		}
	default:
		for i, v := range b {
			b[i] = g711.Ulaw2AlawFrame(v)
		}
	}
}

// payloadType is the static payload type of the law (RFC 3551 table 4).
func (l Law) payloadType() uint8 {
	if l == MuLaw {
		return 0
	}
	return 8
}
