package phone

import (
	"math"
	"math/rand/v2"
	"testing"
)

func beep(hz float64, samples int, loud float64) []int16 {
	out := make([]int16, samples)
	for i := range out {
		out[i] = int16(loud * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	return out
}

func TestToneIsToldFromSpeechAndNoise(t *testing.T) {
	noise := make([]int16, 8000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = int16(r.NormFloat64() * 3000)
	}
	vowel := make([]int16, 8000)
	for i := range vowel {
		for h := 1.0; h < 8; h++ {
			vowel[i] += int16(3000 / h * math.Sin(2*math.Pi*130*h*float64(i)/8000))
		}
	}
	silence := make([]int16, 4000)
	for _, c := range []struct {
		name  string
		heard []int16
		want  bool
	}{
		{"beep", append(append(append([]int16{}, silence...), beep(1000, 2400, 8000)...), silence...), true},
		{"low beep after a vowel", append(append(append([]int16{}, vowel...), beep(440, 2400, 4000)...), silence...), true},
		{"beep that still sounds", append(append([]int16{}, silence...), beep(1000, 2400, 8000)...), false},
		{"too short", append(append([]int16{}, beep(1000, 700, 8000)...), silence...), false},
		{"noise", append(noise, silence...), false},
		{"vowel", append(vowel, silence...), false},
		{"silence", silence, false},
	} {
		if _, ok := toneIn(c.heard, 0); ok != c.want {
			t.Errorf("%s: a tone %v, want %v", c.name, ok, c.want)
		}
	}
}
