package config

import (
	"fmt"
	"sort"
	"strings"
)

// Complaint is one thing wrong with the file.
type Complaint struct {
	File    string
	Line    int    // from 1; 0 when the field does not stand in the file
	Field   string // dotted, as in sip.trunks[0].proxy; empty when the file is no YAML
	Problem string
	Remedy  string
}

func (c Complaint) String() string {
	var b strings.Builder
	b.WriteString(c.File)
	if c.Line > 0 {
		fmt.Fprintf(&b, ":%d", c.Line)
	}
	b.WriteString(": ")
	if c.Field != "" {
		b.WriteString(c.Field + ": ")
	}
	b.WriteString(c.Problem)
	if c.Remedy != "" {
		b.WriteString("; " + c.Remedy)
	}
	return b.String()
}

// Complaints is everything wrong with the file, in the order of its lines.
type Complaints []Complaint

func (c Complaints) Error() string {
	lines := make([]string, len(c))
	for i := range c {
		lines[i] = c[i].String()
	}
	return strings.Join(lines, "\n")
}

func (c Complaints) sort() {
	sort.SliceStable(c, func(i, j int) bool { return c[i].Line < c[j].Line })
}
