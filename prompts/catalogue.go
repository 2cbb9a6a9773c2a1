package prompts

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed catalogue/*.txt
var catalogues embed.FS

// Class says how a text is spoken, and so which silence its sound has at its ends.
type Class string

// The classes.
const (
	Whole Class = "sentence" // spoken by itself
	Infix Class = "infix"    // spoken inside a sentence: its melody does not fall
	Final Class = "final"    // the last piece of a sentence: its melody falls
	Sound Class = "sound"    // no text at all: made by the studio
)

// Entry is one text of the catalogue.
type Entry struct {
	ID    ID
	Text  string // as spoken; "|" is a short pause
	Class Class
}

// The sounds that are no speech.
const (
	Tone      ID = "tone"      // after which the caller speaks
	Connected ID = "connected" // two people hear each other from its end on
	Music     ID = "music"     // while on hold
)

// Languages are those that the line speaks: what callers and engineers hear. A language more is its row here, its texts
// (catalogue/xx.txt), its grammar (grammarOf) and its voice (package packs).
func Languages() []Language { return []Language{Italian, English, German, French, Spanish} }

// Written are those that letters, reports and pages are written in. A language more is its row here and its texts
// (written/xx.txt).
func Written() []Language { return []Language{Italian, English} }

// WrittenFor is the language in which somebody reads who hears lang. It is the same where it is written, English where the
// line only speaks it, and Italian for a language that there is not, the empty one included.
func WrittenFor(lang Language) Language {
	switch {
	case slices.Contains(Written(), lang):
		return lang
	case slices.Contains(Languages(), lang):
		return English
	}
	return Italian
}

// Catalogue is everything that can be said in a language, in a fixed order: the sentences, then the pieces of which
// numbers, times and dates are made.
func Catalogue(lang Language) ([]Entry, error) {
	b, err := Open(lang)
	if err != nil {
		return nil, err
	}
	return slices.Clone(b.order), nil
}

// books are those of all languages. Each is read when it is asked for first.
var books = sync.OnceValue(func() map[Language]func() (*Book, error) {
	all := map[Language]func() (*Book, error){}
	for _, lang := range Languages() {
		all[lang] = sync.OnceValues(func() (*Book, error) { return read(lang) })
	}
	return all
})

// read reads the catalogue of a language.
func read(lang Language) (*Book, error) {
	texts, err := catalogues.ReadFile("catalogue/" + string(lang) + ".txt")
	if err != nil {
		return nil, fmt.Errorf("no catalogue for language %q", lang)
	}
	order, err := readCatalogue(string(texts))
	if err != nil {
		return nil, fmt.Errorf("catalogue %s: %w", lang, err)
	}
	order = append(order, Entry{Tone, "(tone)", Sound}, Entry{Connected, "(connected)", Sound}, Entry{Music, "(music)", Sound})
	b := &Book{lang: lang, grammar: grammarOf(lang), order: append(order, pieces(grammarOf(lang))...), entries: map[ID]Entry{}}
	for _, e := range b.order {
		b.entries[e.ID] = e
	}
	return b, nil
}

// readCatalogue reads lines of "id: text"; "#" begins a comment, "+" after the id marks an infix.
func readCatalogue(texts string) ([]Entry, error) {
	var entries []Entry
	seen := map[ID]bool{}
	for n, line := range strings.Split(texts, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, text, found := strings.Cut(line, ": ")
		e := Entry{ID: ID(strings.TrimSuffix(name, "+")), Text: strings.TrimSpace(text), Class: Whole}
		if strings.HasSuffix(name, "+") {
			e.Class = Infix
		}
		switch {
		case !found || e.ID == "" || e.Text == "":
			return nil, fmt.Errorf("line %d: %q is no \"id: text\"", n+1, line)
		case seen[e.ID]:
			return nil, fmt.Errorf("line %d: %s stands twice", n+1, e.ID)
		}
		seen[e.ID] = true
		entries = append(entries, e)
	}
	return entries, nil
}

// Book is a catalogue ready for looking things up. Immutable, and one for all who open it.
type Book struct {
	lang    Language
	grammar grammar
	order   []Entry
	entries map[ID]Entry
}

// Open is the book of a language, the same one each time.
func Open(lang Language) (*Book, error) {
	book, ok := books()[lang]
	if !ok {
		return nil, fmt.Errorf("no catalogue for language %q", lang)
	}
	return book()
}

// Has tells whether the catalogue has an id.
func (b *Book) Has(id ID) bool {
	_, ok := b.entries[id]
	return ok
}

// Entry is the text of an id; false where the catalogue does not have it.
func (b *Book) Entry(id ID) (Entry, bool) {
	e, ok := b.entries[id]
	return e, ok
}

// Language is the book's language.
func (b *Book) Language() Language { return b.lang }
