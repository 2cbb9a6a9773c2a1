package studio

import (
	"fmt"
	"math"
	"slices"
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
	x = highPass(x, 2*Rate)
	from, to := sounding(x)
	if from == to {
		return nil, fmt.Errorf("mastering %d samples: nothing but silence", len(pcm16k))
	}
	cut := withEnds(decimate(x)[from/2:to/2], e)
	gain := 1.0
	for range 6 { // pressing the peaks takes level away, so that the gain is found step by step
		level := ActiveLevel(rounded(compress(cut, gain)))
		if math.IsInf(level, -1) { // what sounds, does so above a telephone's band
			return nil, fmt.Errorf("mastering %d samples: no telephone carries anything of it", len(pcm16k))
		}
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

const (
	loud     = -43.0 // dB of the peak above which something sounds: -51 dBFS once the level is right
	faint    = -50.0 // dB of the peak above which a consonant does that belongs to it
	overHiss = 12.0  // dB that such a consonant lies above the silence
	lasting  = 3     // windows of 10 ms that a sound lasts: the click with which a voice engine stops is shorter
	closed   = 15    // such windows of silence that there are before a stop is heard, at most
)

// sounding finds the first and the last sample of what is to be heard, at 16 kHz: a consonant takes its time where it lies above a telephone's band
// too. From what is loud it goes on to the faint consonants at both ends: the "ks" of a "six" behind its silence.
func sounding(x []float64) (from, to int) {
	const window = 2 * Rate / 100
	peak := 0.0
	for _, v := range x {
		peak = max(peak, math.Abs(v))
	}
	var levels []float64
	for at := 0; at+window <= len(x); at += window {
		sum := 0.0
		for _, v := range x[at : at+window] {
			sum += v * v
		}
		levels = append(levels, math.Sqrt(sum/window))
	}
	sure := stretches(levels, peak*linear(loud))
	if peak == 0 || len(sure) == 0 {
		return 0, 0
	}
	from, to = sure[0][0], sure[len(sure)-1][1]
	silent := slices.Sorted(slices.Values(levels))[len(levels)/10]
	unsure := stretches(levels, min(max(silent*linear(overHiss), peak*linear(faint)), peak*linear(loud)))
	for _, s := range unsure {
		if s[1] > to && s[0]-to <= closed {
			to = s[1]
		}
	}
	for _, s := range slices.Backward(unsure) {
		if s[0] < from && from-s[1] <= closed {
			from = s[0]
		}
	}
	return from * window, to * window
}

// stretches are the first and the last window of what lasts above a level, the last one not included.
func stretches(levels []float64, above float64) (list [][2]int) {
	from := 0
	for i := range len(levels) + 1 {
		if i < len(levels) && levels[i] >= above {
			continue
		}
		if i-from >= lasting {
			list = append(list, [2]int{from, i})
		}
		from = i + 1
	}
	return list
}

// withEnds puts silence of the lengths asked for before and behind a sound.
func withEnds(x []float64, e Ends) []float64 {
	lead, tail := samples(e.Lead), samples(e.Tail)
	out := make([]float64, lead+len(x)+tail)
	copy(out[lead:], x)
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
