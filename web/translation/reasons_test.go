package translation

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hotline/evosupport"
	"hotline/intake"
	"hotline/outbox/send"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/speech/upload"
)

// checks are the files whose complaints pages show, as patterns.
var checks = [...]string{
	"directory/entry/*.go", "oncall/check.go", "oncall/rota/check.go", "oncall/rota/schedule.go", "oncall/escalation/policy.go", "oncall/escalation/names.go", "oncall/escalation/appointment.go",
	"sla/check.go", "sla/defaults.go", "sla/terms.go", "intake/policy.go", "intake/depends.go", "intake/versions.go", "heartbeat/heartbeat.go", "outbox/endpoint.go", "agent/protocol/configuration.go",
	"evosupport/record.go", "speech/upload/upload.go", "speech/upload/formats.go", "speech/upload/wav.go", "speech/upload/booth.go", "prompts/replaced/replaced.go",
	"web/alerts/*.go", "web/agents/*.go", "web/contacts/*.go", "web/evo/*.go", "web/faults/*.go", "web/form/*.go", "web/heartbeats/*.go", "web/masterdata/*.go", "web/form/fields/*.go", "web/outgoing/*.go", "web/policies/*.go", "web/rotas/*.go",
}

// inside are complaints that no page shows, of what machines send and of a store that fails, and what is told with the kind of its error.
var inside = regexp.MustCompile(`^(Anna: Anna|Anna|terms of level Anna: Anna|the configuration .*|(reading|writing) .*|(version|prompt) Anna.*|recording it: .*|contract Anna: Anna|Anna, Anna: Anna|zone Anna: Anna|calendar Anna(, Anna)?: .*|calendar Anna, week: .*)$`)

// TestEveryReasonOfARefusalIsToldInEachLanguage reads the checks of whatever pages write.
func TestEveryReasonOfARefusalIsToldInEachLanguage(t *testing.T) {
	found := 0
	for _, pattern := range checks {
		names, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern)))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s has no sources: %v", pattern, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if _, ok := n.(*ast.CallExpr); ok && strings.HasPrefix(pattern, "web/") {
					return true // a page refuses by a value
				}
				if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.VAR {
					return false // the kinds of errors
				}
				text, ok := reason(n)
				if !ok || text == "" || inside.MatchString(text) {
					return true
				}
				found++
				for _, lang := range prompts.Written() {
					if got := Why(written.In(lang), lang, text); got.Lang != lang || strings.Contains(got.Text, "%!") || lang != prompts.English && got.Text == text || lang == prompts.English && got.Text != text {
						t.Errorf("%s: %q is %+v in %s", name, text, *got, lang)
					}
				}
				return true
			})
		}
	}
	for _, kind := range []error{upload.ErrFixed, upload.ErrVersion, evosupport.ErrAnother, intake.Maintenance{}.Check()} {
		if got := Why(written.In(prompts.Italian), prompts.Italian, kind.Error()); got.Lang != prompts.Italian {
			t.Errorf("%q is %+v", kind, *got)
		}
	}
	if found < 150 {
		t.Errorf("only %d reasons were found", found)
	}
}

// TestWhatATemplateNeedsIsToldInEachLanguage: the forms of messages to other systems describe themselves in English.
func TestWhatATemplateNeedsIsToldInEachLanguage(t *testing.T) {
	for _, one := range send.Templates() {
		texts := append([]string{one.About}, slices.Sorted(maps.Values(one.Values))...)
		for _, text := range append(texts, slices.Sorted(maps.Values(one.Secrets))...) {
			if got := Why(written.In(prompts.Italian), prompts.Italian, text); got.Lang != prompts.Italian {
				t.Errorf("%s: %q is not told", one.Name, text)
			}
		}
	}
}

// reason is the text by which a node refuses something, or tells what was changed.
func reason(n ast.Node) (string, bool) {
	switch x := n.(type) {
	case *ast.CompositeLit:
		if strings.EqualFold(called(x.Type), "refusal") && len(x.Elts) == 2 {
			if kv, ok := x.Elts[1].(*ast.KeyValueExpr); ok && called(kv.Key) == "Text" {
				return sample(kv.Value)
			}
			return sample(x.Elts[1])
		}
	case *ast.AssignStmt:
		if len(x.Rhs) == 1 && called(x.Lhs[0]) == "wrong" {
			return sample(x.Rhs[0])
		}
	case *ast.CallExpr:
		switch name := called(x.Fun); {
		case slices.Contains([]string{"refused", "bad", "wrong", "complain"}, name) && len(x.Args) >= 2:
			return sample(formatted(x.Args[1:]))
		case name == "bad" || name == "append" && len(x.Args) == 2 && called(x.Args[0]) == "list":
			return sample(x.Args[len(x.Args)-1])
		case name == "Errorf":
			return sample(formatted(x.Args))
		case name == "New":
			return sample(x.Args[0])
		}
	}
	return "", false
}

// formatted is a text whose first part is a format. The kind of an error, which pages leave out, is not part of it.
func formatted(args []ast.Expr) ast.Expr {
	format, ok := args[0].(*ast.BasicLit)
	if !ok {
		return args[0]
	}
	if strings.HasPrefix(called(args[len(args)-1]), "Err") {
		format = &ast.BasicLit{Kind: format.Kind, Value: strings.Replace(format.Value, `: %w"`, `"`, 1)}
	}
	return &ast.CallExpr{Fun: &ast.SelectorExpr{X: ast.NewIdent("fmt"), Sel: ast.NewIdent("Sprintf")}, Args: append([]ast.Expr{format}, args[1:]...)}
}
