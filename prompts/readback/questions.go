package readback

import (
	"hash/fnv"
	"slices"
	"strings"
)

// slots is a sentence in which every name of a key may be any of them, and where they stand. A name of a key ends a phrase: "press
// one." is one, and "one by one" is none.
func slots(text string, keys []string) (g Grammar, at []int) {
	for field := range strings.FieldsSeq(text) {
		words := wordsOf(strings.ToLower(field))
		for i, w := range words {
			if i == len(words)-1 && slices.Contains(keys, w) && ends(field) {
				at = append(at, len(g))
				g = append(g, keys)
			} else {
				g = append(g, []string{w})
			}
		}
	}
	return g, at
}

// ends tells whether a phrase ends with what stands between two blanks.
func ends(field string) bool { return strings.ContainsAny(field[len(field)-1:], ".,;:?!|") }

// withPauses are the words of a sentence and the silences between its phrases, as Sphinx writes them.
func withPauses(text string) string {
	var list []string
	for field := range strings.FieldsSeq(text) {
		list = append(list, wordsOf(strings.ToLower(field))...)
		if ends(field) && len(list) > 0 && list[len(list)-1] != "<sil>" {
			list = append(list, "<sil>")
		}
	}
	if n := len(list); n > 0 && list[n-1] == "<sil>" { // the end has its own
		list = list[:n-1]
	}
	return strings.Join(list, " ")
}

// phrases is a sentence whose words are linked as far as its voice makes no pause: PocketSphinx takes as long as a grammar has places between
// words, and a list of all sentences has two thousand.
func phrases(text string) string {
	var b strings.Builder
	link := ""
	for field := range strings.FieldsSeq(text) {
		words := wordsOf(strings.ToLower(field))
		if len(words) > 0 {
			b.WriteString(link + strings.Join(words, linked))
			link = linked
		}
		if ends(field) && b.Len() > 0 {
			link = " "
		}
	}
	return b.String()
}

// linked stands between words that are heard as if they were one.
const linked = "_"

// others is how many words each word of a sentence is told from.
const others = 60

// otherwise is a sentence in which every word may also be one of many that sound otherwise: which, depends on the word and where it stands.
func otherwise(text string, words []string, sounds map[string][]string) (g Grammar) {
	for at, w := range strings.Fields(Words(text)) {
		list := []string{w}
		h := fnv.New64a()
		h.Write([]byte(text))
		for k := range words {
			h.Write([]byte{byte(at), byte(k)})
			other := words[h.Sum64()>>16%uint64(len(words))]
			if len(list) <= others && !slices.Contains(list, other) && soundsOtherwise(sounds[w], sounds[other]) {
				list = append(list, other)
			}
		}
		g = append(g, list)
	}
	return g
}

// soundsOtherwise tells whether half the sounds of the longer word, and two at least, must change before it is the other.
func soundsOtherwise(a, b []string) bool {
	return distance(a, b) >= max(2, (max(len(a), len(b))+1)/2)
}

// distance is Levenshtein's: how many sounds must be put in, left out or changed to make b of a.
func distance(a, b []string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
