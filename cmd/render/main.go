// Command render speaks the catalogue with SVOX Pico and writes the voices that ship with the program. It is a
// developer's command, run when a text has changed; the same texts give the same octets.
//
//	scripts/install voice
//	go run ./cmd/render
//
// The sounds of texts that stand as they did are kept. With --all every sound is made anew, as after a change of the
// mastering; that takes some minutes. --only names a language alone.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hotline/media/g711"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/prompts/studio"
	"hotline/speech"
)

func main() {
	out := flag.String("out", "prompts/packs", "folder that the voices are written to")
	all := flag.Bool("all", false, "speak every text again, also those that did not change")
	only := flag.String("only", "", "a language alone, such as en")
	flag.Parse()
	for lang, v := range cast() {
		if *only != "" && *only != string(lang) {
			continue
		}
		if err := render(lang, v, *out, *all); err != nil {
			fmt.Fprintln(os.Stderr, "render:", err)
			os.Exit(1)
		}
	}
}

// voice is one of Pico's: its name, the language by which the program chooses it, and how long it is to pause at a bar. That pause
// is besides the one that it makes itself at the end of a sentence.
type voice struct {
	name, language string
	pause          time.Duration
}

func cast() map[prompts.Language]voice {
	return map[prompts.Language]voice{
		prompts.Italian: {"it-IT cm0", "it-IT", 350 * time.Millisecond},
		prompts.English: {"en-GB kh0", "en-GB", 350 * time.Millisecond},
		prompts.German:  {"de-DE gl0", "de-DE", 200 * time.Millisecond},
		prompts.French:  {"fr-FR nk0", "fr-FR", 100 * time.Millisecond},
		prompts.Spanish: {"es-ES zl0", "es-ES", 200 * time.Millisecond},
	}
}

// patience is how long Pico may take for one text; it takes a tenth of a second for the longest.
const patience = 30 * time.Second

// speak has Pico say an entry and gives the samples at 16 kHz. A bar in the text is a pause.
func speak(v voice, lang prompts.Language, e prompts.Entry) ([]int16, error) {
	pico := speech.Command{
		Argv:   []string{"pico2wave", "-l", "{voice}", "-w", "{file}", "{text}"},
		Voices: map[prompts.Language]string{lang: v.language}, Timeout: patience,
	}
	words := strings.ReplaceAll(e.Text, " |", fmt.Sprintf(` <break time="%dms"/>`, v.pause.Milliseconds()))
	said, err := pico.Speak(context.Background(), speech.Text{Language: lang, Words: words, Class: e.Class})
	if err != nil {
		return nil, err
	}
	if said.Rate != 2*studio.Rate {
		return nil, fmt.Errorf("pico2wave speaks at %d Hz, and the mastering takes %d", said.Rate, 2*studio.Rate)
	}
	return said.PCM, nil
}

// silences are the fixed ends of each class of sound.
func silences(c prompts.Class) studio.Ends {
	switch c {
	case prompts.Infix:
		return studio.Ends{Lead: 20 * time.Millisecond, Tail: 40 * time.Millisecond}
	case prompts.Final:
		return studio.Ends{Lead: 20 * time.Millisecond, Tail: 150 * time.Millisecond}
	}
	return studio.Ends{Lead: 60 * time.Millisecond, Tail: 150 * time.Millisecond}
}

func render(lang prompts.Language, v voice, out string, all bool) error {
	entries, err := prompts.Catalogue(lang)
	if err != nil {
		return err
	}
	kept := map[prompts.ID]keptClip{}
	if !all {
		if kept, err = unchanged(lang, entries); err != nil {
			return err
		}
	}
	manifest := packs.Manifest{Language: lang, Voice: v.name, Engine: "SVOX Pico, pico2wave", Licence: "Apache-2.0"}
	var sound []byte
	for _, e := range entries {
		if k, ok := kept[e.ID]; ok {
			k.At = len(sound)
			manifest.Clips, sound = append(manifest.Clips, k.Clip), append(sound, k.alaw...)
			continue
		}
		pcm, err := master(v, lang, e)
		if err != nil {
			return fmt.Errorf("%s %s: %w", lang, e.ID, err)
		}
		m := studio.Measure(pcm)
		manifest.Clips = append(manifest.Clips, packs.Clip{
			ID: e.ID, Text: e.Text, Hash: packs.Hash(e), Class: e.Class, At: len(sound), Octets: len(pcm),
			Level: tenth(m.Level), Peak: tenth(m.Peak), Lead: int(m.Lead.Milliseconds()), Tail: int(m.Tail.Milliseconds()),
		})
		for _, s := range pcm {
			sound = append(sound, g711.ALaw.EncodeSample(s))
		}
	}
	text, err := json.MarshalIndent(manifest, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, string(lang)+".json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d sounds, %d of them new, %.0f s\n", lang, len(entries), len(entries)-len(kept), float64(len(sound))/studio.Rate)
	return os.WriteFile(filepath.Join(out, string(lang)+".alaw"), sound, 0o644)
}

// keptClip is a sound of the voice as it stands.
type keptClip struct {
	packs.Clip
	alaw []byte
}

// unchanged gives the sounds of the voice as it stands whose texts are still these.
func unchanged(lang prompts.Language, entries []prompts.Entry) (map[prompts.ID]keptClip, error) {
	former, err := packs.Load(lang)
	if err != nil {
		return nil, err
	}
	hashes := map[prompts.ID]string{}
	for _, e := range entries {
		hashes[e.ID] = packs.Hash(e)
	}
	kept := map[prompts.ID]keptClip{}
	for _, c := range former.Manifest.Clips {
		if alaw, ok := former.Clip(c.ID); ok && hashes[c.ID] == c.Hash {
			kept[c.ID] = keptClip{c, alaw}
		}
	}
	return kept, nil
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// master gives the sound of an entry as it ships, 8 kHz.
func master(v voice, lang prompts.Language, e prompts.Entry) ([]int16, error) {
	switch e.ID {
	case prompts.Tone:
		return studio.Tone(), nil
	case prompts.Connected:
		return studio.Connect(), nil
	case prompts.Music:
		return studio.Music(), nil
	}
	spoken, err := speak(v, lang, e)
	if err != nil {
		return nil, err
	}
	return studio.Master(studio.Audible(spoken), silences(e.Class))
}
