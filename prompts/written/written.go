// Package written is the words that people read: letters, headings of reports, names of categories and clocks. A language is a
// file. What callers hear is package prompts.
package written

import (
	_ "embed"
	"strings"

	"hotline/prompts"
)

//go:embed it.txt
var italian string

//go:embed en.txt
var english string

// Words is one language's words. Immutable.
type Words map[string]string

// In gives the words of a language; Italian for one that has none.
func In(lang prompts.Language) Words {
	if lang == prompts.English {
		return read(english)
	}
	return read(italian)
}

// Text is the words of an id. An id without words is itself: an identifier is better than nothing.
func (w Words) Text(id string) string {
	if text, ok := w[id]; ok {
		return text
	}
	return id
}

// Category is a category's name, such as "blocking anomaly"; the empty one is "request without a category".
func (w Words) Category(id string) string { return w.named("category-", id) }

// Clock is a clock's name, such as "intervention".
func (w Words) Clock(id string) string { return w.named("clock-", id) }

func (w Words) named(prefix, id string) string {
	if text, ok := w[prefix+id]; ok {
		return text
	}
	return id
}

func read(text string) Words {
	w := Words{}
	for line := range strings.Lines(text) {
		if id, words, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && !strings.HasPrefix(id, "#") {
			w[id] = words
		}
	}
	return w
}
