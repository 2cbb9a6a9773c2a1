package config

import (
	"fmt"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// field is one place of the file.
type field struct {
	path  string
	line  int     // of its name, or of its entry in a list
	marks [2]mark // where its name and its value begin
}

// mark is a position in the file, both from 1.
type mark struct{ line, column int }

// fields knows on which line each field stands.
type fields struct{ list []field }

// walk notes the fields below a node. Aliases are not followed: what they point to is noted where it stands.
func (f *fields) walk(n *yaml.Node, path string) {
	switch n.Kind {
	case yaml.DocumentNode:
		for _, c := range n.Content {
			f.walk(c, path)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := short(n.Content[i].Value)
			if path != "" {
				name = path + "." + name
			}
			key, value := n.Content[i], n.Content[i+1]
			f.list = append(f.list, field{name, key.Line, [2]mark{{key.Line, key.Column}, {value.Line, value.Column}}})
			f.walk(value, name)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			name := fmt.Sprintf("%s[%d]", path, i)
			f.list = append(f.list, field{name, c.Line, [2]mark{{c.Line, c.Column}}})
			f.walk(c, name)
		}
	}
}

// at names the innermost field of which the name or the value begins at m.
func (f *fields) at(m mark) string {
	name := ""
	for _, x := range f.list {
		if (x.marks[0] == m || x.marks[1] == m) && len(x.path) > len(name) {
			name = x.path
		}
	}
	return name
}

// line finds a field's line. Where the field does not stand in the file it gives the line of the nearest field around it, and 0
// where there is no such field either.
func (f *fields) line(path string) int {
	for path != "" {
		for _, x := range f.list {
			if x.path == path {
				return x.line
			}
		}
		cut := strings.LastIndexAny(path, ".[")
		path = path[:max(cut, 0)]
	}
	return 0
}
