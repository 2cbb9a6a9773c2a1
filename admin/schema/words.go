package schema

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/problem"
	"hotline/limits"
	"hotline/prompts"
)

// Words is a text that the line speaks, by the code of the language, in those languages that it was written in.
type Words map[string]string

var _ huma.SchemaProvider = Words(nil)

// Schema allows the languages of the line.
func (Words) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{}}
	longest := limits.Line // a caller waits for its end
	for _, lang := range prompts.Languages() {
		s.Properties[string(lang)] = &huma.Schema{Type: huma.TypeString, MaxLength: &longest}
	}
	s.PrecomputeMessages()
	return s
}

// Check tells what no schema can: each text is one line that can be said. Where is the field, as complaints name it.
func (w Words) Check(where string) error {
	for lang, text := range w {
		if limits.OneLine(text, limits.Line) != text {
			return problem.Refused(where+"."+lang, "write one line without control characters")
		}
		if !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			return problem.Refused(where+"."+lang, fmt.Sprintf("%q has nothing that can be said; leave the language out", text))
		}
	}
	return nil
}
