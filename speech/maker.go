package speech

import (
	"fmt"
	"path/filepath"
	"sync"

	"hotline/media/g711"
	"hotline/media/wav"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// Maker is who has made a sound: an engine, and one of its voices. The zero value is a person, such as the owner of a recording.
type Maker struct{ Engine, Voice string }

// Label is what each file of the sound says: that nobody has spoken it. Empty for what a person has recorded.
func (m Maker) Label() wav.Label {
	switch {
	case m.Engine == "":
		return wav.Label{}
	case m.Voice == "":
		return wav.Label{Software: "hotline; " + m.Engine, Comment: "Synthetic sound. Engine: " + m.Engine + "."}
	}
	return wav.Label{Software: "hotline; " + m.Engine, Comment: fmt.Sprintf("Synthetic speech. Engine: %s. Voice: %s.", m.Engine, m.Voice)}
}

// MakerOf is a driver with the voice that it speaks a language with.
func MakerOf(d Driver, lang prompts.Language) Maker {
	switch d := d.(type) {
	case Command:
		if len(d.Argv) > 0 {
			return Maker{"program " + filepath.Base(d.Argv[0]), named(d.Voices[lang], lang)}
		}
	case HTTP:
		return Maker{"server, model " + named(d.Model, "of its own"), named(d.Voices[lang], lang)}
	}
	return Maker{"a program", string(lang)}
}

// named is a name, or what stands for it.
func named(name string, other prompts.Language) string {
	if name != "" {
		return name
	}
	return string(other)
}

// Shipped is who has made a prompt of the voices that ship: signals and music are of no voice.
func Shipped(lang prompts.Language, c prompts.Class) Maker {
	by, ok := shipped()[lang]
	if !ok || c == prompts.Sound {
		return Maker{Engine: "hotline"}
	}
	return by
}

// shipped is who has made each voice that ships. It is read once: whoever asks about one prompt asks about hundreds.
var shipped = sync.OnceValue(func() map[prompts.Language]Maker {
	all := map[prompts.Language]Maker{}
	for _, lang := range prompts.Languages() {
		if p, err := packs.Load(lang); err == nil {
			all[lang] = Maker{p.Manifest.Engine, p.Manifest.Voice}
		}
	}
	return all
})

// File is a sound as a WAV file of A-law, 8 kHz, which says who has made it.
func File(alaw []byte, by Maker) []byte { return wav.Labelled(wav.G711(g711.ALaw), alaw, by.Label()) }
