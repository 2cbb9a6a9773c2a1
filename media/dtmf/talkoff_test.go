package dtmf_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"hotline/media/g711"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// spoken is everything that the voices say, in one piece, at another pitch.
func spoken(t *testing.T, lang prompts.Language, pitch float64) []byte {
	t.Helper()
	pack, err := packs.Load(lang)
	if err != nil {
		t.Fatal(err)
	}
	var pcm []int16
	for _, c := range pack.Manifest.Clips {
		sound, _ := pack.Clip(c.ID)
		pcm = append(pcm, g711.ALaw.Samples(sound)...)
	}
	out := make([]byte, 0, int(float64(len(pcm))/pitch))
	for at := 0.0; int(at)+1 < len(pcm); at += pitch {
		i, part := int(at), at-math.Floor(at)
		out = append(out, g711.ALaw.EncodeSample(int16(float64(pcm[i])*(1-part)+float64(pcm[i+1])*part)))
	}
	return out
}

// sung is a voice of held vowels: harmonics of a pitch that hardly moves, under formants as wide as a throat makes them,
// two of which lie where keys have their tones.
func sung(seconds int) []byte {
	dice, out := rand.New(rand.NewPCG(5, 6)), make([]byte, 0, seconds*8000)
	for len(out) < seconds*8000 {
		pitch, first, second := 90+160*dice.Float64(), 600+400*dice.Float64(), 1150+600*dice.Float64()
		width, wobble := 60+80*dice.Float64(), 0.01+0.02*dice.Float64()
		phase := 0.0
		for n := range 800 + dice.IntN(3200) {
			hz := pitch * (1 + wobble*math.Sin(2*math.Pi*5.5*float64(n)/8000))
			phase += 2 * math.Pi * hz / 8000
			s := 0.02 * dice.NormFloat64()
			for h := 1.0; h*hz < 3600; h++ {
				near := func(f, w float64) float64 { return 1 / (1 + (h*hz-f)*(h*hz-f)/w/w) }
				s += (near(300, 200)/4 + near(first, width) + near(second, width)/2 + near(2600, 150)/4) * math.Sin(h*phase)
			}
			out = append(out, g711.ALaw.EncodeSample(int16(max(-32000, min(32000, 5000*s)))))
		}
	}
	return out
}

// TestNobodyPressesAKeyBySpeaking is talk-off: what greetings, announcements and mailboxes say accepts nothing, at whatever
// pitch they say it.
func TestNobodyPressesAKeyBySpeaking(t *testing.T) {
	for _, c := range []struct {
		lang   prompts.Language
		pitch  float64
		strict bool
	}{{prompts.Italian, 1, false}, {prompts.Italian, 1, true}, {prompts.English, 1, true}, {prompts.English, 0.8, true}} {
		if got := keysIn(g711.ALaw, spoken(t, c.lang, c.pitch), c.strict); got != "" {
			t.Errorf("%s at %.2f of the pitch, strict %v: heard %q", c.lang, c.pitch, c.strict, got)
		}
	}
	if got := keysIn(g711.ALaw, sung(60), true); got != "" {
		t.Errorf("vowels: heard %q", got)
	}
}
