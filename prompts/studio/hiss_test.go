package studio

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// between is noise between two frequencies, of a level, at 16 kHz.
func between(from, to, db float64, d time.Duration) []int16 {
	r := rand.New(rand.NewPCG(6, 6))
	x := make([]float64, int(d*2*Rate/time.Second))
	for i := range x {
		x[i] = r.NormFloat64()
	}
	x = band(x, from, to)
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	for i := range x {
		x[i] *= linear(db) / math.Sqrt(sum/float64(len(x)))
	}
	return rounded(x)
}

// level is that of a part of a sound of some rate, dBFS.
func level(pcm []int16, rate int, from, to time.Duration) float64 {
	sum, n := 0.0, 0.0
	for _, s := range pcm[int(from)*rate/int(time.Second) : int(to)*rate/int(time.Second)] {
		sum += float64(s) * float64(s) / fullScale / fullScale
		n++
	}
	return 10 * math.Log10(sum/n+1e-12)
}

// six is such as SVOX Pico speaks it: an s that no telephone carries, a vowel, the silence of a k, and the s again.
func six(from, to, db float64) []int16 {
	const ms = time.Millisecond
	var x []int16
	for _, part := range [][]int16{
		make([]int16, 3200), between(from, to, db, 100*ms), tone(400, 2*Rate, -16, 120*ms), make([]int16, 1280), between(from, to, db, 140*ms), make([]int16, 4800), tone(900, 2*Rate, -62, 40*ms),
	} {
		x = append(x, part...)
	}
	return x
}

// TestNoConsonantIsLost: wherever the s of a voice lies, and as faint as it may be, a telephone carries it, and it takes its time. The click behind
// it does not belong to the word.
func TestNoConsonantIsLost(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct{ from, to, db float64 }{
		{6000, 7800, -40}, {5200, 7600, -45}, {6500, 7400, -35}, {6200, 7900, -30}, {2500, 3400, -45}, {2000, 7000, -45}, {1000, 3000, -50},
	} {
		out, err := Master(Audible(six(c.from, c.to, c.db)), Ends{20 * ms, 40 * ms})
		if err != nil {
			t.Fatal(err)
		}
		if got := span(len(out)); got < 480*ms || got > 530*ms {
			t.Errorf("%v: a word of 440 ms and its ends last %v", c, got)
		}
		for _, at := range []time.Duration{40 * ms, 350 * ms} {
			if got := level(out, Rate, at, at+60*ms); got < -62 {
				t.Errorf("%v: the consonant at %v has %.0f dBFS", c, at, got)
			}
		}
		if got := level(out, Rate, 265*ms, 300*ms); got > -65 {
			t.Errorf("%v: the silence before the last consonant has %.0f dBFS", c, got)
		}
	}
}

// TestNothingIsAddedWhereATelephoneHearsIt: a vowel stays as it is, with overtones or without, and so does an s such as people have.
func TestNothingIsAddedWhereATelephoneHearsIt(t *testing.T) {
	vowel := tone(200, 2*Rate, -20, 400*time.Millisecond)
	for i, f := range []float64{600, 1800, 2600, 5000, 6800} {
		for k, s := range tone(f, 2*Rate, -30-6*float64(i), 400*time.Millisecond) {
			vowel[k] += s
		}
	}
	hiss := between(2200, 7800, -30, 400*time.Millisecond)
	for name, x := range map[string][]int16{"a vowel": vowel, "people's s": append(vowel, hiss...), "silence": make([]int16, 6400)} {
		for i, s := range Audible(x) {
			if d := abs(s - x[i]); d > 1 && (i < 6000 || i > 6800) { // where one becomes the other they lie in one window
				t.Errorf("%s: sample %d is %d instead of %d", name, i, s, x[i])
				break
			}
		}
	}
}

// TestFaintIsToldFromNoise: a sound without silence is kept whole. In noise the ends are what is louder than it.
func TestFaintIsToldFromNoise(t *testing.T) {
	const ms = time.Millisecond
	whole := tone(500, 2*Rate, -20, 600*ms)
	out, err := Master(whole, Ends{})
	if err != nil || span(len(out)) != 600*ms {
		t.Errorf("600 ms without silence last %v: %v", span(len(out)), err)
	}
	noisy := append(append(make([]int16, 16000), whole...), make([]int16, 16000)...)
	for i, s := range between(200, 3400, -66, 2600*ms) {
		noisy[i] += s
	}
	out, err = Master(noisy, Ends{})
	if err != nil || span(len(out)) > 640*ms {
		t.Errorf("600 ms in noise last %v: %v", span(len(out)), err)
	}
}
