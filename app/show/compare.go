package show

import "math"

// coarse is how many samples are averaged for the first search: 1000 values a second.
const coarse = 8

// correlate is the best normalised correlation of a piece with any stretch of heard: 1 is the same sound, 0 another.
func correlate(heard, piece []int16) float64 {
	if len(piece) == 0 || len(heard) < len(piece) {
		return 0
	}
	small, bit := decimate(heard), decimate(piece)
	best, at := 0.0, 0
	for lag := 0; lag+len(bit) <= len(small); lag++ {
		if c := at1(small[lag:lag+len(bit)], bit); c > best {
			best, at = c, lag
		}
	}
	fine := 0.0
	whole, part := floats(heard), floats(piece)
	for lag := max(0, (at-2)*coarse); lag <= (at+2)*coarse && lag+len(part) <= len(whole); lag++ {
		fine = max(fine, at1(whole[lag:lag+len(part)], part))
	}
	return fine
}

// at1 is the correlation of two stretches of one length.
func at1(a, b []float64) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += a[i] * b[i]
		aa += a[i] * a[i]
		bb += b[i] * b[i]
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return math.Abs(ab) / math.Sqrt(aa*bb)
}

func floats(x []int16) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// decimate averages runs of samples.
func decimate(x []int16) []float64 {
	out := make([]float64, len(x)/coarse)
	for i := range out {
		for _, v := range x[i*coarse : (i+1)*coarse] {
			out[i] += float64(v)
		}
	}
	return out
}

// beep is the tone of a mailbox: 1 kHz for 400 ms.
func beep() []int16 {
	out := make([]int16, 3200)
	for i := range out {
		out[i] = int16(8000 * math.Sin(2*math.Pi*1000*float64(i)/8000))
	}
	return out
}
