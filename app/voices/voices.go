// Package voices is what the line says, as ready sounds: the packs that ship, the prompts that the owner has put in their place, and
// names in the line's own voice.
//
// It starts no goroutine.
package voices

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hotline/app/spoken"
	"hotline/directory"
	"hotline/line"
	"hotline/media"
	"hotline/media/g711"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/sla"
)

var _ line.Voices = (*Voices)(nil)

// Voices is every language's pack as sounds. Safe for concurrent use.
type Voices struct {
	log      *slog.Logger
	packs    packsOfVoices
	names    *spoken.Names // nil: only the names that the packs have
	catching sync.Mutex    // one look at what the owner has replaced at a time
	owner    atomic.Pointer[owned]
	missed   sync.Map // ids that were asked for in vain: each is logged once
}

// Load loads the packs that ship with the program.
func Load(log *slog.Logger) (*Voices, error) {
	s, err := shipped()
	if err != nil {
		return nil, err
	}
	return &Voices{log: log, packs: s}, nil
}

// packsOfVoices are the packs by language. Immutable.
type packsOfVoices map[prompts.Language]pack

// pack is a language's texts, and its sounds once somebody hears it.
type pack struct {
	book   *prompts.Book
	sounds func() (map[prompts.ID]media.Sound, error)
}

// shipped opens the packs once in a process: they lie in the program's image and never change. The languages that every
// installation speaks are made ready at once. Another language is made ready when its first word is asked for; that takes some
// hundredths of a second. Before that it takes no memory.
var shipped = sync.OnceValues(func() (packsOfVoices, error) {
	all := packsOfVoices{}
	for _, lang := range prompts.Languages() {
		book, err := prompts.Open(lang)
		if err != nil {
			return nil, err
		}
		all[lang] = pack{book, sync.OnceValues(func() (map[prompts.ID]media.Sound, error) { return ready(lang) })}
	}
	for _, lang := range []prompts.Language{prompts.Italian, prompts.English} {
		if _, err := all[lang].sounds(); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// ready makes a pack's sounds: its octets stay where they are, and are worked out in the other codec.
func ready(lang prompts.Language) (map[prompts.ID]media.Sound, error) {
	p, err := packs.Load(lang)
	if err != nil {
		return nil, err
	}
	sounds := map[prompts.ID]media.Sound{}
	for _, c := range p.Manifest.Clips {
		alaw, _ := p.Clip(c.ID)
		sounds[c.ID] = media.EncodedSound(g711.ALaw, alaw)
	}
	return sounds, nil
}

// shipped is one sound of the voice that ships. A pack that cannot be read is logged once for each sound that is missed.
func (v *Voices) shipped(lang prompts.Language, id prompts.ID) (media.Sound, bool) {
	p, ok := v.packs[lang]
	if !ok {
		return media.Sound{}, false
	}
	sounds, err := p.sounds()
	if err != nil {
		v.log.Error("a voice cannot be read", "language", lang, "error", err)
	}
	s, ok := sounds[id]
	return s, ok
}

// Speak has customers' names spoken by n from now on, beside those that the packs have. Call it before the first sound is asked for.
func (v *Voices) Speak(n *spoken.Names) { v.names = n }

// Names are the customers' names that are spoken; nil when only those of the packs are.
func (v *Voices) Names() *spoken.Names { return v.names }

// Shipped is one sound of the voice that ships, in Italian, by its id.
func (v *Voices) Shipped(id prompts.ID) media.Sound {
	s, _ := v.shipped(prompts.Italian, id)
	return s
}

// AsShipped is one sound of the voice that ships, A-law of 8 kHz; nil where there is none.
func (v *Voices) AsShipped(lang prompts.Language, id prompts.ID) []byte {
	s, ok := v.shipped(lang, id)
	if !ok {
		return nil
	}
	return s.Octets(g711.ALaw)
}

// Book is a language's, Italian for one that nobody speaks.
func (v *Voices) Book(lang prompts.Language) *prompts.Book {
	if p, ok := v.packs[lang]; ok {
		return p.book
	}
	return v.packs[prompts.Italian].book
}

// Sound is a phrase as it is heard. What a voice does not have is left out and logged once: a missing sound never ends a
// call.
func (v *Voices) Sound(lang prompts.Language, p prompts.Phrase) media.Sound {
	book := v.Book(lang)
	var parts []media.Sound
	for _, c := range book.Say(p) {
		if c.Pause > 0 {
			parts = append(parts, pause(c.Pause))
			continue
		}
		if c.Free != "" {
			parts = append(parts, v.free(book.Language(), c.Free)...)
			continue
		}
		if s, ok := v.name(book.Language(), c); ok {
			parts = append(parts, s)
			continue
		}
		if len(c.Spelt) > 0 { // a name that nobody has spoken yet
			for _, letter := range c.Spelt {
				s, _ := v.sound(book.Language(), letter.ID)
				parts = append(parts, s)
			}
			continue
		}
		s, ok := v.sound(book.Language(), c.ID)
		if !ok {
			if _, known := v.missed.LoadOrStore(string(book.Language())+"/"+string(c.ID), true); !known {
				v.log.Warn("a sound is missing", "language", book.Language(), "id", c.ID)
			}
			continue
		}
		if c.Slow {
			s = slowly(s)
		}
		parts = append(parts, s)
	}
	return media.Chain(parts...)
}

// name is the sound of a name, which was spoken when the customer, the engineer or the level was saved. It is false for
// everything else, and for a name without a sound yet.
func (v *Voices) name(lang prompts.Language, c prompts.Clip) (media.Sound, bool) {
	if c.Of == 0 || v.names == nil {
		return media.Sound{}, false
	}
	var alaw []byte
	var ok bool
	switch c.Of {
	case prompts.EngineerName:
		alaw, ok = v.names.Engineer(lang, oncall.EngineerID(c.Whose), c.Name)
	case prompts.LevelName:
		alaw, ok = v.names.Level(lang, sla.LevelID(c.Whose))
	default:
		alaw, ok = v.names.Sound(lang, directory.CustomerID(c.Whose), c.Name)
	}
	if !ok {
		return media.Sound{}, false
	}
	return media.EncodedSound(g711.ALaw, alaw), true
}

// free is the sound of what a person has written, between two short pauses. It was spoken when the text was saved; before that it
// is empty.
func (v *Voices) free(lang prompts.Language, words string) []media.Sound {
	if v.names == nil {
		return nil
	}
	alaw, ok := v.names.Words(lang, words)
	if !ok {
		return nil
	}
	return []media.Sound{pause(breath), media.EncodedSound(g711.ALaw, alaw), pause(breath)}
}

// breath stands around what a person has written.
const breath = 250 * time.Millisecond

// Recorded is a customer's name as the pack has it; nil for most.
func (v *Voices) Recorded(lang prompts.Language, name string) []byte {
	s, ok := v.sound(lang, prompts.NameID(name))
	if !ok {
		return nil
	}
	return s.Octets(g711.ALaw)
}

func pause(d time.Duration) media.Sound {
	return media.NewSound(make([]int16, d*8/time.Millisecond))
}

// Music is what those on hold hear.
func (v *Voices) Music() media.Sound {
	s, _ := v.sound(prompts.Italian, prompts.Music)
	return s
}
