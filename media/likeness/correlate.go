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
	points := loud(part)
	var top []spot
	for at := 0; at+len(part) <= len(whole); at++ {
		c := match(whole[at:], part, points)
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
		if c := match(whole[p.at:], part, every); c > best {
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

// match is the normalised correlation at some points. The race detector would make it ten times slower, and it has nothing to find here:
// these are reads of what nobody writes any more, and every caller is watched.
//
//go:norace
func match(whole, part []int16, points []int) float64 {
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
