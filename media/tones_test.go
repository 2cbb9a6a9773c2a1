package media

import (
	"math"
	"math/rand/v2"
	"testing"
)

// dial makes the sound of keys: so many milliseconds each, pauses between them.
func dial(keys string, on, off int, level, noise float64, twist float64) []byte {
	dice := rand.New(rand.NewPCG(1, 2))
	var out []byte
	at := 0
	put := func(ms int, low, high float64) {
		for range ms * 8 {
			t := 2 * math.Pi * float64(at) / 8000
			s := level*(math.Sin(low*t)*boolean(low)+twist*math.Sin(high*t)*boolean(high)) + noise*dice.NormFloat64()
			out = append(out, ALaw.Octet(int16(max(-32000, min(32000, s)))))
			at++
		}
	}
	put(137, 0, 0)
	for _, k := range keys {
		for i, c := range toneKeys {
			if c == k {
				put(on, toneRows[i/4], toneColumns[i%4])
			}
		}
		put(off, 0, 0)
	}
	put(200, 0, 0)
	return out
}

func boolean(hz float64) float64 {
	if hz > 0 {
		return 1
	}
	return 0
}

func keysIn(sound []byte) string {
	e, heard := newToneEar(), ""
	for len(sound) > 0 {
		n := min(frameSamples, len(sound))
		if _, k := e.hear(ALaw, sound[:n]); k != 0 {
			heard += k.String()
		}
		sound = sound[n:]
	}
	return heard
}

func TestKeysAreHeardInTheSound(t *testing.T) {
	const all = "159D26A037*B48#C"
	for name, sound := range map[string][]byte{
		"as a telephone sends them": dial(all, 100, 100, 6000, 0, 1),
		"short":                     dial(all, 60, 60, 6000, 0, 1),
		"soft":                      dial(all, 80, 80, 300, 0, 1),
		"the upper tone louder":     dial(all, 80, 80, 4000, 0, 1.6),
		"the lower tone louder":     dial(all, 80, 80, 4000, 0, 0.75),
		"in noise, 20 dB below":     dial(all, 80, 80, 4000, 400, 1),
	} {
		if got := keysIn(sound); got != all {
			t.Errorf("%s: heard %q", name, got)
		}
	}
	if got := keysIn(dial("11223", 80, 60, 6000, 0, 1)); got != "11223" {
		t.Errorf("the same key twice: heard %q", got)
	}
	for name, sound := range map[string][]byte{
		"far too short":       dial(all, 15, 60, 6000, 0, 1),
		"twisted beyond 9 dB": dial(all, 80, 80, 2000, 0, 3),
		"noise alone":         dial("", 0, 5000, 0, 3000, 1),
	} {
		if got := keysIn(sound); got != "" {
			t.Errorf("%s: heard %q", name, got)
		}
	}
}

func TestAKeyThatWePassOnIsUnderstood(t *testing.T) {
	for _, law := range []Law{ALaw, MuLaw} {
		e, sound := newToneEar(), make([]byte, 0, 4000)
		for _, k := range "0123456789*#ABCD" {
			frame := make([]byte, frameSamples)
			for at := 0; at < 8*pressedFor; at += frameSamples {
				keyTone(Key(k), at, frame, law)
				sound = append(sound, frame...)
			}
			for range 640 {
				sound = append(sound, law.Silence())
			}
		}
		heard := ""
		for at := 0; at < len(sound); at += frameSamples {
			if _, k := e.hear(law, sound[at:at+frameSamples]); k != 0 {
				heard += k.String()
			}
		}
		if heard != "0123456789*#ABCD" {
			t.Errorf("%s: heard %q", law, heard)
		}
	}
}

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
	conceal(dial("5", 100, 0, 6000, 0, 1)[1096:1896], long, ALaw)
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
