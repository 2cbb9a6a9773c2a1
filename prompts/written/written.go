// Package written holds the words that people read: letters, reports, instants, and the accounts of clocks. What callers
// hear is in package prompts. One language is one file here, named by its code: it.txt, en.txt. A file that is added, and named
// in [prompts.Written], is a language more.
//
// Packages notify, sla, tickets, admin/report, speech and web take their words from here.
package written

import (
	"embed"
	"strings"
	"sync"

	"hotline/prompts"
)

//go:embed *.txt
var files embed.FS

// Words are the words of one language, by id. Nobody writes to them once they are read: they are safe for concurrent use.
type Words map[string]string

// In gives the words for somebody who hears a language, such as "it"; those of [prompts.WrittenFor] where it is not written.
func In(lang prompts.Language) Words { return languages()[prompts.WrittenFor(lang)] }

// languages reads every file, once.
var languages = sync.OnceValue(func() map[prompts.Language]Words {
	all := map[prompts.Language]Words{}
	entries, _ := files.ReadDir(".") // both read what is embedded in the program
	for _, e := range entries {
		text, _ := files.ReadFile(e.Name())
		all[prompts.Language(strings.TrimSuffix(e.Name(), ".txt"))] = Read(string(text))
	}
	return all
})

// Read reads the text of a language's file: one "id: text" a line. A line that begins with "#" is a comment, and "" is an
// empty text.
func Read(text string) Words {
	w := Words{}
	for line := range strings.Lines(text) {
		if id, words, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && !strings.HasPrefix(id, "#") {
			if words == `""` {
				words = ""
			}
			w[id] = words
		}
	}
	return w
}

// Text gives the words of an id. An id without words gives itself: an identifier says more than nothing.
func (w Words) Text(id string) string {
	if text, ok := w[id]; ok {
		return text
	}
	return id
}

// Category gives the name of a category, such as "blocking anomaly"; of the empty one "request without a category".
func (w Words) Category(id string) string { return w.named("category-", id) }

// Clock gives the name of a clock, such as "intervention".
func (w Words) Clock(id string) string { return w.named("clock-", id) }

// Word gives a word of the trade, such as "no answer", with which the record of a call says how it ended.
func (w Words) Word(word string) string {
	if text, ok := w[WordID(word)]; ok {
		return text
	}
	return word
}

// WordID is the id of a word of the trade.
func WordID(word string) string {
	return "page-word-" + strings.NewReplacer(" ", "_", ":", "", ",", "").Replace(word)
}

// Actor gives who did something, as a history names them: people by their name, and whoever has none in words, such as "the caller".
func (w Words) Actor(actor string) string {
	if _, name, named := strings.Cut(actor, ":"); named {
		return name
	}
	return w.named("page-actor-", actor)
}

func (w Words) named(prefix, id string) string {
	if text, ok := w[prefix+id]; ok {
		return text
	}
	return id
}
