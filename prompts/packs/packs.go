// Package packs is the voices that ship with the program: for each language one file of A-law sound, 8 kHz, and a
// manifest of what stands where in it. `go run ./cmd/render` makes them from the catalogue.
package packs

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"hotline/prompts"
)

//go:embed it.alaw
var italianSound []byte

//go:embed it.json
var italianManifest []byte

//go:embed en.alaw
var englishSound []byte

//go:embed en.json
var englishManifest []byte

//go:embed de.alaw
var germanSound []byte

//go:embed de.json
var germanManifest []byte

//go:embed fr.alaw
var frenchSound []byte

//go:embed fr.json
var frenchManifest []byte

//go:embed es.alaw
var spanishSound []byte

//go:embed es.json
var spanishManifest []byte

// files are the two files of each voice. They stay in the program's image and are not copied: a voice is megabytes, and the
// kernel reads from the disk only what somebody hears. A new language begins with an empty .alaw and a .json that names it.
func files(lang prompts.Language) (sound, manifest []byte, ok bool) {
	switch lang {
	case prompts.Italian:
		return italianSound, italianManifest, true
	case prompts.English:
		return englishSound, englishManifest, true
	case prompts.German:
		return germanSound, germanManifest, true
	case prompts.French:
		return frenchSound, frenchManifest, true
	case prompts.Spanish:
		return spanishSound, spanishManifest, true
	}
	return nil, nil, false
}

// Manifest says what a pack holds and how it was made.
type Manifest struct {
	Language prompts.Language `json:"language"`
	Voice    string           `json:"voice"`
	Engine   string           `json:"engine"`
	Licence  string           `json:"licence"`
	Clips    []Clip           `json:"clips"`
}

// Clip is one sound of a pack.
type Clip struct {
	ID     prompts.ID    `json:"id"`
	Text   string        `json:"text"`
	Hash   string        `json:"hash"` // of text and class: tells whether the sound is of this text
	Class  prompts.Class `json:"class"`
	At     int           `json:"at"`     // octet in the file of sound
	Octets int           `json:"octets"` // 8000 a second
	Level  float64       `json:"level"`  // active level, dBov
	Peak   float64       `json:"peak"`   // dBFS
	Lead   int           `json:"lead"`   // ms of silence before
	Tail   int           `json:"tail"`   // ms of silence after
}

// Hash is a catalogue entry's as it stands in a manifest.
func Hash(e prompts.Entry) string {
	sum := sha256.Sum256([]byte(string(e.Class) + "\x00" + e.Text))
	return hex.EncodeToString(sum[:8])
}

// Pack is one voice in memory. Immutable.
type Pack struct {
	Manifest Manifest
	clips    map[prompts.ID][]byte
}

// Load reads the pack of a language.
func Load(lang prompts.Language) (*Pack, error) {
	sound, manifest, ok := files(lang)
	if !ok {
		return nil, fmt.Errorf("no voice speaks %q", lang)
	}
	p := &Pack{clips: map[prompts.ID][]byte{}}
	if err := json.Unmarshal(manifest, &p.Manifest); err != nil {
		return nil, fmt.Errorf("reading the manifest of voice %s: %w", lang, err)
	}
	if p.Manifest.Language != lang {
		return nil, fmt.Errorf("the manifest of voice %s says that it speaks %q", lang, p.Manifest.Language)
	}
	for _, c := range p.Manifest.Clips {
		if c.At < 0 || c.Octets <= 0 || c.At+c.Octets > len(sound) {
			return nil, fmt.Errorf("reading voice %s: clip %s lies outside its file", lang, c.ID)
		}
		p.clips[c.ID] = sound[c.At : c.At+c.Octets : c.At+c.Octets]
	}
	return p, nil
}

// Clip is the sound of an id in A-law; false when the voice does not have it.
func (p *Pack) Clip(id prompts.ID) (alaw []byte, ok bool) {
	alaw, ok = p.clips[id]
	return alaw, ok
}

// Speech is clips of a language's voice one after the other, in A-law.
func Speech(lang prompts.Language, ids ...prompts.ID) (alaw []byte, err error) {
	p, err := Load(lang)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		clip, ok := p.Clip(id)
		if !ok {
			return nil, fmt.Errorf("voice %s has no clip %q", lang, id)
		}
		alaw = append(alaw, clip...)
	}
	return alaw, nil
}
