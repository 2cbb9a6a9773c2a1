// Package writtentest makes a third language for tests. What a letter, a report or an account says in it comes from the
// catalogue; whatever is still in Latin letters stands in the code, and a language more would not be data alone.
package writtentest

import (
	"regexp"
	"strings"
	"unicode"

	"hotline/prompts"
	"hotline/prompts/written"
)

// gap is where a value is put into a text.
var gap = regexp.MustCompile(`%(\[\d\])?[a-z]`)

// Pretend gives a language that nobody speaks: the Italian words with every letter replaced by a Cyrillic one. The gaps for
// values stay, so do signs.
func Pretend() written.Words {
	w := written.Words{}
	for id, text := range written.In(prompts.Italian) {
		var said strings.Builder
		for text != "" {
			if at := gap.FindStringIndex(text); at != nil && at[0] == 0 {
				said.WriteString(text[:at[1]])
				text = text[at[1]:]
				continue
			}
			r := []rune(text)[0]
			text = text[len(string(r)):]
			if unicode.IsLetter(r) {
				r = 'ж'
			}
			said.WriteRune(r)
		}
		w[id] = said.String()
	}
	return w
}

// latin is a word in Latin letters.
var latin = regexp.MustCompile(`\p{Latin}+`)

// Foreign gives the words of a text in Latin letters, but for those that stand in known: names and codes of the test.
func Foreign(text string, known ...string) []string {
	for _, k := range known {
		text = strings.ReplaceAll(text, k, "")
	}
	return latin.FindAllString(text, -1)
}
