package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"

	"hotline/strictyaml"
)

// largest is how many octets a configuration may have; a bigger file was given by mistake.
const largest = 1 << 20

// Load reads and checks a file. What the file does not say has its default. An error about the content is a Complaints;
// a file that cannot be read is an error of the file system.
func Load(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return Config{}, fmt.Errorf("reading the configuration: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err != nil {
		return Config{}, fmt.Errorf("reading the configuration %s: %w", path, err)
	}
	return Parse(path, text)
}

// Parse reads and checks a configuration; name stands in its complaints.
func Parse(name string, text []byte) (Config, error) {
	if len(text) > largest {
		return Config{}, strictyaml.Complaints{{File: name, Problem: "the file is larger than 1 MiB", Remedy: "name a configuration file"}}
	}
	if !utf8.Valid(text) {
		return Config{}, strictyaml.Complaints{{File: name, Problem: "the file is no UTF-8 text", Remedy: "save it as UTF-8"}}
	}
	c, where := Default(), fields{}
	var tree yaml.Node
	if err := yaml.Unmarshal(text, &tree); err == nil {
		where.walk(&tree, "")
	}
	var complaints strictyaml.Complaints
	if err := decode(text, &c); err != nil {
		complaints = explain(err, &where)
	}
	if len(complaints) == 0 {
		complaints = Check(c)
		for i := range complaints {
			complaints[i].Line = where.line(complaints[i].Field)
		}
	}
	for i := range complaints {
		complaints[i].File = name
	}
	if len(complaints) > 0 {
		complaints.Sort()
		return Config{}, complaints
	}
	c.Written = where.written(name)
	return c, nil
}

// decode reads a text over the defaults; one with nothing but comments changes none of them.
func decode(text []byte, c *Config) error {
	err := strictyaml.Decode(text, c)
	if errors.Is(err, strictyaml.ErrEmpty) {
		return nil
	}
	return err
}

// explain says in the operator's words what the YAML reader refused.
func explain(err error, where *fields) strictyaml.Complaints {
	faults := strictyaml.Faults(err)
	if faults == nil {
		return strictyaml.Complaints{{Problem: err.Error(), Remedy: "keep one document in the file"}}
	}
	var list strictyaml.Complaints
	for _, f := range faults {
		c := worded(f)
		if c.Line = f.Line; f.Kind != strictyaml.Malformed {
			c.Field = where.at(mark{f.Line, f.Column})
		}
		list = append(list, c)
	}
	return list
}

func worded(f strictyaml.Fault) strictyaml.Complaint {
	switch f.Kind {
	case strictyaml.Malformed:
		return strictyaml.Complaint{Problem: "this is no YAML: " + f.Text, Remedy: "check the indentation (blanks, no tabs) and the quotes"}
	case strictyaml.UnknownField:
		return strictyaml.Complaint{Problem: fmt.Sprintf("there is no field %q", short(f.Name)), Remedy: "see deploy/hotline.example.yaml for the fields"}
	case strictyaml.Twice:
		return strictyaml.Complaint{Problem: fmt.Sprintf("%s stands here for the second time (first at %s)", short(f.Name), f.First), Remedy: "keep one of the two"}
	case strictyaml.WrongType:
		c := strictyaml.Complaint{Problem: fmt.Sprintf("%q does not fit here", short(f.Value)), Remedy: "write " + wanted(f.Wanted)}
		if f.Value == "" {
			c.Problem = "this does not fit here"
		}
		return c
	}
	if strings.Contains(f.Text, "ip:port") {
		return strictyaml.Complaint{Problem: "this is no address with a port", Remedy: "write an address and a port, such as 0.0.0.0:5060 or [::]:5060"}
	}
	return strictyaml.Complaint{Problem: f.Text}
}

// wanted says in words what a field of the given Go type holds.
func wanted(goType string) string {
	switch {
	case strings.HasSuffix(goType, "Duration"):
		return "a span of time such as 20s or 3m"
	case strings.HasPrefix(goType, "[]"):
		return "a list, each entry on a line of its own behind a dash"
	case strings.HasPrefix(goType, "int"):
		return "a whole number"
	case strings.HasPrefix(goType, "map["):
		return "one `name: value` a line"
	case strings.HasPrefix(goType, "config."), strings.HasPrefix(goType, "netip.") && strings.Contains(goType, "TextUnmarshaler"):
		return "one `name: value` a line"
	}
	return "one plain value"
}
