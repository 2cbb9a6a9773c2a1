// Package likeness tells whether a sound that was said is the one that was heard: what the demonstration is judged by, and
// the tests of everything that carries sound.
package likeness

import (
	"cmp"
	"iter"
	"math"
	"slices"
)

// stage looks at so many samples of a part, at each place left, and leaves so many of the places that are most alike.
type stage struct{ probes, places int }

// Correlate gives the highest normalised correlation of part with any stretch of whole of the same length: 1 for the same
// sound at any level, near 0 for another one. The place is the sample where it begins.
func Correlate(whole, part []int16) (best float64, place int) {
	if len(whole) < len(part) || len(part) == 0 {
		return 0, 0
	}
	places := upTo(len(whole) - len(part) + 1)
	for _, s := range []stage{{64, 1024}, {256, 64}} { // the first costs nearly all of the time: it looks at every place
		var next []int
		for _, found := range mostAlike(whole, pick(part, loud(part, s.probes)), places, s.places) {
			next = append(next, found.at)
		}
		places = slices.Values(next)
	}
	for _, found := range mostAlike(whole, pick(part, slices.Collect(upTo(len(part)))), places, 1) {
		if found.likeness > 0 {
			best, place = found.likeness, found.at
		}
	}
	return best, place
}

// upTo is the numbers from 0 to below n.
func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// mostAlike are the places, at most so many, at which a part is most alike; the most alike first.
func mostAlike(whole []int16, part probe, places iter.Seq[int], most int) []spot {
	least, found := math.Inf(-1), []spot(nil)
	for at := range places {
		c := part.match(whole[at:])
		if c <= least {
			continue
		}
		if found = append(found, spot{c, at}); len(found) > 2*most {
			found = sorted(found)[:most]
			least = found[most-1].likeness
		}
	}
	return sorted(found)[:min(most, len(found))]
}

func sorted(found []spot) []spot {
	slices.SortStableFunc(found, func(a, b spot) int { return cmp.Compare(b.likeness, a.likeness) })
	return found
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

// loud picks about so many samples of the part, spread over it, that are louder than most.
func loud(part []int16, probes int) []int {
	levels := make([]int, len(part))
	for i, v := range part {
		levels[i] = max(int(v), -int(v))
	}
	inOrder := slices.Sorted(slices.Values(levels))
	limit, all := inOrder[len(inOrder)*3/4], []int(nil)
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
