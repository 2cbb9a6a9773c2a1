package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"hotline/media"
	"hotline/media/mediatest"
	"hotline/media/wav"
	"hotline/phone"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// speech is something said in a voice of ours, as samples.
func speech(t *testing.T, lang prompts.Language, ids ...prompts.ID) []int16 {
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

// waveFile writes samples and a long silence behind them: a softphone hangs up when its source ends.
func waveFile(t *testing.T, name string, pcm []int16) string {
	t.Helper()
	padded := append(append([]int16{}, pcm...), make([]int16, 8000*240)...)
	octets := make([]byte, 0, 2*len(padded))
	for _, s := range padded {
		octets = append(octets, byte(s), byte(s>>8))
	}
	file := filepath.Join(t.TempDir(), name+".wav")
	// the plain header of 44 octets: other people's readers know no other
	head := wav.Head(wav.Linear, len(octets))
	plain := append(append(append([]byte{}, head[:16]...), 16, 0, 0, 0), head[20:36]...)
	plain = append(append(plain, "data"...), head[54:58]...)
	if err := os.WriteFile(file, append(plain, octets...), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// alike is how like something that was said is to what is heard of it. A program or a telephone that this machine has kept
// from running for longer than it makes up for pauses in the middle of a sentence, and is right to: that is no other
// sound, though the correlation of the whole halves (media's stall_test.go holds what a stall may do).
func alike(heard, said []int16) float64 {
	if best, _ := mediatest.Correlate(heard, said); best >= 0.9 {
		return best
	}
	return phone.Likeness(heard, said)
}

// holds fails unless heard holds said and not the other sound: the negative control stands in the same test.
func holds(t *testing.T, what string, heard, said, other []int16) {
	t.Helper()
	is := alike(heard, said)
	not, _ := mediatest.Correlate(heard, other)
	t.Logf("%s: correlation %.3f with what was said, %.3f with what was not", what, is, not)
	if is < 0.9 || not >= 0.3 {
		t.Errorf("%s: correlation %.3f with what was said (want 0.9), %.3f with what was not (want below 0.3)", what, is, not)
	}
}
