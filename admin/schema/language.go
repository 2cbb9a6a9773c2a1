package schema

import (
	"github.com/danielgtaylor/huma/v2"

	"hotline/prompts"
)

// Language is the code of a language that the line speaks, such as "it"; empty where a request leaves it out.
type Language string

// Reading is the code of a language that reports are written in; empty where a request leaves it out.
type Reading string

// Sheet is the program that reads a table: "plain", or the code of the language that a spreadsheet is set to.
type Sheet string

var (
	_ huma.SchemaProvider = Language("")
	_ huma.SchemaProvider = Reading("")
	_ huma.SchemaProvider = Sheet("")
)

// Schema lists the languages that the line speaks.
func (Language) Schema(huma.Registry) *huma.Schema { return oneOf(prompts.Languages()) }

// Schema lists the languages that are written.
func (Reading) Schema(huma.Registry) *huma.Schema { return oneOf(prompts.Written()) }

// Schema lists plain and the languages that are written.
func (Sheet) Schema(huma.Registry) *huma.Schema { return oneOf(prompts.Written(), "plain") }

// oneOf is a text that is one of some words, or a language.
func oneOf(languages []prompts.Language, words ...any) *huma.Schema {
	for _, l := range languages {
		words = append(words, string(l))
	}
	s := &huma.Schema{Type: huma.TypeString, Enum: words}
	s.PrecomputeMessages()
	return s
}
