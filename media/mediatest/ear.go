package mediatest

import (
	"math"
	"sync"

	"hotline/media"
)

// Tone is a sine of hz, 8 kHz samples at a quarter of full scale.
func Tone(hz float64, samples int) []int16 {
	out := make([]int16, samples)
	for i := range out {
		out[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	return out
}

// Loudness is the power of hz in samples of 8 kHz, by Goertzel's algorithm, as a share of all power: 1 for a pure tone.
func Loudness(samples []int16, hz float64) float64 {
	c := 2 * math.Cos(2*math.Pi*hz/8000)
	var s1, s2, all float64
	for _, x := range samples {
		v := float64(x)
		s1, s2 = v+c*s1-s2, s1
		all += v * v
	}
	if all == 0 {
		return 0
	}
	return 2 * (s1*s1 + s2*s2 - c*s1*s2) / all / float64(len(samples))
}

// Listener is a media.Blocks that keeps what it hears. Safe for concurrent use.
type Listener struct {
	mu     sync.Mutex
	law    media.Law
	octets []byte
	blocks []int
}

// Block hears a block.
func (l *Listener) Block(law media.Law, b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.law = law
	l.octets = append(l.octets, b...)
	l.blocks = append(l.blocks, len(b))
}

// Octets are what was heard, in the law heard.
func (l *Listener) Octets() (media.Law, []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.law, append([]byte(nil), l.octets...)
}

// Samples are what was heard.
func (l *Listener) Samples() []int16 {
	law, octets := l.Octets()
	out := make([]int16, len(octets))
	law.Decode(out, octets)
	return out
}

// Blocks are the lengths of the blocks heard.
func (l *Listener) Blocks() []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]int(nil), l.blocks...)
}

// Correlate is the highest normalised correlation of part with any stretch of whole of the same length: 1 for the same
// sound at any level, near 0 for another one. The place is the sample where it begins.
func Correlate(whole, part []int16) (best float64, place int) {
	var pp float64
	for _, v := range part {
		pp += float64(v) * float64(v)
	}
	if pp == 0 || len(whole) < len(part) {
		return 0, 0
	}
	coarse := max(1, len(part)/4000)
	try := func(at, step int) float64 {
		var ww, wp, p float64
		for i := 0; i < len(part); i += step {
			w, v := float64(whole[at+i]), float64(part[i])
			ww, wp, p = ww+w*w, wp+w*v, p+v*v
		}
		if ww == 0 || p == 0 {
			return 0
		}
		return wp / math.Sqrt(ww*p)
	}
	for at := 0; at+len(part) <= len(whole); at++ {
		if c := try(at, coarse); c > best {
			best, place = c, at
		}
	}
	return try(place, 1), place
}
