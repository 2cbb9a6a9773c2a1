package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
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
		return Config{}, Complaints{{File: name, Problem: "the file is larger than 1 MiB", Remedy: "name a configuration file"}}
	}
	if !utf8.Valid(text) {
		return Config{}, Complaints{{File: name, Problem: "the file is no UTF-8 text", Remedy: "save it as UTF-8"}}
	}
	c, where := Default(), fields{}
	var tree yaml.Node
	if err := yaml.Unmarshal(text, &tree); err == nil {
		where.walk(&tree, "")
	}
	var complaints Complaints
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
		complaints.sort()
		return Config{}, complaints
	}
	return c, nil
}

func decode(text []byte, c *Config) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(c); err != nil {
		if errors.Is(err, io.EOF) { // nothing but comments: all defaults
			return nil
		}
		return err
	}
	var more yaml.Node
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return errors.New("a second document stands behind the first")
	}
	return nil
}

// explain turns the YAML reader's errors into complaints in the operator's words.
func explain(err error, where *fields) Complaints {
	var many *yaml.LoadErrors
	var one *yaml.LoadError
	switch {
	case errors.As(err, &many):
		var list Complaints
		for _, e := range many.Errors {
			c := translate(e.Message)
			if c.Remedy == "" && strings.Contains(c.Problem, "ip:port") {
				c = Complaint{Problem: "this is no address with a port", Remedy: "write an address and a port, such as 0.0.0.0:5060 or [::]:5060"}
			}
			c.Line, c.Field = e.Mark.Line, where.at(mark{e.Mark.Line, e.Mark.Column})
			list = append(list, c)
		}
		return list
	case errors.As(err, &one):
		return Complaints{{Line: one.Mark.Line, Problem: "this is no YAML: " + one.Message, Remedy: "check the indentation (blanks, no tabs) and the quotes"}}
	}
	return Complaints{{Problem: err.Error(), Remedy: "keep one document in the file"}}
}

var (
	unknownField = regexp.MustCompile(`^field (.+) not found in type`)
	wrongType    = regexp.MustCompile("(?s)^cannot construct (\\S+)(?: `(.*)`)? into (\\S+)")
	twice        = regexp.MustCompile(`^mapping key (".*") already defined at (line \d+)`)
)

func translate(message string) Complaint {
	c := Complaint{Problem: message}
	if m := unknownField.FindStringSubmatch(message); m != nil {
		c.Problem = fmt.Sprintf("there is no field %q", short(m[1]))
		c.Remedy = "see deploy/hotline.example.yaml for the fields"
	} else if m := twice.FindStringSubmatch(message); m != nil {
		c.Problem, c.Remedy = fmt.Sprintf("%s stands here for the second time (first at %s)", short(m[1]), m[2]), "keep one of the two"
	} else if m := wrongType.FindStringSubmatch(message); m != nil {
		c.Problem = fmt.Sprintf("%q does not fit here", short(m[2]))
		if m[2] == "" {
			c.Problem = "this does not fit here"
		}
		c.Remedy = "write " + wanted(m[3])
	}
	return c
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
