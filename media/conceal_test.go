package media

import (
	"math"
	"testing"
)

func TestALossIsMadeUpFor(t *testing.T) {
	for _, hz := range []float64{90, 140, 180} {
		// a voice: a fundamental with overtones
		voice := make([]byte, 960)
		for i := range voice {
			x := 2 * math.Pi * hz * float64(i) / 8000
			voice[i] = ALaw.Octet(int16(4000*math.Sin(x) + 2000*math.Sin(2*x) + 1000*math.Sin(3*x)))
		}
		future := make([]byte, frameSamples)
		conceal(voice[:640], future, ALaw)
		wrong, power := 0.0, 0.0
		for i, b := range future {
			want := float64(ALaw.Sample(voice[640+i]))
			d := float64(ALaw.Sample(b)) - want
			wrong, power = wrong+d*d, power+want*want
		}
		if wrong > power/4 {
			t.Errorf("%v Hz: what was made up is %.0f %% off", hz, 100*wrong/power)
		}
	}
	long := make([]byte, 480)
	tone, key := make([]int16, 800), make([]byte, 800)
	Key('5').Tone(0, tone)
	for i, s := range tone {
		key[i] = ALaw.Octet(s)
	}
	conceal(key, long, ALaw)
	if loudness(long[:80]) < 4*loudness(long[400:]) {
		t.Error("what is made up does not get softer")
	}
}

func loudness(b []byte) (sum float64) {
	for _, o := range b {
		sum += float64(ALaw.Sample(o)) * float64(ALaw.Sample(o))
	}
	return sum
}
