package speech

import (
	"regexp"

	"hotline/prompts"
)

// legalForm finds the abbreviations of companies at the end of a word, with or without points.
var legalForm = regexp.MustCompile(`(?i)(^|[\s,])(s\.?\s?p\.?\s?a|s\.?\s?r\.?\s?l|s\.?\s?n\.?\s?c|s\.?\s?a\.?\s?s)\.?([\s,]|$)`)

// lettered writes legal forms as they are said: "S.p.A." is "esse pi a".
func lettered(lang prompts.Language, words string) string {
	return legalForm.ReplaceAllStringFunc(words, func(form string) string {
		said := ","
		for _, r := range form {
			if l, ok := letter(lang, r|0x20); ok {
				said += " " + l
			}
		}
		return said + " "
	})
}

// letter is the name of one of the letters of legal forms.
func letter(lang prompts.Language, r rune) (string, bool) {
	if lang != prompts.Italian {
		name, ok := map[rune]string{'s': "S", 'p': "P", 'a': "A", 'r': "R", 'l': "L", 'n': "N", 'c': "C"}[r]
		return name + ",", ok
	}
	name, ok := map[rune]string{'s': "esse", 'p': "pi", 'a': "a", 'r': "erre", 'l': "elle", 'n': "enne", 'c': "ci"}[r]
	return name, ok
}
