package studio

import (
	"math"
	"testing"
	"time"
)

func tone(hz, rate, db float64, d time.Duration) []int16 {
	out := make([]int16, int(d.Seconds()*rate))
	for i := range out {
		out[i] = int16(fullScale * linear(db) * math.Sqrt2 * math.Sin(2*math.Pi*hz*float64(i)/rate))
	}
	return out
}

func TestActiveLevelLeavesPausesOut(t *testing.T) {
	speech := tone(500, Rate, -20, 4*time.Second)
	if got := ActiveLevel(speech); math.Abs(got+20) > 0.2 {
		t.Errorf("a steady tone of -20 dBov measures %.2f", got)
	}
	paused := append(append(make([]int16, 4*Rate), speech...), make([]int16, 8*Rate)...)
	if got := ActiveLevel(paused); math.Abs(got+20) > 0.5 {
		t.Errorf("the same with pauses measures %.2f", got)
	}
	if got := ActiveLevel(make([]int16, Rate)); !math.IsInf(got, -1) {
		t.Errorf("silence measures %.2f", got)
	}
}

func TestMasteringGivesLevelPeakAndEnds(t *testing.T) {
	for _, db := range []float64{-45, -30, -6} {
		raw := append(append(make([]int16, 9000), tone(700, 2*Rate, db, time.Second)...), make([]int16, 7000)...)
		raw[20000+8000] = 300 // a click after the end
		out, err := Master(raw, Ends{60 * time.Millisecond, 150 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		m := Measure(out)
		if math.Abs(m.Level+22) > 0.5 || m.Peak > -3 || m.Clipped != 0 {
			t.Errorf("%v dB: %+v", db, m)
		}
		if length := span(len(out)); length < 1190*time.Millisecond || length > 1260*time.Millisecond {
			t.Errorf("%v dB: a second and its ends last %v", db, length)
		}
	}
	for name, x := range map[string][]int16{"silence": make([]int16, 16000), "a whistle that no telephone carries": tone(6000, 2*Rate, -30, time.Second)} {
		if _, err := Master(x, Ends{}); err == nil {
			t.Errorf("%s was mastered", name)
		}
	}
}

func TestHalvingKeepsSpeechAndDropsWhatATelephoneCannotCarry(t *testing.T) {
	for _, c := range []struct{ hz, db float64 }{{300, 0}, {3000, 0}, {3300, -1}, {5000, -60}, {7000, -60}} {
		x := make([]float64, 16000)
		for i := range x {
			x[i] = math.Sin(2 * math.Pi * c.hz * float64(i) / (2 * Rate))
		}
		power := 0.0
		for _, v := range decimate(x)[1000:7000] {
			power += v * v
		}
		got := 10 * math.Log10(power/3000)
		if c.db > -10 && math.Abs(got-c.db) > 1 || c.db < -10 && got > c.db {
			t.Errorf("%v Hz comes out at %.1f dB", c.hz, got)
		}
	}
}

func TestMusicLoopsWithoutAClickAndStaysBelowSpeech(t *testing.T) {
	m := Music()
	if level := ActiveLevel(m); level > -26 || level < -34 {
		t.Errorf("music at %.1f dBov", level)
	}
	jump := abs(m[0] - m[len(m)-1])
	for i := 1; i < len(m); i++ {
		if d := abs(m[i] - m[i-1]); d > 3000 {
			t.Fatalf("a click of %d at %d", d, i)
		}
	}
	if jump > 3000 {
		t.Errorf("the loop jumps by %d", jump)
	}
}

// TestHalvingGivesTheFilteredSumOfEverySecondSample, one by one as the formula says, at both ends too.
func TestHalvingGivesTheFilteredSumOfEverySecondSample(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 7, 254, 255, 1000, 1001, 1002, 1003} {
		x := make([]float64, n)
		for i := range x {
			x[i] = math.Sin(float64(i)) / float64(1+i%7)
		}
		impulse := make([]float64, 2*taps)
		impulse[taps-1] = 1 // gives every second coefficient, one beside it the others
		even := decimate(impulse)
		impulse[taps-1], impulse[taps] = 0, 1
		odd := decimate(impulse)
		h := func(i int) float64 { // of the sample i places before the middle
			if i&1 == 0 {
				return even[(taps-1+i)/2]
			}
			return odd[(taps+i)/2]
		}
		got := decimate(x)
		if len(got) != (n+1)/2 {
			t.Fatalf("%d samples become %d", n, len(got))
		}
		for k := range got {
			want := 0.0
			for i := -taps / 2; i <= taps/2; i++ {
				if at := 2*k - i; at >= 0 && at < n {
					want += h(i) * x[at]
				}
			}
			if math.Abs(got[k]-want) > 1e-12 {
				t.Fatalf("of %d samples number %d is %g, want %g", n, k, got[k], want)
			}
		}
	}
}

func BenchmarkMaster(b *testing.B) {
	pcm := make([]int16, 4*Rate) // two seconds at 16 kHz
	for i := range pcm {
		pcm[i] = int16(9000 * math.Sin(float64(i)/5) * math.Sin(float64(i)/1900))
	}
	for b.Loop() {
		if _, err := Master(pcm, Ends{}); err != nil {
			b.Fatal(err)
		}
	}
}
