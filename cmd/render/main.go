// Command render speaks the catalogue with SVOX Pico and writes the voices that ship with the program. It is a
// developer's command, run when a text has changed; the same texts give the same octets.
//
//	npm install --prefix DIR @echogarden/svoxpico-wasm@0.2.0
//	go run ./cmd/render --voices FOLDER --engine DIR/node_modules/@echogarden/svoxpico-wasm
//
// With --changed the sounds of texts that stand as they did are kept, which takes seconds instead of minutes; without it
// all of them are made anew, as after a change of the mastering.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hotline/media"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/prompts/studio"
)

func main() {
	voices := flag.String("voices", "", "folder with Pico's voice data, it-IT_ta.bin and so on")
	engine := flag.String("engine", "", "folder of the npm package @echogarden/svoxpico-wasm")
	out := flag.String("out", "prompts/packs", "folder that the voices are written to")
	changed := flag.Bool("changed", false, "keep the sounds of texts that did not change")
	flag.Parse()
	if *voices == "" || *engine == "" {
		fmt.Fprintln(os.Stderr, "render: --voices and --engine are needed; see go doc ./cmd/render")
		os.Exit(2)
	}
	for lang, v := range cast() {
		if err := render(lang, v, *voices, *engine, *out, *changed); err != nil {
			fmt.Fprintln(os.Stderr, "render:", err)
			os.Exit(1)
		}
	}
}

// voice is one of Pico's.
type voice struct {
	name, analysis, generation string
}

func cast() map[prompts.Language]voice {
	return map[prompts.Language]voice{
		prompts.Italian: {"it-IT cm0", "it-IT_ta.bin", "it-IT_cm0_sg.bin"},
		prompts.English: {"en-GB kh0", "en-GB_ta.bin", "en-GB_kh0_sg.bin"},
	}
}

// markup makes Pico's text of an entry: at half volume, because it clips at full; infixes before a comma, so that their
// melody goes on.
func markup(e prompts.Entry) string {
	text := strings.ReplaceAll(e.Text, " |", ` <break time="350ms"/>`)
	if e.Class == prompts.Infix && !strings.HasSuffix(text, ",") && !strings.HasSuffix(text, ".") {
		text += ","
	}
	return `<volume level="55"><speed level="95">` + text + `</speed></volume>`
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

func render(lang prompts.Language, v voice, voices, engine, out string, changed bool) error {
	entries, err := prompts.Catalogue(lang)
	if err != nil {
		return err
	}
	kept := map[prompts.ID]keptClip{}
	if changed {
		if kept, err = unchanged(lang, entries); err != nil {
			return err
		}
	}
	fresh := slices.DeleteFunc(slices.Clone(entries), func(e prompts.Entry) bool { return kept[e.ID].alaw != nil })
	spoken, err := speak(engine, []string{filepath.Join(voices, v.analysis), filepath.Join(voices, v.generation)}, fresh)
	if err != nil {
		return fmt.Errorf("speaking %s: %w", lang, err)
	}
	said := map[prompts.ID][]int16{}
	for i, e := range fresh {
		said[e.ID] = spoken[i]
	}
	manifest := packs.Manifest{Language: lang, Voice: v.name, Engine: "SVOX Pico, @echogarden/svoxpico-wasm 0.2.0", Licence: "Apache-2.0"}
	var sound []byte
	for _, e := range entries {
		if k, ok := kept[e.ID]; ok {
			k.At = len(sound)
			manifest.Clips, sound = append(manifest.Clips, k.Clip), append(sound, k.alaw...)
			continue
		}
		pcm, err := master(e, said[e.ID])
		if err != nil {
			return fmt.Errorf("%s %s: %w", lang, e.ID, err)
		}
		m := studio.Measure(pcm)
		manifest.Clips = append(manifest.Clips, packs.Clip{
			ID: e.ID, Text: e.Text, Hash: packs.Hash(e), Class: e.Class, At: len(sound), Octets: len(pcm),
			Level: tenth(m.Level), Peak: tenth(m.Peak), Lead: int(m.Lead.Milliseconds()), Tail: int(m.Tail.Milliseconds()),
		})
		for _, s := range pcm {
			sound = append(sound, media.ALaw.Octet(s))
		}
	}
	text, err := json.MarshalIndent(manifest, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, string(lang)+".json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d sounds, %d of them new, %.0f s\n", lang, len(entries), len(fresh), float64(len(sound))/studio.Rate)
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

func master(e prompts.Entry, spoken []int16) ([]int16, error) {
	switch e.ID {
	case prompts.Tone:
		return studio.Tone(), nil
	case prompts.Music:
		return studio.Music(), nil
	}
	return studio.Master(spoken, silences(e.Class))
}
