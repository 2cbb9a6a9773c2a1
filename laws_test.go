package hotline_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The sizes that the house keeps: a file is one idea, a function fits on a screen.
const (
	maxFileLines     = 500
	maxFunctionLines = 80
)

func TestFilesAndFunctionsFitOnAScreen(t *testing.T) {
	for _, s := range sources(t) {
		if n := strings.Count(s.text, "\n"); n > maxFileLines {
			t.Errorf("%s has %d lines; a file is one idea of at most %d", s.name, n, maxFileLines)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			if n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1; n > maxFunctionLines {
				t.Errorf("%s: %s has %d lines; a function has at most %d", s.name, f.Name.Name, n, maxFunctionLines)
			}
		}
	}
}

func TestNothingAtPackageLevelCanChange(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%s: init hides work from the reader of main", s.name)
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR {
					checkVars(t, s, d)
				}
			}
		}
	}
}

// checkVars lets pass what nobody writes: sentinel errors, embedded files, interface checks, compiled patterns and
// tables. A table that a statement of the room assigns to is refused.
func checkVars(t *testing.T, s source, d *ast.GenDecl) {
	embedded := d.Doc != nil && strings.Contains(docText(d.Doc), "go:embed")
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		if embedded || (v.Doc != nil && strings.Contains(docText(v.Doc), "go:embed")) {
			continue
		}
		for i, name := range v.Names {
			if name.Name == "_" {
				continue
			}
			if i >= len(v.Values) {
				t.Errorf("%s: package variable %s has no value here, so somebody must be changing it", s.name, name.Name)
				continue
			}
			if written(s, name.Name) {
				t.Errorf("%s: package variable %s is written to", s.name, name.Name)
			}
		}
	}
}

func docText(g *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range g.List {
		b.WriteString(c.Text)
	}
	return b.String()
}

// written tells whether a statement of the file assigns to the name or to an element of it.
func written(s source, name string) bool {
	found := false
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				found = found || (n.Tok != token.DEFINE && root(left) == name && packageLevel(left))
			}
		case *ast.IncDecStmt:
			found = found || (root(n.X) == name && packageLevel(n.X))
		}
		return !found
	})
	return found
}

func root(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.IndexExpr:
		return root(e.X)
	}
	return ""
}

// packageLevel tells whether the leftmost name of an expression was resolved to a declaration outside any function.
func packageLevel(e ast.Expr) bool {
	for {
		switch x := e.(type) {
		case *ast.IndexExpr:
			e = x.X
		case *ast.Ident:
			if x.Obj == nil {
				return false
			}
			_, spec := x.Obj.Decl.(*ast.ValueSpec)
			return spec
		default:
			return false
		}
	}
}

func TestGroundNeverAsksTheTime(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test && ground(s.room) && strings.Contains(s.text, "time.Now(") {
			t.Errorf("%s: asks the time; in the ground now is an argument", s.name)
		}
	}
}

func TestTestsNeverSleepNorSkip(t *testing.T) {
	sleep, skip := regexp.MustCompile(`\btime\.Sleep\(`), regexp.MustCompile(`\b[tb]\.Skip`)
	for _, s := range sources(t) {
		if !s.test || s.room == "." {
			continue
		}
		if sleep.MatchString(s.text) && !strings.Contains(s.text, "testing/synctest") {
			t.Errorf("%s: sleeps outside a bubble of virtual time", s.name)
		}
		if skip.MatchString(s.text) {
			t.Errorf("%s: skips a test, which hides a hole", s.name)
		}
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, d := range s.file.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: %s has no comment", s.name, name)
			}
		}
	}
}

func undocumented(d ast.Decl) []string {
	var names []string
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || exportedReceiver(d.Recv)) && !obvious(d) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
				names = append(names, s.Name.Name)
			}
		}
	}
	return names
}

// obvious methods of the standard interfaces need no sentence.
func obvious(d *ast.FuncDecl) bool {
	return d.Recv != nil && contains([]string{"Error", "String", "Unwrap", "Len", "Less", "Swap"}, d.Name.Name)
}

func exportedReceiver(r *ast.FieldList) bool {
	e := r.List[0].Type
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	id, ok := e.(*ast.Ident)
	return ok && id.IsExported()
}

// TestNoTypeOfTheDomainIsJSONByAccident: stores, journal and API have forms of their own, so that a field that is added to the
// domain is kept or shown only where somebody writes it there. Package stored holds what is kept, and admin's test of the same
// name what is shown.
func TestNoTypeOfTheDomainIsJSONByAccident(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.room == "storage/stored" || !ground(s.room) && s.room != "ivr/versions" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() { // a room may have a text of its own, as sla for the names of terms
				return true
			}
			ast.Inspect(spec.Type, func(n ast.Node) bool {
				if f, ok := n.(*ast.Field); ok && f.Tag != nil && strings.Contains(f.Tag.Value, `json:"`) {
					t.Errorf("%s: %s has a JSON tag; what is kept has a form in storage/stored, what is shown a view in admin", s.name, spec.Name.Name)
				}
				return true
			})
			return true
		})
	}
}

func TestSQLNeverAsksTheTime(t *testing.T) {
	clock := regexp.MustCompile(`(?i)\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)|\b(current|local)_?(timestamp|date|time)\b|'(now|today|tomorrow|yesterday)'`)
	files, err := filepath.Glob("postgres/*")
	if err != nil {
		t.Fatalf("looking for SQL: %v", err)
	}
	migrations, _ := filepath.Glob("postgres/*/*.sql")
	for _, name := range append(files, migrations...) {
		text, err := os.ReadFile(name)
		if err != nil || strings.HasSuffix(name, "_test.go") {
			continue
		}
		for i, l := range strings.Split(string(text), "\n") {
			if clock.MatchString(strings.ReplaceAll(l, "time.Now()", "")) && !strings.HasPrefix(strings.TrimSpace(l), "//") {
				t.Errorf("%s:%d: SQL asks the time; pass the instant as an argument", name, i+1)
			}
		}
	}
}

func parse(name string) (source, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return source{}, err
	}
	s := source{
		room: filepath.ToSlash(filepath.Dir(name)), name: name, test: strings.HasSuffix(name, "_test.go"),
		fset: token.NewFileSet(), text: string(text),
	}
	s.file, err = parser.ParseFile(s.fset, name, text, parser.ParseComments)
	return s, err
}

// A goroutine that a test starts tells of its end, so that the test can wait for it: what goes on after a test falls on
// the next one, and in virtual time it ends the whole run.
func TestAGoroutineOfATestTellsOfItsEnd(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			g, ok := n.(*ast.GoStmt)
			if ok && !tellsOfItsEnd(g) {
				t.Errorf("%s: this goroutine's end is told to nobody: use sync.WaitGroup.Go and Wait, or a channel at its end", s.fset.Position(g.Pos()))
			}
			return true
		})
	}
}

// tellsOfItsEnd accepts a function literal that sends to a channel or closes one with its last statement, or defers the
// closing.
func tellsOfItsEnd(g *ast.GoStmt) bool {
	f, ok := g.Call.Fun.(*ast.FuncLit)
	if !ok || len(f.Body.List) == 0 {
		return false
	}
	for _, s := range f.Body.List {
		if d, ok := s.(*ast.DeferStmt); ok && root(d.Call.Fun) == "close" {
			return true
		}
	}
	switch last := f.Body.List[len(f.Body.List)-1].(type) {
	case *ast.SendStmt:
		return true
	case *ast.ExprStmt:
		c, ok := last.X.(*ast.CallExpr)
		return ok && root(c.Fun) == "close"
	}
	return false
}

// TestEveryPropertySaysItsSeed: a case that only one run in a hundred meets is lost without it.
func TestEveryPropertySaysItsSeed(t *testing.T) {
	for _, s := range sources(t) {
		if strings.HasPrefix(s.name, "prove"+string(filepath.Separator)) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			f, ok := n.(*ast.SelectorExpr)
			if ok && root(f.X) == "rapid" && (f.Sel.Name == "Check" || f.Sel.Name == "MakeCheck") {
				t.Errorf("%s: rapid.%s is silent about its seed where a helper fails the test; use prove.Check", s.fset.Position(f.Pos()), f.Sel.Name)
			}
			return true
		})
	}
}

// readsWords finds code that looks into the words of an error, or of a refusal.
var readsWords = regexp.MustCompile(`(strings\.(Contains|Cut|Fields|HasPrefix|HasSuffix|Index|Split|TrimSuffix)\w*|\.(Find\w+|MatchString))\([^()]*(\.Error\(\)|\b(wrong|refused)\.(Text|Problem)\b)`)

// TestNobodyReadsTheWordsOfAnError: an error says by its type what is wrong, and a refusal names its field (package validation). Words change.
func TestNobodyReadsTheWordsOfAnError(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.name == "postgres/fault.go" { // the driver has no type for it
			continue
		}
		if found := readsWords.FindString(s.text); found != "" {
			t.Errorf("%s: %s reads the words of an error", s.name, found)
		}
	}
}
