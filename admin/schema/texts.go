package schema

import (
	"encoding/json"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
)

// Texts is one text in every language that is written, by its code: {"it": ..., "en": ...}. In a text that was written
// before there was a language, that language is empty.
type Texts map[string]string

var (
	_ json.Marshaler      = Texts(nil)
	_ huma.SchemaProvider = Texts(nil)
)

// MarshalJSON writes every language, in the order of [prompts.Written], also one without a text.
func (t Texts) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for n, lang := range prompts.Written() {
		text, err := json.Marshal(t[string(lang)])
		if err != nil {
			return nil, err
		}
		if n > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendQuote(b, string(lang)), ':')
		b = append(b, text...)
	}
	return append(b, '}'), nil
}

// Schema describes it to clients, under the one name InBoth that it has always had.
func (Texts) Schema(r huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{}}
	for _, lang := range prompts.Written() {
		s.Properties[string(lang)] = &huma.Schema{Type: huma.TypeString}
		s.Required = append(s.Required, string(lang))
	}
	s.PrecomputeMessages()
	r.Map()["InBoth"] = s
	return &huma.Schema{Ref: "#/components/schemas/InBoth"}
}

// InEvery tells something in every language.
func InEvery(tell func(sla.Words) string) Texts {
	t := Texts{}
	for _, lang := range prompts.Written() {
		t[string(lang)] = tell(written.In(lang))
	}
	return t
}
