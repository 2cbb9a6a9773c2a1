package ivr

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"hotline/prompts"
	"hotline/strictyaml"
)

//go:embed default.yaml
var defaultFlow string

// DefaultYAML is the text of the flow that ships with the program.
func DefaultYAML() string { return defaultFlow }

const (
	flowFormat = 1
	maxFlow    = 256 << 10 // octets of a flow
	maxSteps   = 500
)

// Flow is a conversation as data: named steps, each with a verb, wired to one another. Immutable once read; a live call
// keeps the flow it began with.
type Flow struct {
	Name      string
	Version   int                // as published; 0 for the one that ships
	Languages []prompts.Language // offered
	Also      []prompts.Language // spoken, and not offered
	start     string
	steps     map[string]*step
	order     []string // of the steps as written
}

// step is one place of a flow.
type step struct {
	name   string
	do     string // the verb's name
	line   int
	fields map[string]int // the line of each
	verb   verb
}

// verb is one thing a conversation can do. Each is a struct whose fields are those of its table, and blocks until it is
// done.
type verb interface {
	exits() []exit
	prompts() []prompts.ID
	longest() time.Duration // it keeps a caller who answers nothing and everything wrongly
	waits() bool            // for the caller: a loop must pass such a verb
	check() []strictyaml.Complaint
	run(c *conversation) (next string, err error)
}

// exit is one field that says where next.
type exit struct {
	field, to string
	caught    bool // whoever leaves here has left a message or met a human
}

// verbs is the closed set. A new wish of a flow is a new verb, in a file of its own.
func verbs() map[string]func() verb {
	return map[string]func() verb{
		"welcome":  func() verb { return &welcome{} },
		"pin":      func() verb { return &pin{} },
		"request":  func() verb { return &request{} },
		"announce": func() verb { return &announce{} },
		"category": func() verb { return &category{} },
		"operator": func() verb { return &operator{} },
		"open":     func() verb { return &open{} },
		"describe": func() verb { return &describe{} },
		"readout":  func() verb { return &readout{} },
		"connect":  func() verb { return &connect{} },
		"hours":    func() verb { return &hours{} },
		"say":      func() verb { return &say{} },
		"goodbye":  func() verb { return &goodbye{} },
	}
}

// document is the outermost table.
type document struct {
	Flow      int                `yaml:"flow"`
	Name      string             `yaml:"name"`
	Languages []prompts.Language `yaml:"languages"`
	Also      []prompts.Language `yaml:"also"`
	Start     string             `yaml:"start"`
	Steps     yaml.Node          `yaml:"steps"`
}

// Parse reads a flow and checks it whole. The complaints are everything that is wrong; the flow is nil when there is
// any.
func Parse(text string) (*Flow, []strictyaml.Complaint) {
	if len(text) > maxFlow {
		return nil, []strictyaml.Complaint{{Problem: fmt.Sprintf("the flow has %d octets", len(text)), Remedy: fmt.Sprintf("at most %d are read", maxFlow)}}
	}
	var doc document
	switch err := strictyaml.Decode([]byte(text), &doc); {
	case errors.Is(err, strictyaml.ErrEmpty):
		return nil, []strictyaml.Complaint{{Problem: "the flow is empty", Remedy: "begin with a copy of ivr/default.yaml, the one that ships"}}
	case errors.Is(err, strictyaml.ErrSecond):
		return nil, []strictyaml.Complaint{{Problem: "something follows the flow", Remedy: "write one document, without ---"}}
	case err != nil:
		return nil, yamlComplaints("", err)
	}
	f := &Flow{Name: doc.Name, Languages: doc.Languages, Also: doc.Also, start: doc.Start, steps: map[string]*step{}}
	complaints := f.read(doc)
	if len(complaints) == 0 {
		complaints = f.check()
	}
	if len(complaints) > 0 {
		return nil, complaints
	}
	return f, nil
}

// Default is the flow that ships with the program.
func Default() (*Flow, error) {
	f, complaints := Parse(defaultFlow)
	if len(complaints) > 0 {
		return nil, fmt.Errorf("the shipped flow: %s", complaints[0])
	}
	return f, nil
}

// speaks are all languages of the flow: those that it offers, then the others.
func (f *Flow) speaks() []prompts.Language { return slices.Concat(f.Languages, f.Also) }

// read takes the steps from the document.
func (f *Flow) read(doc document) []strictyaml.Complaint {
	var out []strictyaml.Complaint
	if doc.Flow != flowFormat {
		out = append(out, strictyaml.Complaint{Field: "flow", Problem: fmt.Sprintf("format %d is unknown", doc.Flow), Remedy: "write flow: 1"})
	}
	if len(doc.Languages) == 0 {
		out = append(out, strictyaml.Complaint{Field: "languages", Problem: "none is named", Remedy: "write languages: [it, en]"})
	}
	for i, l := range f.speaks() {
		if slices.Contains(f.speaks()[:i], l) {
			out = append(out, strictyaml.Complaint{Field: "languages", Problem: fmt.Sprintf("%s stands twice", l), Remedy: "name each once, in languages or in also"})
		}
	}
	if doc.Steps.Kind != yaml.MappingNode {
		return append(out, strictyaml.Complaint{Line: doc.Steps.Line, Field: "steps", Problem: "there is no table of steps", Remedy: "write one table for each step"})
	}
	if len(doc.Steps.Content) > 2*maxSteps {
		return append(out, strictyaml.Complaint{Field: "steps", Problem: fmt.Sprintf("there are more than %d", maxSteps)})
	}
	for i := 0; i+1 < len(doc.Steps.Content); i += 2 {
		name, table := doc.Steps.Content[i], doc.Steps.Content[i+1]
		s, complaints := readStep(name, table)
		out = append(out, complaints...)
		if f.steps[name.Value] != nil {
			out = append(out, strictyaml.Complaint{Line: name.Line, Step: name.Value, Problem: "it stands twice", Remedy: "give each step a name of its own"})
		}
		if s != nil {
			f.steps[name.Value] = s
			f.order = append(f.order, name.Value)
		}
	}
	return out
}

func readStep(name, table *yaml.Node) (*step, []strictyaml.Complaint) {
	var head struct {
		Do string `yaml:"do"`
	}
	if table.Kind != yaml.MappingNode {
		return nil, []strictyaml.Complaint{{Line: name.Line, Step: name.Value, Problem: "it is no table", Remedy: "write do: and the verb's fields below it"}}
	}
	if err := table.Decode(&head); err != nil {
		return nil, yamlComplaints(name.Value, err)
	}
	known := verbs()[head.Do]
	if known == nil {
		return nil, []strictyaml.Complaint{{Line: name.Line, Step: name.Value, Field: "do", Problem: fmt.Sprintf("verb %q is unknown", head.Do), Remedy: "the verbs are " + verbNames()}}
	}
	v := known()
	if err := table.Load(v, yaml.WithKnownFields()); err != nil {
		return nil, yamlComplaints(name.Value, err)
	}
	s := &step{name: name.Value, do: head.Do, line: name.Line, fields: map[string]int{}, verb: v}
	for i := 0; i+1 < len(table.Content); i += 2 {
		s.fields[table.Content[i].Value] = table.Content[i].Line
	}
	return s, nil
}

// yamlComplaints says in the words of staff what the YAML reader refused in a step; its name is empty for the whole flow.
func yamlComplaints(step string, err error) []strictyaml.Complaint {
	var out []strictyaml.Complaint
	for _, f := range strictyaml.Faults(err) {
		if f.Kind == strictyaml.Malformed {
			break
		}
		out = append(out, strictyaml.Complaint{Line: f.Line, Step: step, Problem: worded(f), Remedy: "see docs/flow.md for the verb's fields"})
	}
	if out == nil {
		return []strictyaml.Complaint{{Step: step, Problem: strings.TrimPrefix(err.Error(), "yaml: "), Remedy: "the flow must be YAML as docs/flow.md shows"}}
	}
	return out
}

// worded says a fault without the names of Go. A fault that has no words of its own keeps the reader's.
func worded(f strictyaml.Fault) string {
	kinds := map[string]string{"time.Duration": "a span of time such as 6s", "int": "a whole number", "bool": "true or false"}
	switch {
	case f.Kind == strictyaml.UnknownField:
		return "field " + f.Name + " is unknown here"
	case f.Kind == strictyaml.WrongType && f.Plain && kinds[f.Wanted] != "":
		return "`" + f.Value + "` is not " + kinds[f.Wanted]
	}
	return f.Text
}

// verbNames lists the closed set.
func verbNames() string {
	return strings.Join(slices.Sorted(maps.Keys(verbs())), ", ")
}
