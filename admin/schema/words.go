package schema

import (
	"github.com/danielgtaylor/huma/v2"

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
