package ivr

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"hotline/prompts"
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
	Version   int // as published; 0 for the one that ships
	Languages []prompts.Language
	start     string
	steps     map[string]*step
	order     []string // of the steps as written
}

// step is one place of a flow.
type step struct {
	name   string
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
	check() []Complaint
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

// Complaint is what is wrong in a flow, where, and what to do.
type Complaint struct {
	Line    int // 0 when it is of the whole
	Step    string
	Field   string
	Problem string
	Remedy  string
}

// String is the complaint in one line, as `hotline flow check` prints it.
func (c Complaint) String() string {
	var b strings.Builder
	if c.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", c.Line)
	}
	if c.Step != "" {
		fmt.Fprintf(&b, "step %s: ", c.Step)
	}
	if c.Field != "" {
		fmt.Fprintf(&b, "%s: ", c.Field)
	}
	b.WriteString(c.Problem)
	if c.Remedy != "" {
		b.WriteString("; " + c.Remedy)
	}
	return b.String()
}

// document is the outermost table.
type document struct {
	Flow      int                `yaml:"flow"`
	Name      string             `yaml:"name"`
	Languages []prompts.Language `yaml:"languages"`
	Start     string             `yaml:"start"`
	Steps     yaml.Node          `yaml:"steps"`
}

// Parse reads a flow and checks it whole. The complaints are everything that is wrong; the flow is nil when there is
// any.
func Parse(text string) (*Flow, []Complaint) {
	if len(text) > maxFlow {
		return nil, []Complaint{{Problem: fmt.Sprintf("the flow has %d octets", len(text)), Remedy: fmt.Sprintf("at most %d are read", maxFlow)}}
	}
	var doc document
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, []Complaint{{Problem: "the flow is empty", Remedy: "begin with a copy of ivr/default.yaml, the one that ships"}}
	} else if err != nil {
		return nil, yamlComplaints("", err)
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, []Complaint{{Problem: "something follows the flow", Remedy: "write one document, without ---"}}
	}
	f := &Flow{Name: doc.Name, Languages: doc.Languages, start: doc.Start, steps: map[string]*step{}}
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

// read takes the steps from the document.
func (f *Flow) read(doc document) []Complaint {
	var out []Complaint
	if doc.Flow != flowFormat {
		out = append(out, Complaint{Field: "flow", Problem: fmt.Sprintf("format %d is unknown", doc.Flow), Remedy: "write flow: 1"})
	}
	if len(doc.Languages) == 0 {
		out = append(out, Complaint{Field: "languages", Problem: "none is named", Remedy: "write languages: [it, en]"})
	}
	for i, l := range doc.Languages {
		if slices.Contains(doc.Languages[:i], l) {
			out = append(out, Complaint{Field: "languages", Problem: fmt.Sprintf("%s stands twice", l), Remedy: "name each once"})
		}
	}
	if doc.Steps.Kind != yaml.MappingNode {
		return append(out, Complaint{Line: doc.Steps.Line, Field: "steps", Problem: "there is no table of steps", Remedy: "write one table for each step"})
	}
	if len(doc.Steps.Content) > 2*maxSteps {
		return append(out, Complaint{Field: "steps", Problem: fmt.Sprintf("there are more than %d", maxSteps)})
	}
	for i := 0; i+1 < len(doc.Steps.Content); i += 2 {
		name, table := doc.Steps.Content[i], doc.Steps.Content[i+1]
		s, complaints := readStep(name, table)
		out = append(out, complaints...)
		if f.steps[name.Value] != nil {
			out = append(out, Complaint{Line: name.Line, Step: name.Value, Problem: "it stands twice", Remedy: "give each step a name of its own"})
		}
		if s != nil {
			f.steps[name.Value] = s
			f.order = append(f.order, name.Value)
		}
	}
	return out
}

func readStep(name, table *yaml.Node) (*step, []Complaint) {
	var head struct {
		Do string `yaml:"do"`
	}
	if table.Kind != yaml.MappingNode {
		return nil, []Complaint{{Line: name.Line, Step: name.Value, Problem: "it is no table", Remedy: "write do: and the verb's fields below it"}}
	}
	if err := table.Decode(&head); err != nil {
		return nil, yamlComplaints(name.Value, err)
	}
	known := verbs()[head.Do]
	if known == nil {
		return nil, []Complaint{{Line: name.Line, Step: name.Value, Field: "do", Problem: fmt.Sprintf("verb %q is unknown", head.Do), Remedy: "the verbs are " + verbNames()}}
	}
	v := known()
	if err := table.Load(v, yaml.WithKnownFields()); err != nil {
		return nil, yamlComplaints(name.Value, err)
	}
	s := &step{name: name.Value, line: name.Line, fields: map[string]int{}, verb: v}
	for i := 0; i+1 < len(table.Content); i += 2 {
		s.fields[table.Content[i].Value] = table.Content[i].Line
	}
	return s, nil
}

// yamlComplaints turns the reader's errors, which name their lines, into complaints.
func yamlComplaints(name string, err error) []Complaint {
	var several *yaml.LoadErrors
	if !errors.As(err, &several) {
		return []Complaint{{Step: name, Problem: strings.TrimPrefix(err.Error(), "yaml: "), Remedy: "the flow must be YAML as docs/flow.md shows"}}
	}
	var out []Complaint
	for _, e := range several.Errors {
		out = append(out, Complaint{Line: e.Mark.Line, Step: name, Problem: inOurWords(e.Message), Remedy: "see docs/flow.md for the verb's fields"})
	}
	return out
}

// What the reader of YAML says of our structs and values.
var (
	strangeField = regexp.MustCompile(`^(field \S+) not found in type \S+$`)
	strangeValue = regexp.MustCompile("^cannot construct !!\\S+ (`.*`) into (\\S+)$")
)

// inOurWords says a complaint of the reader without the names of Go; what it does not know stays as it is.
func inOurWords(message string) string {
	message = strangeField.ReplaceAllString(message, "$1 is unknown here")
	of := map[string]string{"time.Duration": "a span of time such as 6s", "int": "a whole number", "bool": "true or false"}
	if m := strangeValue.FindStringSubmatch(message); m != nil && of[m[2]] != "" {
		return m[1] + " is not " + of[m[2]]
	}
	return message
}

// verbNames lists the closed set.
func verbNames() string {
	return strings.Join(slices.Sorted(maps.Keys(verbs())), ", ")
}
