package studio

import "math"

// Tone is the signal after which the caller speaks: 300 ms of 1000 Hz with soft ends.
func Tone() []int16 {
	out := make([]int16, Rate*3/10)
	for i := range out {
		out[i] = int16(fullScale * linear(-18) * soft(i, len(out)) * math.Sin(2*math.Pi*1000*float64(i)/Rate))
	}
	return out
}

// Connect is the signal after which two people hear each other: 80 ms, two notes upwards. It is a signal and no sentence,
// because whoever pressed the key is to be heard within 300 ms of it.
func Connect() []int16 {
	var out []int16
	for _, note := range []struct {
		hertz float64
		ms    int
	}{{660, 40}, {880, 40}} {
		n := Rate * note.ms / 1000
		for i := range n {
			out = append(out, int16(fullScale*linear(-18)*soft(i, n)*math.Sin(2*math.Pi*note.hertz*float64(i)/Rate)))
		}
	}
	return out
}

// soft fades 10 ms at both ends of n samples.
func soft(i, n int) float64 {
	const fade = Rate / 100
	return min(1, float64(min(i, n-1-i))/fade)
}

// Music is what callers on hold hear, a loop of 19.2 s: broken chords on a bell-like voice, well below speech.
func Music() []int16 {
	const beat = Rate * 6 / 10
	chords := [][4]float64{ // C, a, F, G7, twice, in hertz
		{261.63, 329.63, 392.00, 523.25}, {220.00, 261.63, 329.63, 440.00},
		{174.61, 261.63, 349.23, 440.00}, {196.00, 246.94, 349.23, 392.00},
		{261.63, 329.63, 392.00, 659.26}, {220.00, 329.63, 440.00, 523.25},
		{293.66, 349.23, 440.00, 587.33}, {196.00, 293.66, 349.23, 493.88},
	}
	order := [4]int{0, 1, 2, 3}
	mix := make([]float64, len(chords)*4*beat)
	for c, chord := range chords {
		for k, note := range order {
			strike(mix, (c*4+k)*beat, chord[note], 1)
		}
		strike(mix, c*4*beat, chord[0]/2, 0.8)
	}
	peak := 0.0
	for _, v := range mix {
		peak = max(peak, math.Abs(v))
	}
	for i := range mix {
		mix[i] *= linear(-17) / peak
	}
	return rounded(mix)
}

// strike adds one bell to a loop: what rings on past the end rings at the beginning.
func strike(loop []float64, at int, hz, loud float64) {
	for i := range 2 * Rate {
		t := float64(i) / Rate
		v := math.Exp(-2.2*t) * math.Sin(2*math.Pi*hz*t)
		v += 0.3 * math.Exp(-4*t) * math.Sin(4*math.Pi*hz*t)
		v *= loud * min(1, t/0.008) * min(1, (2-t)/0.1)
		loop[(at+i)%len(loop)] += v
	}
}
