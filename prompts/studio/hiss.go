package studio

import "math"

const (
	hissFrom, hissTo = 6500.0, 7400.0 // Hz of a voice's hiss that no telephone carries
	hissDown         = 4000.0         // Hz that it is brought down by: to 2500 to 3400 Hz, where a telephone has the s of people
	below            = 1500.0         // Hz from which, up to the passband's end, a voice may have a hiss that is carried
	hissGain         = 18.0           // dB that it is made louder: of a whole s, it is a narrow part
	hissLoudest      = -30.0          // dB of the peak that it is at most; in the telephone's band, people's is 20 to 40 dB below theirs
	hidden           = -20.0          // dB of all that sounds: a hiss below that is heard by nobody
	hissTaps         = 63
)

// Audible has a telephone carry the consonants of a voice engine, at 16 kHz. The s of SVOX Pico lies above 5 kHz: of a "six", a telephone keeps
// the vowel. People's s has a part below 3.5 kHz. So what the voice hisses between 6.5 and 7.4 kHz is heard 4 kHz lower too, as far as the voice
// itself has less there. In a vowel nothing is added, nor to a voice whose s the telephone carries.
func Audible(pcm16k []int16) []int16 {
	x := make([]float64, len(pcm16k))
	peak := 0.0
	for i, s := range pcm16k {
		x[i] = float64(s) / fullScale
		peak = max(peak, math.Abs(x[i]))
	}
	hiss := band(x, hissFrom, hissTo)
	for i := range hiss {
		hiss[i] *= 2 * math.Cos(2*math.Pi*hissDown/(2*Rate)*float64(i%4)) // four samples are one wave
	}
	// It is heard 4 kHz higher too. That lies above the passband, and the mastering filters it out.
	above, all, carried := power(hiss), power(highPass(x, 2*Rate)), power(band(x, below, passband))
	most := peak * linear(hissLoudest)
	for i, p := range above {
		lacking := min(p*linear(hissGain)*linear(hissGain), most*most) - carried[i] - all[i]*linear(hidden)*linear(hidden)
		if lacking > 0 {
			x[i] += hiss[i] * math.Sqrt(lacking/p)
		}
	}
	return rounded(x)
}

// band keeps what lies between two frequencies, by a windowed sinc.
func band(x []float64, from, to float64) []float64 {
	var h [hissTaps]float64
	const middle = hissTaps / 2
	for i := range h {
		t := float64(i - middle)
		h[i] = 2 * (to - from) / (2 * Rate)
		if t != 0 {
			h[i] = (math.Sin(math.Pi*to/Rate*t) - math.Sin(math.Pi*from/Rate*t)) / (math.Pi * t)
		}
		h[i] *= 0.54 - 0.46*math.Cos(2*math.Pi*float64(i)/(hissTaps-1))
	}
	padded := make([]float64, len(x)+hissTaps)
	copy(padded[middle:], x)
	out := make([]float64, len(x))
	for n := range out {
		sum := 0.0
		for i, v := range padded[n : n+hissTaps] {
			sum += h[i] * v
		}
		out[n] = sum
	}
	return out
}

// power is the mean square of the 20 ms around each sample.
func power(x []float64) []float64 {
	const around = 2 * Rate / 100
	out := make([]float64, len(x))
	sum := 0.0
	for i := range len(x) + around {
		if i < len(x) {
			sum += x[i] * x[i]
		}
		if old := i - 2*around; old >= 0 {
			sum -= x[old] * x[old]
		}
		if at := i - around; at >= 0 {
			out[at] = max(0, sum) / (2 * around)
		}
	}
	return out
}
