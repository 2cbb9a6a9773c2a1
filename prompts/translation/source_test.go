package translation

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// source is the whole program as it is written, without tests and without what only developers run.
type source struct {
	files  *token.FileSet
	funcs  []function
	calls  map[string][]use[*ast.CallExpr]     // by the name of what is called
	fields map[string][]use[*ast.KeyValueExpr] // by the name of the field
	words  map[string]string                   // texts by place
	been   map[way]bool
}

// way is an expression that was followed so deep.
type way struct {
	at    token.Pos
	depth int
}

// use is something with the function in which it stands.
type use[N ast.Node] struct {
	node N
	in   function
}

// function is one function with the folder that it stands in.
type function struct {
	*ast.FuncDecl
	room string
}

// apart are folders in which nothing is written that people of a house read.
var apart = [...]string{"cmd", "bench", "memory", "postgres", "testdata"}

func readSource(t *testing.T) *source {
	t.Helper()
	s, root := &source{files: token.NewFileSet(), calls: map[string][]use[*ast.CallExpr]{}, fields: map[string][]use[*ast.KeyValueExpr]{}, words: map[string]string{}, been: map[way]bool{}}, filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || strings.HasSuffix(d.Name(), "test") || slices.Contains(apart[:], d.Name())) {
			return filepath.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(s.files, path, nil, 0)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				s.index(function{fn, filepath.Dir(path)})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// index notes what stands in a function.
func (s *source) index(f function) {
	s.funcs = append(s.funcs, f)
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CallExpr:
			s.calls[called(x.Fun)] = append(s.calls[called(x.Fun)], use[*ast.CallExpr]{x, f})
		case *ast.KeyValueExpr:
			s.fields[called(x.Key)] = append(s.fields[called(x.Key)], use[*ast.KeyValueExpr]{x, f})
		}
		return true
	})
}

// people are places at which somebody's own words are put together, or nothing is said.
var people = [...]string{"admin/commands.go", "mail/inbox/carryout.go", "intake/policy.go", "admin/heartbeats", "storage/"}

// lines are the texts of all lines of histories that the program writes itself, by place: those of events and of the actions of alerts.
func lines(t *testing.T) map[string]string {
	t.Helper()
	s := readSource(t)
	for _, in := range s.funcs {
		ast.Inspect(in.Body, func(n ast.Node) bool {
			if x, ok := n.(*ast.CompositeLit); ok && slices.Contains([]string{"Event", "Action"}, called(x.Type)) {
				for _, e := range x.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok && called(kv.Key) == "Text" {
						s.follow(kv.Value, in, 0)
					}
				}
			}
			return true
		})
	}
	return s.words
}

// called is the last name of an expression: that of a type, a function, a field or a variable.
func called(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}

// deepest is how many steps a text is followed.
const deepest = 5

// follow finds the places that make a text, beginning with an expression in a function.
func (s *source) follow(e ast.Expr, in function, depth int) {
	if at := (way{e.Pos(), depth}); depth > deepest || s.been[at] {
		return
	} else {
		s.been[at] = true
	}
	switch x := e.(type) {
	case *ast.BasicLit, *ast.BinaryExpr:
		s.keep(e)
	case *ast.CallExpr:
		switch name := called(x.Fun); name {
		case "Sprintf":
			s.keep(e)
		case "Or", "textIf":
			for _, a := range x.Args {
				s.follow(a, in, depth+1)
			}
		default:
			s.returned(name, in.room, depth+1)
		}
	case *ast.Ident:
		s.assigned(x.Name, in, depth+1)
		s.passed(x.Name, in, depth+1)
	case *ast.SelectorExpr:
		s.set(x.Sel.Name, in.room, depth+2)
	}
}

// keep keeps a text as it would be written.
func (s *source) keep(e ast.Expr) {
	at := s.files.Position(e.Pos())
	place := strings.TrimPrefix(filepath.ToSlash(at.Filename), "../../")
	text, ok := sample(e)
	if ok && text != "" && !slices.ContainsFunc(people[:], func(p string) bool { return strings.HasPrefix(place, p) }) {
		s.words[fmt.Sprintf("%s:%d:%d", place, at.Line, at.Column)] = text
	}
}

// assigned follows what a variable is set to. What is added to a text is kept with a gap before it.
func (s *source) assigned(name string, in function, depth int) {
	ast.Inspect(in.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for i, l := range a.Lhs {
			if called(l) != name || len(a.Rhs) != len(a.Lhs) && i > 0 {
				continue
			}
			value := a.Rhs[min(i, len(a.Rhs)-1)]
			if a.Tok == token.ADD_ASSIGN {
				value = &ast.BinaryExpr{X: l, Op: token.ADD, Y: value}
			}
			s.follow(value, in, depth)
		}
		return true
	})
}

// passed follows what a parameter is called with.
func (s *source) passed(name string, in function, depth int) {
	at, total := -1, 0
	for _, list := range in.Type.Params.List {
		for _, one := range list.Names {
			if one.Name == name {
				at = total
			}
			total++
		}
		total += cmp.Or(map[bool]int{true: 1}[len(list.Names) == 0], 0)
	}
	if at < 0 {
		return
	}
	for _, c := range s.calls[in.Name.Name] {
		if (c.in.room == in.room || ast.IsExported(in.Name.Name)) && len(c.node.Args) == total {
			s.follow(c.node.Args[at], c.in, depth)
		}
	}
}

// returned follows what the functions of a name in a room return first.
func (s *source) returned(name, room string, depth int) {
	for _, f := range s.funcs {
		if f.Name.Name != name || f.room != room {
			continue
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) > 0 {
				s.follow(r.Results[0], f, depth)
			}
			return true
		})
	}
}

// set follows what a field of a room's values is set to.
func (s *source) set(name, room string, depth int) {
	for _, f := range s.fields[name] {
		if f.in.room == room {
			s.follow(f.node.Value, f.in, depth)
		}
	}
}
