package likeness

import (
	"cmp"
	"math"
	"slices"
)

const (
	medium = 4         // samples averaged for the search of a piece, which must not be taken for its neighbour one period of the voice later
	around = 16        // samples to both sides of a place that was found so
	piece  = 1000      // values of 2000 a second in a piece: half a second
	pauses = 2 * piece // of them, by which a piece may be off the place that the surest one has
	alike  = 0.9       // correlation of the surest piece
)

// Of is the correlation of a sound with what was heard of it, on a machine that may be busy. A worker that was kept from
// running for long goes on where it stopped (see package media). Then every word is there, and in order, but the end of a
// sentence comes later than its beginning says, and that halves the correlation of the whole. Therefore each half second may
// come later than it should after the one before it, all of them within a second of the surest one. Sound that is missing,
// in another order, or another sound counts as it does in Correlate.
func Of(heard, said []int16) float64 {
	whole, _ := Correlate(heard, said)
	if whole >= alike {
		return whole
	}
	small, bit := decimate(heard, medium), decimate(said, medium)
	var parts [][]float64
	for at := 0; at < len(bit); at += piece {
		parts = append(parts, bit[at:min(at+piece, len(bit))])
	}
	shift, ok := surest(small, parts)
	if !ok {
		return whole
	}
	var sum fit
	all, spoken := floats(heard), floats(said)
	for i, late := range inOrder(small, parts, shift-pauses) {
		at := i * piece
		sum.add(refine(all, spoken[at*medium:min((at+piece)*medium, len(spoken))], (at+late)*medium))
	}
	return max(whole, sum.correlation())
}

// surest is by how much the loudest piece that is certainly there comes later in what was heard.
func surest(heard []float64, parts [][]float64) (late int, ok bool) {
	order := make([]int, len(parts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(energy(parts[b]), energy(parts[a])) })
	for _, i := range order {
		if best, at := search(heard, parts[i]); best >= alike {
			return at - i*piece, true
		}
	}
	return 0, false
}

// inOrder is by how much each piece is later, least at the least and none by less than the one before it, so that all of
// them together are as alike as can be. A pause must be worth its while: a voice is nearly alike one period later too.
func inOrder(heard []float64, parts [][]float64, least int) []int {
	const lags = 2*pauses + 1
	from := make([][lags]int16, len(parts)) // the lag of the piece before, for the best way to each lag
	var way [lags]float64
	price := 0.0
	for _, part := range parts {
		price += energy(part) / float64(10*len(parts))
	}
	for i, part := range parts {
		weight, best := energy(part), 0
		var next [lags]float64
		for lag := range lags {
			if way[lag] > way[best] {
				best = lag
			}
			from[i][lag], next[lag] = int16(lag), way[lag]
			if way[best]-price > way[lag] {
				from[i][lag], next[lag] = int16(best), way[best]-price
			}
			next[lag] += weight * compare(heard, part, i*piece+least+lag).correlation()
		}
		way = next
	}
	late, lag := make([]int, len(parts)), 0
	for l := range lags {
		if way[l] > way[lag] {
			lag = l
		}
	}
	for i := len(parts) - 1; i >= 0; i-- {
		late[i] = least + lag
		lag = int(from[i][lag])
	}
	return late
}

// search finds the place at which a piece is most alike.
func search(heard, part []float64) (best float64, place int) {
	for at := 0; at+len(part) <= len(heard); at++ {
		if c := compare(heard, part, at).correlation(); c > best {
			best, place = c, at
		}
	}
	return best, place
}

// refine compares a piece at the best place near one that was found roughly.
func refine(heard, part []float64, near int) (best fit) {
	best = compare(heard, part, near)
	for at := near - around; at <= near+around; at++ {
		if f := compare(heard, part, at); f.correlation() > best.correlation() {
			best = f
		}
	}
	return best
}

// fit is how two sounds compare: their product, and the power of each.
type fit struct{ both, heard, part float64 }

func (f *fit) add(o fit) { f.both, f.heard, f.part = f.both+o.both, f.heard+o.heard, f.part+o.part }

func (f fit) correlation() float64 {
	if f.heard == 0 || f.part == 0 {
		return 0
	}
	return math.Abs(f.both) / math.Sqrt(f.heard*f.part)
}

// compare puts a piece to what was heard from a sample on. Beyond the ends nothing was heard: what would lie there is missing,
// and the rest of the piece counts, as when a telephone begins to listen one packet late. The race detector passes it over, as it does match.
//
//go:norace
func compare(heard, part []float64, at int) (f fit) {
	first, end := max(0, -at), min(len(part), len(heard)-at)
	if first >= end {
		return fit{part: energy(part)}
	}
	for i, b := range part[first:end] {
		a := heard[at+first+i]
		f.both, f.heard, f.part = f.both+a*b, f.heard+a*a, f.part+b*b
	}
	f.part += energy(part[:first]) + energy(part[end:])
	return f
}

func energy(x []float64) (sum float64) {
	for _, v := range x {
		sum += v * v
	}
	return sum
}

func floats(x []int16) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// decimate averages runs of so many samples.
func decimate(x []int16, run int) []float64 {
	out := make([]float64, len(x)/run)
	for i := range out {
		for _, v := range x[i*run : (i+1)*run] {
			out[i] += float64(v)
		}
	}
	return out
}
