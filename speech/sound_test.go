package speech

import (
	"errors"
	"math"
	"testing"
)

func TestSoundOfAnotherRateKeepsItsToneAndItsLevel(t *testing.T) {
	for _, rate := range []int{8000, 22050, 24000, 48000} {
		pcm := make([]int16, rate/4)
		for i := range pcm {
			pcm[i] = int16(10000 * math.Sin(2*math.Pi*1000*float64(i)/float64(rate)))
		}
		got := resampled(Samples{rate, pcm})
		if d := len(got) - studioRate/4; d < -2 || d > 2 {
			t.Errorf("%d Hz: a quarter of a second has %d samples", rate, len(got))
		}
		worst := 0.0
		for i, v := range got[200 : len(got)-200] {
			want := 10000 * math.Sin(2*math.Pi*1000*float64(i+200)/studioRate)
			worst = max(worst, math.Abs(float64(v)-want))
		}
		if worst > 150 {
			t.Errorf("%d Hz: a sample is off by %.0f of 10000", rate, worst)
		}
	}
}

func TestWhatTheNewRateCannotHoldIsFilteredOut(t *testing.T) {
	pcm := make([]int16, 12000)
	for i := range pcm {
		pcm[i] = int16(10000 * math.Sin(2*math.Pi*11000*float64(i)/48000))
	}
	got := resampled(Samples{48000, pcm})
	for i, v := range got[200 : len(got)-200] {
		if v > 200 || v < -200 {
			t.Fatalf("sample %d of a tone of 11 kHz is %d", i, v)
		}
	}
}

func FuzzReadWAV(f *testing.F) {
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\xff\xff\xff\xff\x01\x00\x02\x00"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVE"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEdata\x04\x00\x00\x00abcd"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := readWAV(b)
		if err != nil && !errors.Is(err, ErrRubbish) {
			t.Fatalf("an error of another kind: %v", err)
		}
		if err == nil && (s.Rate < 8000 || s.Rate > 48000 || 2*len(s.PCM) > len(b)) {
			t.Fatalf("%d samples at %d Hz of %d octets", len(s.PCM), s.Rate, len(b))
		}
	})
}
