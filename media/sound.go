package media

import (
	"time"

	"hotline/media/g711"
)

// Sound is a ready prompt: 8 kHz G.711 in both codecs, so that playing it costs a copy. Immutable, shared by any number of
// calls. The zero value is no sound.
type Sound struct {
	parts   []part
	samples int
}

// part is one piece of a sound, in both codecs and of equal length. It is indexed by the codec.
type part [2][]byte

// NewSound makes a sound of 16-bit linear samples at 8 kHz.
func NewSound(samples []int16) Sound {
	return Sound{parts: []part{{g711.ALaw.Octets(samples), g711.MuLaw.Octets(samples)}}, samples: len(samples)}
}

// EncodedSound makes a sound of octets in one codec. It keeps the octets: they must not change any more.
func EncodedSound(c g711.Codec, octets []byte) Sound {
	other := append([]byte(nil), octets...)
	g711.Transcode(other, c, 1-c)
	var p part
	p[c], p[1-c] = octets, other
	return Sound{parts: []part{p}, samples: len(octets)}
}

// Chain is the sounds one after the other. It copies no sample.
func Chain(sounds ...Sound) Sound {
	var all Sound
	for _, s := range sounds {
		all.parts = append(all.parts, s.parts...)
		all.samples += s.samples
	}
	return all
}

// Duration is how long the sound lasts.
func (s Sound) Duration() time.Duration { return time.Duration(s.samples) * time.Second / g711.Rate }

// Octets are the whole sound in one codec, as a copy.
func (s Sound) Octets(c g711.Codec) []byte {
	var all []byte
	for i := range s.parts {
		all = append(all, s.parts[i][c]...)
	}
	return all
}

// position is a place in a sound.
type position struct {
	part, octet int
}

// frame fills b from a position on, moves the position, and pads the end with silence. more tells whether anything is
// left. A loop begins anew instead of ending.
func (s *Sound) frame(at *position, b []byte, c g711.Codec, loop bool) (more bool) {
	n := 0
	for n < len(b) {
		if at.part == len(s.parts) {
			if !loop || s.samples == 0 {
				break
			}
			*at = position{}
		}
		octets := s.parts[at.part][c]
		k := copy(b[n:], octets[at.octet:])
		n += k
		if at.octet += k; at.octet == len(octets) {
			at.part, at.octet = at.part+1, 0
		}
	}
	for i := n; i < len(b); i++ {
		b[i] = c.Silence()
	}
	return at.part < len(s.parts) || loop
}
