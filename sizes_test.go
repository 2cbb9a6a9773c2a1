package hotline_test

import (
	"go/ast"
	"strings"
	"testing"
)

// The grain of the house: a package holds one idea, and so does a struct. Of seven parameters some
// belong together.
const (
	maxPackageFiles = 20
	maxStructFields = 20
	maxParameters   = 6
)

func TestAPackageHasAtMostTwentyFiles(t *testing.T) {
	files := map[string]int{}
	for _, s := range sources(t) {
		if !s.test {
			files[s.room]++
		}
	}
	for room, n := range files {
		if n > maxPackageFiles {
			t.Errorf("%s has %d files; a package has at most %d: find the idea that can stand by itself", room, n, maxPackageFiles)
		}
	}
}

func TestAStructHasAtMostTwentyFields(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			st, ok := spec.Type.(*ast.StructType)
			if !ok || outside(s.room, st) {
				return true
			}
			if n := fields(st); n > maxStructFields {
				t.Errorf("%s: %s has %d fields; a struct has at most %d", s.name, spec.Name.Name, n, maxStructFields)
			}
			return true
		})
	}
}

func TestAFunctionHasAtMostSixParameters(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Type.Params.NumFields() > maxParameters {
				t.Errorf("%s: %s has %d parameters; a function has at most %d: some of them belong together", s.name, f.Name.Name, f.Type.Params.NumFields(), maxParameters)
			}
		}
	}
}

// outside tells whether a struct is a form that the outside world fills in or reads: configuration, and what is written
// as JSON or YAML. Its size is that of the form.
func outside(room string, st *ast.StructType) bool {
	if room == "config" {
		return true
	}
	for _, f := range st.Fields.List {
		if f.Tag != nil && (strings.Contains(f.Tag.Value, `json:"`) || strings.Contains(f.Tag.Value, `yaml:"`)) {
			return true
		}
	}
	return false
}

func fields(st *ast.StructType) int {
	n := 0
	for _, f := range st.Fields.List {
		n += max(1, len(f.Names))
	}
	return n
}

func TestEveryPermissionOfTheImportTableIsUsed(t *testing.T) {
	rooms, used := map[string]bool{}, map[string]map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		rooms[s.room] = true
		for _, to := range houseImports(s) {
			row := rowOf(s.room)
			if used[row] == nil {
				used[row] = map[string]bool{}
			}
			used[row][to] = true
		}
	}
	for row, permissions := range allowed {
		if !rowIsOfARoom(row, rooms) {
			t.Errorf("the import table has a row for %s, which is no room", row)
		}
		for _, p := range permissions {
			if p != "..." && !permissionUsed(p, used[row]) {
				t.Errorf("%s may import %s and does not: take it out of the table, and out of docs/architecture.md", row, p)
			}
		}
	}
}

func rowIsOfARoom(row string, rooms map[string]bool) bool {
	for room := range rooms {
		if rowOf(room) == row {
			return true
		}
	}
	return false
}

func permissionUsed(p string, used map[string]bool) bool {
	outer, wide := strings.CutSuffix(p, "/...")
	for room := range used {
		if room == p || wide && strings.HasPrefix(room, outer+"/") {
			return true
		}
	}
	return false
}
