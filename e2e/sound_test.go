package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/media/wav"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// speech is something said in a voice of ours, as samples.
func speech(t *testing.T, lang prompts.Language, ids ...prompts.ID) []int16 {
	t.Helper()
	alaw, err := packs.Speech(lang, ids...)
	if err != nil {
		t.Fatal(err)
	}
	return g711.ALaw.Samples(alaw)
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
	head := wav.Header(wav.Linear, len(octets))
	plain := append(append(append([]byte{}, head[:16]...), 16, 0, 0, 0), head[20:36]...)
	plain = append(append(plain, "data"...), head[54:58]...)
	if err := os.WriteFile(file, append(plain, octets...), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// holds fails unless heard holds said and not the other sound: the negative control stands in the same test.
func holds(t *testing.T, what string, heard, said, other []int16) {
	t.Helper()
	is := likeness.Of(heard, said)
	not, _ := likeness.Correlate(heard, other)
	t.Logf("%s: correlation %.3f with what was said, %.3f with what was not", what, is, not)
	if is < 0.9 || not >= 0.3 {
		t.Errorf("%s: correlation %.3f with what was said (want 0.9), %.3f with what was not (want below 0.3)", what, is, not)
	}
}
