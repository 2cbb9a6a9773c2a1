package phone

import "math"

const (
	toneFrame = 160   // samples: 20 ms
	toneLong  = 6     // frames in a row that make a tone: 120 ms
	toneLoud  = 500.0 // root mean square below which nothing is a tone
	toneClean = 0.15  // share of the bends that may be something else than the one frequency: what A-law adds to a low tone
)

// toneIn looks for a pure tone of any frequency that has ended, from sample from on, and gives the sample of its end.
//
// What is left over after the best fit tells how pure a frame is.
func toneIn(heard []int16, from int) (end int, ok bool) {
	run, last := 0, 0.0
	for at := from; at+toneFrame <= len(heard); at += toneFrame {
		c, pure := sine(heard[at : at+toneFrame])
		switch {
		case pure && (run == 0 || math.Abs(c-last) < 0.05):
			run++
			last = c
		case run >= toneLong:
			return at, true
		case pure:
			run, last = 1, c
		default:
			run = 0
		}
	}
	return 0, false
}

// sine fits one frequency to a frame; c is the cosine of its angle a sample. The second difference of a sine is the sine
// itself, scaled; of anything else it is something else.
func sine(x []int16) (c float64, pure bool) {
	var energy, product, sum float64
	for n := 1; n < len(x)-1; n++ {
		v := float64(x[n])
		bend := float64(x[n-1]) + float64(x[n+1]) - 2*v
		energy += v * v
		product += v * bend
		sum += bend * bend
	}
	if energy < toneLoud*toneLoud*float64(len(x)) || sum == 0 {
		return 0, false
	}
	k := product / energy
	left := sum - 2*k*product + k*k*energy
	return 1 + k/2, left/sum < toneClean
}
