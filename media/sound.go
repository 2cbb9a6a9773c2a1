package media

import "time"

// Sound is a ready prompt: 8 kHz G.711 in both laws, so that playing it costs a copy. Immutable, shared by any number of
// calls. The zero value is no sound.
type Sound struct {
	parts   []part
	samples int
}

// part is one piece of a sound in both laws, of equal length.
type part struct {
	a, u []byte
}

// in is the part in a law.
func (p *part) in(l Law) []byte {
	if l == MuLaw {
		return p.u
	}
	return p.a
}

// NewSound makes a sound of 16-bit linear samples at 8 kHz.
func NewSound(pcm []int16) Sound {
	p := part{a: make([]byte, len(pcm)), u: make([]byte, len(pcm))}
	for i, s := range pcm {
		p.a[i], p.u[i] = ALaw.Octet(s), MuLaw.Octet(s)
	}
	return Sound{parts: []part{p}, samples: len(pcm)}
}

// SoundFromALaw makes a sound of A-law octets, which it keeps: they must not change any more.
func SoundFromALaw(octets []byte) Sound { return soundFrom(ALaw, octets) }

// SoundFromMuLaw makes a sound of mu-law octets, which it keeps: they must not change any more.
func SoundFromMuLaw(octets []byte) Sound { return soundFrom(MuLaw, octets) }

func soundFrom(l Law, octets []byte) Sound {
	other := append([]byte(nil), octets...)
	p := part{a: octets, u: other}
	if l == MuLaw {
		p = part{a: other, u: octets}
		convert(other, MuLaw, ALaw)
	} else {
		convert(other, ALaw, MuLaw)
	}
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
func (s Sound) Duration() time.Duration { return time.Duration(s.samples) * time.Second / 8000 }

// cursor is a place in a sound.
type cursor struct {
	part, octet int
}

// frame fills b from the cursor on and pads the end with silence; more tells whether anything is left. A loop begins
// anew instead of ending.
func (s *Sound) frame(c *cursor, b []byte, l Law, loop bool) (more bool) {
	n := 0
	for n < len(b) {
		if c.part == len(s.parts) {
			if !loop || s.samples == 0 {
				break
			}
			*c = cursor{}
		}
		octets := s.parts[c.part].in(l)
		k := copy(b[n:], octets[c.octet:])
		n += k
		if c.octet += k; c.octet == len(octets) {
			c.part, c.octet = c.part+1, 0
		}
	}
	for i := n; i < len(b); i++ {
		b[i] = l.Silence()
	}
	return c.part < len(s.parts) || loop
}

// Octets are the whole sound in a law, as a copy.
func (s Sound) Octets(l Law) []byte {
	var all []byte
	for i := range s.parts {
		all = append(all, s.parts[i].in(l)...)
	}
	return all
}
