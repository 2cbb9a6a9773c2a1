package speech_test

import (
	"bytes"
	"strings"
	"testing"

	"hotline/media/wav"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/speech"
)

// TestEveryRenderedFileSaysThatNobodyHasSpokenIt, by which engine and which voice; a file of a person's says nothing, and both are read as
// the sound that they are.
func TestEveryRenderedFileSaysThatNobodyHasSpokenIt(t *testing.T) {
	pico := speech.Command{Argv: []string{"/usr/bin/pico2wave", "{text}"}, Voices: map[prompts.Language]string{prompts.Italian: "it-IT"}}
	for _, c := range []struct {
		by      speech.Maker
		comment string
	}{
		{speech.Shipped(prompts.Italian, prompts.Whole), "Synthetic speech. Engine: SVOX Pico, pico2wave. Voice: it-IT cm0."},
		{speech.Shipped(prompts.English, prompts.Infix), "Synthetic speech. Engine: SVOX Pico, pico2wave. Voice: en-GB kh0."},
		{speech.Shipped(prompts.English, prompts.Sound), "Synthetic sound. Engine: hotline."},
		{speech.MakerOf(pico, prompts.Italian), "Synthetic speech. Engine: program pico2wave. Voice: it-IT."},
		{speech.MakerOf(speech.HTTP{URL: "http://127.0.0.1/secret", Model: "tts-1"}, prompts.English), "Synthetic speech. Engine: server, model tts-1. Voice: en."},
		{speech.Maker{}, ""},
	} {
		for _, n := range []int{1, 8000, 8001} { // RIFF pads what is odd
			alaw := bytes.Repeat([]byte{0xd5}, n)
			file := speech.File(alaw, c.by)
			l, err := wav.ReadLabel(bytes.NewReader(file))
			if err != nil || l.Comment != c.comment || strings.HasPrefix(l.Software, "hotline; ") != (c.comment != "") {
				t.Errorf("%+v: the file says %+v, %v; want %q", c.by, l, err, c.comment)
			}
			if _, got, err := wav.Read(bytes.NewReader(file)); err != nil || !bytes.Equal(got, alaw) || len(file)%2 != 0 {
				t.Errorf("%+v: %d octets of %d are sound, %v", c.by, len(got), len(alaw), err)
			}
		}
	}
	for _, lang := range prompts.Languages() {
		if p, err := packs.Load(lang); err != nil || p.Manifest.Engine == "" || p.Manifest.Voice == "" {
			t.Errorf("%s: the pack does not say who has made it: %v", lang, err)
		}
	}
}
