// Package likeness tells whether a sound that was said is the one that was heard: what the demonstration is judged by, and
// the tests of everything that carries sound.
package likeness

import (
	"cmp"
	"math"
	"slices"
)

const (
	probes     = 256 // samples of the part by which places are compared at first
	candidates = 64  // places that are then compared whole
)

// Correlate gives the highest normalised correlation of part with any stretch of whole of the same length: 1 for the same
// sound at any level, near 0 for another one. The place is the sample where it begins.
func Correlate(whole, part []int16) (best float64, place int) {
	if len(whole) < len(part) || len(part) == 0 {
		return 0, 0
	}
	few := pick(part, loud(part))
	var top []spot
	for at := 0; at+len(part) <= len(whole); at++ {
		c := few.match(whole[at:])
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
	all := pick(part, every)
	for _, p := range top {
		if c := all.match(whole[p.at:]); c > best {
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

// probe is a part at some of its points.
type probe struct {
	points []int
	values []float64 // of the part, at each point
	power  float64   // of the values
}

func pick(part []int16, points []int) probe {
	p := probe{points, make([]float64, len(points)), 0}
	for n, i := range points {
		p.values[n] = float64(part[i])
		p.power += p.values[n] * p.values[n]
	}
	return p
}

// match is the normalised correlation at the points.
//
// The race detector passes it over: a conversation of a minute and a half is read two hundred million times to find one sentence in it.
// With it, the tests of this package cost nine times the processor's time.
//
//go:norace
func (p *probe) match(whole []int16) float64 {
	var ww, wp float64
	values := p.values[:len(p.points)]
	for n, i := range p.points {
		w := float64(whole[i])
		ww, wp = ww+w*w, wp+w*values[n]
	}
	if ww == 0 || p.power == 0 {
		return 0
	}
	return wp / math.Sqrt(ww*p.power)
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
