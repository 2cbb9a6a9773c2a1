// Package strictyaml reads YAML that people write, strictly: a field that is unknown, a field that stands twice and a second
// document are faults. It tells what the YAML library refused as facts, so that packages config and ivr, which call it, can
// say it in the words of their readers. Nobody else reads the library's messages.
package strictyaml

import (
	"bytes"
	"errors"
	"io"
	"regexp"

	yaml "go.yaml.in/yaml/v4"
)

var (
	// ErrEmpty is a text without a document: nothing, or nothing but comments.
	ErrEmpty = errors.New("the text is empty")
	// ErrSecond is a text with more than one document.
	ErrSecond = errors.New("a second document stands behind the first")
)

// Decode reads the one document of a text into v, a pointer. The error is ErrEmpty, ErrSecond, or one that Faults explains.
func Decode(text []byte, v any) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(v); errors.Is(err, io.EOF) {
		return ErrEmpty
	} else if err != nil {
		return err
	}
	if err := d.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return ErrSecond
	}
	return nil
}

// Kind says what sort of fault it is.
type Kind int

// The sorts of faults. Other is one that the library words in a way that is not known here.
const (
	Other        Kind = iota
	Malformed         // the text is no YAML
	UnknownField      // Name: the field
	Twice             // Name: the field in quotes; First: where it stood before, such as "line 7"
	WrongType         // Value: what stands there; Wanted: the Go type that it should have
)

// Fault is one thing that the YAML library refused. Which of the last fields count depends on Kind.
type Fault struct {
	Kind   Kind
	Line   int    // from 1; 0 when it is not known
	Column int    // from 1
	Text   string // the library's own words
	Name   string
	First  string
	Value  string
	Plain  bool // what stands there is one plain value, and Value has it; else it is a list or a table
	Wanted string
}

// Faults tells what the library refused, in the order in which it found it. An error that is not the library's gives nothing.
func Faults(err error) []Fault {
	var many *yaml.LoadErrors
	var one *yaml.LoadError
	switch {
	case errors.As(err, &many):
		var list []Fault
		for _, e := range many.Errors {
			f := read(e.Message)
			f.Line, f.Column = e.Mark.Line, e.Mark.Column
			list = append(list, f)
		}
		return list
	case errors.As(err, &one):
		return []Fault{{Kind: Malformed, Line: one.Mark.Line, Column: one.Mark.Column, Text: one.Message}}
	}
	return nil
}

// What the library says. Its version is pinned; a test holds that these are still its words.
var (
	unknownField = regexp.MustCompile(`^field (.+) not found in type`)
	twice        = regexp.MustCompile(`^mapping key (".*") already defined at (line \d+)`)
	wrongType    = regexp.MustCompile("(?s)^cannot construct (\\S+)( `(.*)`)? into (\\S+)")
)

func read(message string) Fault {
	f := Fault{Text: message}
	if m := unknownField.FindStringSubmatch(message); m != nil {
		f.Kind, f.Name = UnknownField, m[1]
	} else if m := twice.FindStringSubmatch(message); m != nil {
		f.Kind, f.Name, f.First = Twice, m[1], m[2]
	} else if m := wrongType.FindStringSubmatch(message); m != nil {
		f.Kind, f.Plain, f.Value, f.Wanted = WrongType, m[2] != "", m[3], m[4]
	}
	return f
}
