package upload

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/speech"
)

// goodbye is a sentence of the voice that ships: in A-law, and as samples at 8 kHz.
func goodbye(t testing.TB) (alaw []byte, pcm []int16) {
	t.Helper()
	alaw, err := packs.Speech(prompts.Italian, "goodbye")
	if err != nil {
		t.Fatal(err)
	}
	return alaw, g711.ALaw.Samples(alaw)
}

// file is a WAV file of some form, of samples that may be written several times: for each channel and for a higher rate.
func file(tag, rate, channels, bits int, pcm []int16, write func(b []byte, s int16) []byte) []byte {
	var data []byte
	for _, s := range pcm {
		for range channels * (rate / 8000) {
			data = write(data, s)
		}
	}
	b := append([]byte("RIFF____WAVEfmt "), 16, 0, 0, 0)
	for _, v := range []int{tag, channels} {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = append(b, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(bits))
	b = append(b, "LIST\x03\x00\x00\x00abc_data"...) // a chunk of odd length before the sound
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(data))), data...)
}

func linear(b []byte, s int16) []byte { return binary.LittleEndian.AppendUint16(b, uint16(s)) }

func scaledBy(gain float64, pcm []int16) []int16 {
	out := make([]int16, len(pcm))
	for i, s := range pcm {
		out[i] = int16(min(max(gain*float64(s), math.MinInt16), math.MaxInt16))
	}
	return out
}

// TestEveryFormOfARecordingBecomesThePromptOfItsSentence: whatever the studio sends is the same sentence at the telephone's level.
func TestEveryFormOfARecordingBecomesThePromptOfItsSentence(t *testing.T) {
	_, pcm := goodbye(t)
	quiet := scaledBy(0.2, pcm)
	for name, row := range map[string]struct {
		file   []byte
		format string
		says   []string
	}{
		"16 bits, 8 kHz":   {file(1, 8000, 1, 16, pcm, linear), "wav", nil},
		"quiet":            {file(1, 8000, 1, 16, quiet, linear), "wav", []string{"level: -36", "became -22"}},
		"48 kHz in stereo": {file(1, 48000, 2, 16, quiet, linear), "wav", []string{"rate: 48000 Hz became 8000", "channels: 2 were mixed into one"}},
		"24 bits":          {file(1, 16000, 1, 24, pcm, func(b []byte, s int16) []byte { return append(b, 0, byte(s), byte(uint16(s)>>8)) }), "wav", nil},
		"floating point": {file(3, 16000, 1, 32, pcm, func(b []byte, s int16) []byte {
			return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(s)/32768))
		}), "wav", nil},
		"A-law":                                  {file(6, 8000, 1, 8, pcm, func(b []byte, s int16) []byte { return append(b, g711.ALaw.EncodeSample(s)) }), "wav", nil},
		"mu-law":                                 {file(7, 8000, 1, 8, pcm, func(b []byte, s int16) []byte { return append(b, g711.MuLaw.EncodeSample(s)) }), "wav", nil},
		"8 bits":                                 {file(1, 8000, 1, 8, pcm, func(b []byte, s int16) []byte { return append(b, byte(128+int(s)>>8)) }), "wav", nil},
		"silence before":                         {file(1, 8000, 1, 16, append(make([]int16, 16000), pcm...), linear), "wav", []string{"silence at the ends"}},
		"FLAC, by flac":                          {read1(t, "goodbye.flac"), "flac", []string{"rate: 16000"}},
		"Vorbis, by oggenc":                      {read1(t, "goodbye.ogg"), "ogg", []string{"rate: 16000"}},
		"a data chunk that is said to be longer": {append(file(1, 8000, 1, 16, pcm, linear), 1), "wav", nil},
	} {
		got, err := Take(row.file, prompts.Whole)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m := speech.Measured(got.ALaw)
		if got.Format != row.format || math.Abs(m.Level+22) > 0.7 || m.Clipped > 0 || m.Peak > -2.5 || m.Lead.Milliseconds() > 100 || m.Tail.Milliseconds() > 250 {
			t.Errorf("%s: %s, %+v", name, got.Format, m)
		}
		heard := slices.Concat(make([]int16, 800), g711.ALaw.Samples(got.ALaw), make([]int16, 800)) // what is faint at the ends is cut sooner or later
		if like := likeness.Of(heard, pcm); like < 0.8 {
			t.Errorf("%s: it is like the sentence by %.2f", name, like)
		}
		for _, change := range got.Changes {
			if figures := regexp.MustCompile(`(-?[0-9.]+)(?: dBov| s| Hz)? became (-?[0-9.]+)`).FindStringSubmatch(change); figures != nil && figures[1] == figures[2] {
				t.Errorf("%s: %q is no change", name, change)
			}
		}
		said := strings.Join(got.Changes, "; ")
		for _, want := range row.says {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q does not say %q", name, said, want)
			}
		}
	}
}

func read1(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWhatNoCallerShouldHearIsRefusedWithItsFigure: the answer says what was measured and what to do.
func TestWhatNoCallerShouldHearIsRefusedWithItsFigure(t *testing.T) {
	_, pcm := goodbye(t)
	long := slices.Repeat(pcm, 14)
	wav := func(pcm []int16) []byte { return file(1, 8000, 1, 16, pcm, linear) }
	for name, row := range map[string]struct {
		file  []byte
		class prompts.Class
		says  string
	}{
		"nothing":             {nil, prompts.Whole, "no WAV, FLAC or OGG"},
		"a text":              {[]byte("Benvenuti al servizio di assistenza."), prompts.Whole, "no WAV, FLAC or OGG"},
		"MP3":                 {[]byte("ID3\x04 and so on"), prompts.Whole, "MP3"},
		"Opus":                {[]byte("OggS and then OpusHead"), prompts.Whole, "Opus"},
		"OGG without sound":   {[]byte("OggS and then nothing"), prompts.Whole, "Vorbis"},
		"half a FLAC":         {read1(t, "goodbye.flac")[:300], prompts.Whole, "FLAC"},
		"a WAV without data":  {wav(nil)[:30], prompts.Whole, "no sound"},
		"ADPCM":               {file(2, 8000, 1, 4, pcm, linear), prompts.Whole, "format 2"},
		"six channels":        {file(1, 8000, 6, 16, pcm[:800], linear), prompts.Whole, "6 channels"},
		"4 kHz":               {file(1, 4000, 1, 16, nil, linear), prompts.Whole, "4000 Hz"},
		"silence":             {wav(make([]int16, 16000)), prompts.Whole, "nothing but silence"},
		"a click":             {wav(append(make([]int16, 8000), 9000)), prompts.Whole, "silence"},
		"noise of a room":     {wav(scaledBy(0.02, pcm)), prompts.Whole, "too quiet: its level is -5"},
		"overdriven":          {wav(scaledBy(30, pcm)), prompts.Whole, "% of its samples are clipped"},
		"too short":           {wav(pcm[4000:4400]), prompts.Whole, "lasts 50 ms"},
		"too long":            {wav(long), prompts.Whole, "may last 30s"},
		"too long for a word": {wav(slices.Repeat(pcm, 8)), prompts.Infix, "may last 10s"},
		"too large":           {make([]byte, Largest+1), prompts.Whole, "18 MB"},
	} {
		_, err := Take(row.file, row.class)
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v, want one that says %q", name, err, row.says)
		}
	}
	if _, err := Take(wav(long), prompts.Sound); err != nil {
		t.Errorf("music of three quarters of a minute: %v", err)
	}
}

func TestAPackThatWasWrittenFromTheVoiceIsTheSameSound(t *testing.T) {
	alaw, pcm := goodbye(t)
	if !Sounds(file(1, 8000, 1, 16, pcm, linear), alaw) || !Sounds(speech.File(alaw, speech.Maker{}), alaw) {
		t.Error("the same sound is taken for another one")
	}
	if Sounds(file(1, 8000, 1, 16, pcm[1:], linear), alaw) || Sounds(nil, alaw) {
		t.Error("another sound is taken for the same one")
	}
}

func TestNamesOfFilesAreShownPlainly(t *testing.T) {
	for name, want := range map[string]string{"it/a.wav": "it/a.wav", "a\x1b[31m\xff": "a?[31m?", strings.Repeat("è", 300): strings.Repeat("è", 200)} {
		if got := Shown(name); got != want {
			t.Errorf("%q is shown as %q", name, got)
		}
	}
}

func FuzzTake(f *testing.F) {
	_, pcm := goodbye(f)
	f.Add(file(1, 8000, 1, 16, pcm[:2000], linear))
	f.Add(file(3, 16000, 2, 32, pcm[:100], linear))
	f.Add(read1(f, "goodbye.ogg"))
	f.Add(read1(f, "goodbye.flac"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := Take(b, prompts.Infix); err == nil && (len(got.ALaw) == 0 || bytes.Equal(got.ALaw, b)) {
			t.Error("taken without a sound")
		}
	})
}
