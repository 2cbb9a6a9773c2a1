package app

import (
	"log/slog"
	"sync"
	"time"

	"hotline/line"
	"hotline/media"
	"hotline/prompts"
	"hotline/prompts/packs"
)

var _ line.Voices = (*voices)(nil)

// voices is every language's pack as ready sounds. Safe for concurrent use.
type voices struct {
	log    *slog.Logger
	books  map[prompts.Language]*prompts.Book
	sounds map[prompts.Language]map[prompts.ID]media.Sound
	missed sync.Map // ids that were asked for in vain: each is logged once
}

// newVoices loads the packs that ship with the program.
func newVoices(log *slog.Logger) (*voices, error) {
	v := &voices{log: log, books: map[prompts.Language]*prompts.Book{}, sounds: map[prompts.Language]map[prompts.ID]media.Sound{}}
	for _, lang := range prompts.Languages() {
		book, err := prompts.Open(lang)
		if err != nil {
			return nil, err
		}
		pack, err := packs.Load(lang)
		if err != nil {
			return nil, err
		}
		v.books[lang], v.sounds[lang] = book, map[prompts.ID]media.Sound{}
		for _, c := range pack.Manifest.Clips {
			alaw, _ := pack.Clip(c.ID)
			v.sounds[lang][c.ID] = media.SoundFromALaw(alaw)
		}
	}
	return v, nil
}

// book is a language's, Italian for one that nobody speaks.
func (v *voices) book(lang prompts.Language) *prompts.Book {
	if b := v.books[lang]; b != nil {
		return b
	}
	return v.books[prompts.Italian]
}

// Sound is a phrase as it is heard. What a voice does not have is left out and logged once: a missing sound never ends a
// call.
func (v *voices) Sound(lang prompts.Language, p prompts.Phrase) media.Sound {
	book := v.book(lang)
	var parts []media.Sound
	for _, c := range book.Say(p) {
		if c.Pause > 0 {
			parts = append(parts, pause(c.Pause))
			continue
		}
		s, ok := v.sounds[book.Language()][c.ID]
		if !ok {
			if _, known := v.missed.LoadOrStore(string(book.Language())+"/"+string(c.ID), true); !known {
				v.log.Warn("a sound is missing", "language", book.Language(), "id", c.ID)
			}
			continue
		}
		parts = append(parts, s)
	}
	return media.Chain(parts...)
}

func pause(d time.Duration) media.Sound {
	return media.NewSound(make([]int16, d*8/time.Millisecond))
}

// Music is what those on hold hear.
func (v *voices) Music() media.Sound { return v.sounds[prompts.Italian][prompts.Music] }
