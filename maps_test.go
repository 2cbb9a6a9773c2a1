package hotline_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// byChance are the functions whose refusal may depend on the order of a map.
func byChance() map[string]string {
	return map[string]string{
		"admin/schedules.nights":  "an error of the store ends the whole answer, whichever ticket it meets",
		"app/show.Gather":         "a showman's error ends the show",
		"cmd/screenshots.furnish": "developers' command",
		"ivr/ivrtest.newWorld":    "for tests: the contracts are right",
		"memory.PutToken":         "one name stands there once",
		"prompts/readback.*":      "developers' command",
		"web/outgoing.show":       "an error of the store ends the whole page, whichever list it meets",
	}
}

// TestARefusalIsNotByChance: of several things that are wrong, the same one is named each time. Whoever mends it by the words of a refusal
// must not be told of another one by the same text. So no function returns an error, or complains, from within a walk over a map.
func TestARefusalIsNotByChance(t *testing.T) {
	house := newTyped(t)
	excused, used, looked := byChance(), map[string]bool{}, 0
	for _, room := range slices.Sorted(maps.Keys(house.files)) {
		house.check(room)
		for _, file := range house.files[room] {
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || f.Body == nil {
					continue
				}
				for _, walk := range house.walks(f.Body) {
					looked++
					if !refuses(f.Type, walk.Body) {
						continue
					}
					one, all := room+"."+f.Name.Name, room+".*"
					if used[one], used[all] = true, true; excused[one] == "" && excused[all] == "" {
						t.Errorf("%s: %s refuses within a walk over a map, so that one of several faults is named by chance; walk over sorted keys", house.fset.Position(walk.Pos()), f.Name.Name)
					}
				}
			}
		}
	}
	for name := range excused {
		if !used[name] {
			t.Errorf("%s is excused and refuses nothing by chance", name)
		}
	}
	if looked < 100 {
		t.Errorf("only %d walks over maps were found", looked)
	}
}

// typed knows the types of the house's own packages. Of others it knows nothing, which costs no more than the walks over their maps.
type typed struct {
	fset  *token.FileSet
	files map[string][]*ast.File
	rooms map[string]*types.Package
	info  *types.Info
}

func newTyped(t *testing.T) *typed {
	house := &typed{fset: token.NewFileSet(), files: map[string][]*ast.File{}, rooms: map[string]*types.Package{}, info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		file, err := parser.ParseFile(house.fset, s.name, s.text, 0)
		if err != nil {
			t.Fatal(err)
		}
		house.files[path.Dir(s.name)] = append(house.files[path.Dir(s.name)], file)
	}
	return house
}

// Import gives a package of the house; of another one an empty package.
func (h *typed) Import(name string) (*types.Package, error) {
	if room, ours := strings.CutPrefix(name, "hotline/"); ours {
		return h.check(room), nil
	}
	return h.foreign(name), nil
}

func (h *typed) foreign(name string) *types.Package {
	p, there := h.rooms[name]
	if !there {
		p = types.NewPackage(name, path.Base(name))
		p.MarkComplete()
		h.rooms[name] = p
	}
	return p
}

func (h *typed) check(room string) *types.Package {
	if p, done := h.rooms["hotline/"+room]; done {
		return p
	}
	all := types.Config{Importer: h, Error: func(error) {}} // what foreign packages hold is unknown
	p, _ := all.Check("hotline/"+room, h.fset, h.files[room], h.info)
	h.rooms["hotline/"+room] = p
	return p
}

// walks are the loops over maps, whatever their order is.
func (h *typed) walks(body ast.Node) (list []*ast.RangeStmt) {
	ast.Inspect(body, func(n ast.Node) bool {
		walk, ok := n.(*ast.RangeStmt)
		if !ok {
			return true
		}
		over := walk.X
		if call, ok := over.(*ast.CallExpr); ok && len(call.Args) == 1 && strings.HasPrefix(types.ExprString(call.Fun), "maps.") {
			over = call.Args[0]
		}
		if of := h.info.TypeOf(over); of != nil {
			if _, isMap := of.Underlying().(*types.Map); isMap {
				list = append(list, walk)
			}
		}
		return true
	})
	return list
}

// refuses tells whether a loop complains, or returns an error from its function.
func refuses(f *ast.FuncType, body ast.Node) bool {
	found, fails := false, false
	if f.Results != nil {
		last := f.Results.List[len(f.Results.List)-1]
		fails = types.ExprString(last.Type) == "error"
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			if fails && len(n.Results) > 0 {
				name, isName := n.Results[len(n.Results)-1].(*ast.Ident)
				found = found || !isName || name.Name != "nil"
			}
		case *ast.CallExpr:
			found = found || called(n.Fun) == "complain"
		}
		return true
	})
	return found
}

// called is the last name of what is called.
func called(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
