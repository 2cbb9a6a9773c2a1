package readback

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"hotline/prompts"
)

// vocabulary is what a language's recogniser must know.
type vocabulary struct {
	lang  prompts.Language
	keys  []string // digits, and the names of the keys star and hash
	clips []string // texts that are spoken inside sentences
	words []string // every word of the catalogue
}

// star and hash are the keys' names.
func keyNames(lang prompts.Language) (star, hash string) {
	switch lang {
	case prompts.English:
		return "star", "hash"
	case prompts.German:
		return "sterntaste", "rautetaste"
	case prompts.French:
		return "étoile", "dièse"
	case prompts.Spanish:
		return "asterisco", "almohadilla"
	}
	return "asterisco", "cancelletto"
}

func vocabularyOf(lang prompts.Language) (vocabulary, error) {
	entries, err := prompts.Catalogue(lang)
	if err != nil {
		return vocabulary{}, err
	}
	v := vocabulary{lang: lang}
	words := map[string]bool{}
	for _, e := range entries {
		if e.Class == prompts.Sound {
			continue
		}
		list := wordsOf(e.Text)
		for _, w := range list {
			words[w] = true
		}
		switch {
		case isDigit(e.ID):
			v.keys = append(v.keys, list[0])
		case e.Class != prompts.Whole && len(list) <= 3:
			v.clips = append(v.clips, strings.Join(list, " "))
		}
	}
	star, hash := keyNames(lang)
	v.keys = append(v.keys, star, hash)
	v.words = slices.Sorted(maps.Keys(words))
	return v, nil
}

// isDigit tells the ids of digits by themselves: digit-0 to digit-9.
func isDigit(id prompts.ID) bool {
	return strings.HasPrefix(string(id), "digit-") && len(id) == len("digit-0")
}

// wordsOf are the words of a text, in small letters; a letter that stands alone is a capital, for its name is spoken.
func wordsOf(text string) []string {
	list := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' })
	if len(list) == 1 && len([]rune(list[0])) == 1 {
		return list
	}
	for i := range list {
		list[i] = strings.ToLower(list[i])
	}
	return list
}

// pronounce asks espeak-ng for the sounds of words.
func pronounce(lang prompts.Language, words []string) (map[string][]string, error) {
	voice, _, _ := strings.Cut(teachersOf(lang)[0].voice, "+")
	said, err := output("", strings.Join(words, "\n\n"), "espeak-ng", "-v", voice, "-q", "--ipa", "--sep=_")
	if err != nil {
		return nil, err
	}
	var lines []string
	for l := range strings.Lines(said) {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	if len(lines) != len(words) {
		return nil, fmt.Errorf("espeak-ng pronounces %d words in %d lines", len(words), len(lines))
	}
	sounds := map[string][]string{}
	for i, w := range words {
		sounds[w] = phones(lang, lines[i])
	}
	return sounds, nil
}

// phones are the sounds of a word in IPA, named with letters and digits alone. Stress is left out, and so is what the teachers and
// the packs' voice do not do alike.
func phones(lang prompts.Language, ipa string) (list []string) {
	ipa = regexp.MustCompile(`\([a-z-]+\)`).ReplaceAllString(ipa, "") // it tells of words of another language
	for p := range strings.FieldsFuncSeq(ipa, func(r rune) bool { return r == '_' || r == ' ' }) {
		p = strings.NewReplacer("ˈ", "", "ˌ", "", "ʲ", "", "-", "", "?", "", "ss", "sː").Replace(p)
		long := strings.HasSuffix(p, "ː")
		romance := lang == prompts.Italian || lang == prompts.Spanish || lang == prompts.French
		if romance {
			p = strings.NewReplacer("ː", "", "ɛ", "e", "ɔ", "o", "ɪ", "i", "ʊ", "u", "ɾ", "r").Replace(p)
		}
		if lang != prompts.Italian {
			p = strings.NewReplacer("\u032a", "", "ɐ", "a").Replace(p)
		}
		switch {
		case p == "":
		case romance && len(p) == 2 && strings.Trim(p, "aeiou") == "": // a diphthong is its two vowels
			list = append(list, p[:1], p[1:])
		case long && lang == prompts.Italian && !strings.ContainsAny(p, "aeiou"):
			list = append(list, phoneName(p), phoneName(p))
		default:
			list = append(list, phoneName(p))
		}
	}
	return list
}

// phoneName is a sound in IPA, written with what the programs of Sphinx take.
func phoneName(ipa string) string {
	var name strings.Builder
	for _, r := range ipa {
		if r < 128 && unicode.IsLetter(r) {
			name.WriteRune(r)
		} else {
			fmt.Fprintf(&name, "%X", r)
		}
	}
	return name.String()
}

// Words is a text as the recogniser writes it: words in small letters with blanks between them.
func Words(text string) string { return strings.Join(wordsOf(text), " ") }
