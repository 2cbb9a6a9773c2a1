package speech

import (
	"regexp"
	"strings"

	"hotline/prompts/written"
)

// legalForm finds the abbreviations of companies at the end of a word, with or without points.
var legalForm = regexp.MustCompile(`(?i)(^|[\s,])(s\.?\s?p\.?\s?a|s\.?\s?r\.?\s?l|s\.?\s?n\.?\s?c|s\.?\s?a\.?\s?s)\.?([\s,]|$)`)

// lettered writes legal forms as they are said, with the letters' names of the catalogue: "S.p.A." is "esse pi a".
func lettered(w written.Words, text string) string {
	return legalForm.ReplaceAllStringFunc(text, func(form string) string {
		said := ","
		for _, r := range strings.ToLower(form) {
			id := "spelled-" + string(r)
			if name := w.Text(id); name != id {
				said += " " + name
			}
		}
		return said + " "
	})
}
