package schema

import (
	"github.com/danielgtaylor/huma/v2"

	"hotline/prompts"
)

// Language is the code of a language of the line, such as "it"; empty where a request leaves it out.
type Language string

// Sheet is the program that reads a table: "plain", or the code of the language that a spreadsheet is set to.
type Sheet string

var (
	_ huma.SchemaProvider = Language("")
	_ huma.SchemaProvider = Sheet("")
)

// Schema lists the languages of the line.
func (Language) Schema(huma.Registry) *huma.Schema { return oneOf() }

// Schema lists plain and the languages of the line.
func (Sheet) Schema(huma.Registry) *huma.Schema { return oneOf("plain") }

// oneOf is a text that is one of some words, or a language.
func oneOf(words ...any) *huma.Schema {
	for _, l := range prompts.Languages() {
		words = append(words, string(l))
	}
	s := &huma.Schema{Type: huma.TypeString, Enum: words}
	s.PrecomputeMessages()
	return s
}
