package g711_test

import (
	"math"
	"testing"

	"hotline/media/dtmf"
	"hotline/media/g711"
)

func TestALossIsConcealed(t *testing.T) {
	for _, hz := range []float64{90, 140, 180} {
		// a voice: a fundamental with overtones
		voice := make([]byte, 960)
		for i := range voice {
			x := 2 * math.Pi * hz * float64(i) / 8000
			voice[i] = g711.ALaw.EncodeSample(int16(4000*math.Sin(x) + 2000*math.Sin(2*x) + 1000*math.Sin(3*x)))
		}
		future := make([]byte, 160)
		g711.ALaw.Conceal(voice[:640], future)
		wrong, power := 0.0, 0.0
		for i, b := range future {
			want := float64(g711.ALaw.DecodeSample(voice[640+i]))
			d := float64(g711.ALaw.DecodeSample(b)) - want
			wrong, power = wrong+d*d, power+want*want
		}
		if wrong > power/4 {
			t.Errorf("%v Hz: what stands in for the loss is %.0f %% off", hz, 100*wrong/power)
		}
	}
	long := make([]byte, 480)
	tone, key := make([]int16, 800), make([]byte, 800)
	dtmf.Key('5').Tone(0, tone)
	for i, s := range tone {
		key[i] = g711.ALaw.EncodeSample(s)
	}
	g711.ALaw.Conceal(key, long)
	if loudness(long[:80]) < 4*loudness(long[400:]) {
		t.Error("what stands in for a long loss does not get softer")
	}
}

func loudness(b []byte) (sum float64) {
	for _, o := range b {
		sum += float64(g711.ALaw.DecodeSample(o)) * float64(g711.ALaw.DecodeSample(o))
	}
	return sum
}
