package ivr

// Node is one step of a flow, as a picture of it shows it.
type Node struct {
	Name  string
	Verb  string
	Line  int // of the text
	Exits []Edge
}

// Edge is where a step may lead.
type Edge struct {
	Exit string // the field that names the next step
	To   string
}

// Start names the step with which a call begins.
func (f *Flow) Start() string { return f.start }

// Nodes are the steps in the order of the text.
func (f *Flow) Nodes() []Node {
	list := make([]Node, 0, len(f.order))
	for _, name := range f.order {
		s := f.steps[name]
		n := Node{Name: name, Verb: s.do, Line: s.line}
		for _, e := range s.verb.exits() {
			n.Exits = append(n.Exits, Edge{e.field, e.to})
		}
		list = append(list, n)
	}
	return list
}
