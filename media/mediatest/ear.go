package mediatest

import (
	"cmp"
	"math"
	"slices"
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

const (
	probes     = 256 // samples of the part by which places are compared at first
	candidates = 64  // places that are then compared whole
)

// Correlate is the highest normalised correlation of part with any stretch of whole of the same length: 1 for the same
// sound at any level, near 0 for another one. The place is the sample where it begins.
func Correlate(whole, part []int16) (best float64, place int) {
	if len(whole) < len(part) || len(part) == 0 {
		return 0, 0
	}
	points := loud(part)
	var top []spot
	for at := 0; at+len(part) <= len(whole); at++ {
		c := likeness(whole[at:], part, points)
		if len(top) < candidates {
			top = append(top, spot{c, at})
		} else if c > top[0].likeness {
			top[0] = spot{c, at}
		} else {
			continue
		}
		slices.SortFunc(top, func(a, b spot) int { return cmp.Compare(a.likeness, b.likeness) })
	}
	every := make([]int, len(part))
	for i := range every {
		every[i] = i
	}
	for _, p := range top {
		if c := likeness(whole[p.at:], part, every); c > best {
			best, place = c, p.at
		}
	}
	return best, place
}

// spot is a place and how like the part it sounds there.
type spot struct {
	likeness float64
	at       int
}

// likeness is the normalised correlation at some points.
func likeness(whole, part []int16, points []int) float64 {
	var ww, wp, pp float64
	for _, i := range points {
		w, p := float64(whole[i]), float64(part[i])
		ww, wp, pp = ww+w*w, wp+w*p, pp+p*p
	}
	if ww == 0 || pp == 0 {
		return 0
	}
	return wp / math.Sqrt(ww*pp)
}

// loud picks samples of the part, spread over it, that are louder than most.
func loud(part []int16) []int {
	levels := make([]int, len(part))
	for i, v := range part {
		levels[i] = max(int(v), -int(v))
	}
	sorted := slices.Sorted(slices.Values(levels))
	limit, all := sorted[len(sorted)*3/4], []int(nil)
	for i, v := range levels {
		if v >= limit {
			all = append(all, i)
		}
	}
	step := max(1, len(all)/probes)
	var points []int
	for i := 0; i < len(all); i += step {
		points = append(points, all[i])
	}
	return points
}
