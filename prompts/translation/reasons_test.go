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
	"web/alerts/*.go", "web/agents/*.go", "web/contacts/*.go", "web/evo/*.go", "web/faults/*.go", "web/form/*.go", "web/heartbeats/*.go", "web/masterdata/*.go", "web/form/fields/*.go", "web/outgoing/*.go", "web/policies/*.go", "web/rotas/*.go", "web/calendars/*.go",
	"ivr/*.go", "intake/format/*.go", "outbox/send/*.go", "dialplan/internal.go", "sip/trunk/registration.go", "sip/trunk/keepalive.go",
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
				for _, text := range reasonsOf(n, strings.HasPrefix(pattern, "ivr/")) {
					if text == "" || inside.MatchString(text) {
						continue
					}
					found++
					for _, lang := range prompts.Written() {
						if got := Why(written.In(lang), lang, text); got.Lang != lang || strings.Contains(got.Text, "%!") || lang != prompts.English && got.Text == text && !strings.HasPrefix(text, "write flow: 1") && text != "Anna" || lang == prompts.English && got.Text != text {
							t.Errorf("%s: %q is %+v in %s", name, text, *got, lang)
						}
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

// TestAReasonIsToldWithTheValuesOfItsGaps: of what several functions put together, each part is told.
func TestAReasonIsToldWithTheValuesOfItsGaps(t *testing.T) {
	for text, want := range map[string]string{
		"`soon` is not a span of time such as 6s":                                                                        "`soon` non è una durata come 6s",
		"field colour is unknown here":                                                                                   "il campo colour qui è sconosciuto",
		"it answers 302 Found: redirects are not followed; write the address to which it leads":                          "risponde 302 Found: i rimandi non si seguono; scriva l'indirizzo a cui porta",
		"it answers 500 Internal Server Error: no":                                                                       "risponde 500 Internal Server Error: no",
		"in the message, at alerts[0].status: \"x\" is none; it is firing or resolved":                                   "nel messaggio, in alerts[0].status: \"x\" non è valido; è firing o resolved",
		"number does not fit here, a text does":                                                                          "number qui non va, va un testo",
		"asking 192.0.2.1 for a sign of life: dial tcp 192.0.2.1:5060: i/o timeout; check the address and the way to it": "si chiede a 192.0.2.1 un segno di vita: 192.0.2.1:5060 non risponde; controlli l'indirizzo e la strada per arrivarci",
		"evil is no telephone of the house; give a telephone of sip.phones, a number, or list the host under outgoing.sip in the configuration: not allowed by the configuration": "evil non è un telefono della casa; dia un telefono di sip.phones, un numero, o elenchi l'host in outgoing.sip nella configurazione: la configurazione non lo consente",
	} {
		if got := Why(written.In(prompts.Italian), prompts.Italian, text); got.Text != want || got.Lang != prompts.Italian {
			t.Errorf("%q is %+v", text, *got)
		}
	}
	for _, line := range []string{"use the other telephone", "it is missing", "a number"} { // a reason is no line of a history
		if got, ok := In(written.In(prompts.Italian), line, nil); ok {
			t.Errorf("%q becomes %q", line, got)
		}
	}
}

// reasonsOf are the texts by which a node refuses something. A complaint has two: what is wrong, and what to do about it. In some files
// complaints alone are shown by pages.
func reasonsOf(n ast.Node, complaints bool) (list []string) {
	keep := func(text string, ok bool) {
		if ok {
			list = append(list, text)
		}
	}
	switch x := n.(type) {
	case *ast.CompositeLit:
		if name := called(x.Type); name == "Complaint" {
			for _, e := range x.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok && (called(kv.Key) == "Problem" || called(kv.Key) == "Remedy") {
					keep(sample(kv.Value))
				}
			}
			return list
		} else if name == "WrongError" && len(x.Elts) == 2 {
			keep(sample(x.Elts[1]))
			return list
		}
	case *ast.CallExpr:
		if called(x.Fun) == "complain" && len(x.Args) == 4 {
			keep(sample(x.Args[2]))
			keep(sample(x.Args[3]))
			return list
		}
	case *ast.AssignStmt:
		if len(x.Rhs) == 1 && called(x.Lhs[0]) == "words" {
			keep(sample(x.Rhs[0]))
			return list
		}
	}
	if !complaints {
		keep(reason(n))
	}
	return list
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
		case slices.Contains([]string{"refused", "bad", "badAt", "wrong", "complain"}, name) && len(x.Args) >= 2:
			return sample(formatted(x.Args[1:]))
		case name == "bad" || name == "append" && len(x.Args) == 2 && called(x.Args[0]) == "list":
			return sample(x.Args[len(x.Args)-1])
		case name == "Errorf":
			return sample(formatted(x.Args))
		case name == "New" && len(x.Args) == 1:
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
