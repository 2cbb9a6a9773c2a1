package phone

import (
	"slices"
	"testing"

	"hotline/media"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// spoken is something said in a voice of ours.
func spoken(t *testing.T, lang prompts.Language, ids ...prompts.ID) []int16 {
	t.Helper()
	p, err := packs.Load(lang)
	if err != nil {
		t.Fatal(err)
	}
	var all []int16
	for _, id := range ids {
		alaw, ok := p.Clip(id)
		if !ok {
			t.Fatalf("no clip %s", id)
		}
		pcm := make([]int16, len(alaw))
		media.ALaw.Decode(pcm, alaw)
		all = append(all, pcm...)
	}
	return all
}

func TestAPauseOfAStallIsNoOtherSoundButALossIs(t *testing.T) {
	said, other := spoken(t, "en", "still-searching", "next-step")[:40000], spoken(t, "it", "request-locked")
	pause := func(ms int) []int16 { return make([]int16, 8*ms) }
	for _, c := range []struct {
		name     string
		heard    [][]int16
		from, to float64
	}{
		{"as it was said", [][]int16{said}, 0.999, 1},
		{"a pause in the middle", [][]int16{said[:20000], pause(140), said[20000:]}, 0.9, 1},
		{"a pause near the beginning", [][]int16{said[:9000], pause(340), said[9000:]}, 0.9, 1},
		{"two pauses", [][]int16{said[:11000], pause(60), said[11000:27000], pause(500), said[27000:]}, 0.9, 1},
		{"a pause of two seconds", [][]int16{said[:20000], pause(2000), said[20000:]}, 0, 0.9},
		{"a second and a half of silence in its place", [][]int16{said[:14000], pause(1500), said[26000:]}, 0, 0.9},
		{"a second and a half cut out", [][]int16{said[:14000], said[26000:]}, 0, 0.9},
		{"the end before the beginning", [][]int16{said[20000:], said[:20000]}, 0, 0.9},
		{"another sound", [][]int16{other, other}, 0, 0.6},
		{"nothing", nil, 0, 0},
	} {
		heard := slices.Concat(pause(1234), slices.Concat(c.heard...), pause(700))
		got, whole := Likeness(heard, said), Correlation(heard, said)
		t.Logf("%s: %.3f, as a whole %.3f", c.name, got, whole)
		if got < c.from || got > c.to+1e-9 || c.from == 0 && whole > got {
			t.Errorf("%s: likeness %.3f, want %.3f to %.3f", c.name, got, c.from, c.to)
		}
	}
	if c := Correlation(slices.Concat(pause(300), other), said); c >= 0.3 {
		t.Errorf("another sound correlates %.3f", c)
	}
	if c := Likeness(said[:100], said); c != 0 {
		t.Errorf("a part that is too short is alike by %.3f", c)
	}
}
