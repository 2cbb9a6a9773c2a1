package strictyaml

import (
	"fmt"
	"slices"
	"strings"
)

// Complaint is one thing that is wrong with a text, where it stands, and what to do. It is a value.
type Complaint struct {
	File    string // the name under which the text was read; empty: it was no file, or the reader does not know it
	Line    int    // from 1; 0 when it is about the whole text, or about something that does not stand in it
	Step    string // of a flow; empty for every other text
	Field   string // as the writer names it, such as sip.trunks[0].proxy; empty when it is about more than one field
	Problem string
	Remedy  string // empty where nothing can be advised
}

// String gives the complaint in one line: "hotline.yaml:7: sip.listen: this is no address; write ...", or, without a file,
// "line 18: step pin: tries: 30 is out of range; write 1 to 3".
func (c Complaint) String() string {
	var b strings.Builder
	switch {
	case c.File != "" && c.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", c.File, c.Line)
	case c.File != "":
		b.WriteString(c.File + ": ")
	case c.Line > 0:
		fmt.Fprintf(&b, "line %d: ", c.Line)
	}
	if c.Step != "" {
		fmt.Fprintf(&b, "step %s: ", c.Step)
	}
	if c.Field != "" {
		b.WriteString(c.Field + ": ")
	}
	b.WriteString(c.Problem)
	if c.Remedy != "" {
		b.WriteString("; " + c.Remedy)
	}
	return b.String()
}

// Complaints is everything that is wrong with a text. As an error it is one line for each complaint.
type Complaints []Complaint

func (c Complaints) Error() string {
	lines := make([]string, len(c))
	for i := range c {
		lines[i] = c[i].String()
	}
	return strings.Join(lines, "\n")
}

// Sort puts the complaints into the order of their lines; those of one line stay as they were.
func (c Complaints) Sort() {
	slices.SortStableFunc(c, func(a, b Complaint) int { return a.Line - b.Line })
}
