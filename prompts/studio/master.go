package studio

import (
	"fmt"
	"math"
	"time"
)

// Ends are the silences that a mastered sound has before and after it.
type Ends struct{ Lead, Tail time.Duration }

const (
	target   = -22.0 // dBov active level
	ceiling  = -3.2  // dBFS that no peak passes
	knee     = -9.0  // dBFS above which peaks are pressed together
	corner   = 120.0 // Hz of the high-pass
	passband = 3500.0
	taps     = 255 // of the low-pass before the rate is halved
)

// Master makes a telephone prompt of what a voice engine spoke at 16 kHz: high-pass, half the rate, ends, level, peaks.
func Master(pcm16k []int16, e Ends) ([]int16, error) {
	x := make([]float64, len(pcm16k))
	for i, s := range pcm16k {
		x[i] = float64(s) / fullScale
	}
	x = decimate(highPass(x, 2*Rate))
	cut := trim(x, e)
	if len(cut) == 0 {
		return nil, fmt.Errorf("mastering %d samples: nothing but silence", len(pcm16k))
	}
	gain := 1.0
	for range 6 { // pressing the peaks takes level away, so that the gain is found step by step
		level := ActiveLevel(rounded(compress(cut, gain)))
		gain *= linear(target - level)
		if math.Abs(target-level) < 0.05 {
			break
		}
	}
	return rounded(compress(cut, gain)), nil
}

// highPass is a Butterworth filter of second order.
func highPass(x []float64, rate float64) []float64 {
	w := math.Tan(math.Pi * corner / rate)
	n := 1 / (1 + math.Sqrt2*w + w*w)
	a1, a2 := 2*(w*w-1)*n, (1-math.Sqrt2*w+w*w)*n
	out := make([]float64, len(x))
	var x1, x2, y1, y2 float64
	for i, v := range x {
		y := n*(v-2*x1+x2) - a1*y1 - a2*y2
		x2, x1, y2, y1 = x1, v, y1, y
		out[i] = y
	}
	return out
}

// decimate filters by a windowed sinc and keeps every second sample.
func decimate(x []float64) []float64 {
	var h [taps]float64
	sum, middle := 0.0, taps/2
	for i := range h {
		t := float64(i - middle)
		v := 2 * passband / (2 * Rate)
		if t != 0 {
			v = math.Sin(2*math.Pi*passband/(2*Rate)*t) / (math.Pi * t)
		}
		h[i] = v * (0.42 - 0.5*math.Cos(2*math.Pi*float64(i)/(taps-1)) + 0.08*math.Cos(4*math.Pi*float64(i)/(taps-1)))
		sum += h[i]
	}
	const together = 4 // samples worked out together: one alone waits for each of its additions
	padded := make([]float64, len(x)+taps+2*together)
	copy(padded[middle:], x)
	out := make([]float64, (len(x)+1)/2+together-1)
	for n := 0; n+together <= len(out); n += together {
		around := padded[2*n : 2*n+taps+2*together]
		var v0, v1, v2, v3 float64
		for i, c := range h {
			v0, v1, v2, v3 = v0+c*around[i], v1+c*around[i+2], v2+c*around[i+4], v3+c*around[i+6]
		}
		out[n], out[n+1], out[n+2], out[n+3] = v0/sum, v1/sum, v2/sum, v3/sum
	}
	return out[:(len(x)+1)/2]
}

// trim cuts the ends and puts back silence of the lengths asked for. Sound is what lasts: 30 ms above -51 dBFS once the
// level is right. The click with which a voice engine stops is shorter.
func trim(x []float64, e Ends) []float64 {
	const window, lasting = Rate / 100, 3
	peak := 0.0
	for _, v := range x {
		peak = max(peak, math.Abs(v))
	}
	first, last, run := len(x), 0, 0
	for at := 0; at+window <= len(x); at += window {
		power := 0.0
		for _, v := range x[at : at+window] {
			power += v * v
		}
		if run++; power/window < peak*peak*linear(-43)*linear(-43) || peak == 0 {
			run = 0
		}
		if run >= lasting {
			first, last = min(first, at-(lasting-1)*window), at+window
		}
	}
	if last == 0 {
		return nil
	}
	lead, tail := samples(e.Lead), samples(e.Tail)
	out := make([]float64, lead+last-first+tail)
	copy(out[lead:], x[first:last])
	return out
}

func samples(d time.Duration) int { return int(d * Rate / time.Second) }

// compress applies the gain and presses what passes the knee smoothly below the ceiling.
func compress(x []float64, gain float64) []float64 {
	k, c := linear(knee), linear(ceiling)
	out := make([]float64, len(x))
	for i, v := range x {
		v *= gain
		if loud := math.Abs(v); loud > k {
			v = math.Copysign(k+(c-k)*math.Tanh((loud-k)/(c-k)), v)
		}
		out[i] = v
	}
	return out
}

func rounded(x []float64) []int16 {
	out := make([]int16, len(x))
	for i, v := range x {
		out[i] = int16(math.Round(min(max(v*fullScale, math.MinInt16), math.MaxInt16)))
	}
	return out
}
