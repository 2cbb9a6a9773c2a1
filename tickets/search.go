package tickets

import "strings"

const (
	wordsLookedFor = 10
	longestWord    = 60 // characters
)

// Words splits a text as searches do: lower case, without punctuation. PostgreSQL's function search_plain parts the texts
// in which is searched at the same characters.
func Words(text string) []string {
	const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(punctuation, r)
	})
}

// Words are what the filter looks for, bounded. What has no letter is one number, however it is spaced.
func (f Filter) Words() []string {
	words := Words(f.Search)
	if number := strings.Join(words, ""); number != "" && Digits(number) == number {
		words = []string{number}
	}
	words = words[:min(len(words), wordsLookedFor)]
	for i, w := range words {
		if r := []rune(w); len(r) > longestWord {
			words[i] = string(r[:longestWord])
		}
	}
	return words
}

// Digits are the digits of a caller's number.
func Digits(number string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}

// Searchable is the text of a line for searches: what people wrote. The sentences that the program itself writes into every
// history would be found everywhere.
func (e Event) Searchable() string {
	if e.Actor == system {
		return ""
	}
	return e.Text
}
