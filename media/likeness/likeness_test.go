package likeness

import (
	"slices"
	"testing"

	"hotline/media/g711"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// spoken is something said in a voice of ours.
func spoken(t *testing.T, lang prompts.Language, ids ...prompts.ID) []int16 {
	t.Helper()
	alaw, err := packs.Speech(lang, ids...)
	if err != nil {
		t.Fatal(err)
	}
	return g711.ALaw.Samples(alaw)
}

func TestAPauseOfAStallIsNoOtherSoundButALossIs(t *testing.T) {
	said, other := spoken(t, "en", "still-searching", "next-step")[:24000], spoken(t, "it", "request-locked")
	pause := func(ms int) []int16 { return make([]int16, 8*ms) }
	for _, c := range []struct {
		name     string
		heard    [][]int16
		from, to float64
	}{
		{"as it was said", [][]int16{said}, 0.999, 1},
		{"a pause in the middle", [][]int16{said[:10000], pause(340), said[10000:]}, 0.9, 1},
		{"two pauses, not of whole milliseconds", [][]int16{said[:7000], pause(140), said[:3], said[7000:15000], pause(140), said[:5], said[15000:]}, 0.9, 1},
		{"a pause of two seconds", [][]int16{said[:12000], pause(2000), said[12000:]}, 0, 0.9},
		{"a second of silence in its place", [][]int16{said[:6000], pause(1000), said[14000:]}, 0, 0.9},
		{"a second cut out", [][]int16{said[:6000], said[14000:]}, 0, 0.9},
		{"the end before the beginning", [][]int16{said[12000:], said[:12000]}, 0, 0.9},
		{"another sound", [][]int16{other[:24000]}, 0, 0.6},
	} {
		heard := slices.Concat(pause(1001), slices.Concat(c.heard...), pause(200))
		got := Of(heard, said)
		whole, _ := Correlate(heard, said)
		t.Logf("%s: %.3f, as a whole %.3f", c.name, got, whole)
		if got < c.from || got > c.to+1e-9 || c.from == 0 && whole > got {
			t.Errorf("%s: likeness %.3f, want %.3f to %.3f", c.name, got, c.from, c.to)
		}
	}
	for _, c := range []struct {
		lost     int // milliseconds of its beginning before the telephone listened
		from, to float64
	}{{20, 0.95, 1}, {100, 0.8, 0.999}, {1000, 0, 0.9}} {
		if got := Of(slices.Concat(said[8*c.lost:], pause(200)), said); got < c.from || got > c.to {
			t.Errorf("without its first %d ms: likeness %.3f, want %.3f to %.3f", c.lost, got, c.from, c.to)
		}
	}
	if c, _ := Correlate(slices.Concat(pause(300), other), said); c >= 0.3 {
		t.Errorf("another sound correlates %.3f", c)
	}
	if c := Of(said[:100], said); c != 0 {
		t.Errorf("a part that is too short is alike by %.3f", c)
	}
}
