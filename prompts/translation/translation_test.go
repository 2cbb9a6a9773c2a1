package translation

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
)

// gap stands for what is only known when a line is written.
const gap = "Anna"

var (
	verb   = regexp.MustCompile(`%(\[\d+\])?[-+# 0-9.]*[a-zA-Z]`)
	quoted = regexp.MustCompile(`%[0-9.]*q`)
)

// sample is a text as it would be written, with a name in each gap; false where nothing of it stands in the source.
func sample(e ast.Expr) (string, bool) {
	switch x := e.(type) {
	case *ast.Ident: // parts of a sentence that stand in a variable
		part, ok := map[string]string{"after": " after " + gap, "how": "hung up", "ByTelephone": "by telephone"}[x.Name]
		return part, ok
	case *ast.BasicLit:
		text, err := strconv.Unquote(x.Value)
		return text, err == nil && x.Kind == token.STRING
	case *ast.BinaryExpr:
		a, left := sample(x.X)
		b, right := sample(x.Y)
		if !left {
			a = gap
		}
		if !right {
			b = gap
		}
		return a + b, x.Op == token.ADD && (left || right)
	case *ast.CallExpr:
		if f, ok := x.Fun.(*ast.Ident); ok && f.Name == "goneWord" { // a part of a sentence that a function says
			return "the caller's line was lost", true
		}
		if f, ok := x.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" && len(x.Args) > 0 {
			text, ok := sample(x.Args[0])
			text = strings.ReplaceAll(quoted.ReplaceAllString(text, `"`+gap+`"`), "%%", "\x00")
			return strings.ReplaceAll(verb.ReplaceAllString(text, gap), "\x00", "%"), ok
		}
	}
	return "", false
}

// parts are what is added to a sentence that is found by its beginning.
var parts = [...]string{gap + ", x " + gap, gap + ", " + gap}

// TestEveryLineThatTheProgramWritesIsSaidInEachLanguage follows each text of a history to the places that make it, through
// variables, parameters and fields, in every package.
func TestEveryLineThatTheProgramWritesIsSaidInEachLanguage(t *testing.T) {
	all := lines(t)
	if len(all) < 100 {
		t.Fatalf("only %d lines were found", len(all))
	}
	var places []string
	for place := range all {
		places = append(places, place)
	}
	sort.Strings(places)
	for _, place := range places {
		if slices.Contains(parts[:], all[place]) {
			continue
		}
		for _, lang := range prompts.Written() {
			got, ok := In(written.In(lang), all[place], nil)
			if !ok || strings.Contains(got, "%!") || lang == prompts.English && got != all[place] || lang != prompts.English && got == all[place] {
				t.Errorf("%s: %q is %q in %s", place, all[place], got, lang)
			}
		}
	}
}

func TestALineIsToldWithTheValuesOfItsGaps(t *testing.T) {
	italian := written.In(prompts.Italian)
	value := func(v string) string {
		if v == "no answer" {
			return "nessuna risposta"
		}
		return v
	}
	for line, want := range map[string]string{
		"the chain was called and nobody accepted":                        "si è chiamata la catena e nessuno ha accettato",
		"Anna Verdi at +393331234567: no answer":                          "Anna Verdi al +393331234567: nessuna risposta",
		"the caller asked to be called back while Anna was rung":          "chi chiamava ha chiesto di essere richiamato mentre squillava Anna",
		"Anna Verdi hung up after 12s":                                    "Anna Verdi ha riagganciato dopo 12s",
		"Anna Verdi left by key after 3s; Ugo Neri stays with the caller": "Anna Verdi è uscito con il tasto dopo 3s; Ugo Neri resta con chi chiama",
		"Anna Verdi was lost after 3s; Ugo Neri stays with the caller":    "la linea di Anna Verdi è caduta dopo 3s; Ugo Neri resta con chi chiama",
		"why nobody is called any more: restored":                         "perché non si chiama più nessuno: ripristinato",
		"receipt, mailed to a@example.org":                                "ricevuta, inviato per e-mail a a@example.org",
		"nobody was reached; called back by 2026-03-02T09:00:00Z":         "non si è raggiunto nessuno; sarà richiamato entro 2026-03-02T09:00:00Z",
		"the customer waits to be called back, and 6 tries were in vain":  "il cliente aspetta di essere richiamato, e 6 tentativi sono stati vani",
		"Anna handed over to Ugo after 3s; Ugo stays with the caller":     "Anna ha passato la chiamata a Ugo dopo 3s; Ugo resta con chi chiama",
		"a blocking anomaly rings inside the contract's hours: 2 telephones are rung by policy default; the caller is told: connecting; then: chain":                                            "un'anomalia bloccante fa squillare negli orari del contratto: squillano 2 telefoni secondo la regola default; a chi chiama si dice: collegamento in corso; poi: di nuovo la catena",
		"outside the hours it rings where contract and caller want it; but nobody on call can be rung; nobody is rung by the choice of carla: on leave; the caller is told: due; then: opening": "fuori orario squilla se lo vogliono contratto e chi chiama; ma nessun reperibile si può chiamare; non si chiama nessuno per scelta di carla: on leave; a chi chiama si dice: la scadenza; poi: all'apertura",
		"the caller refused the recording of the talk, by key: what was recorded until then stays":                                                                                              "chi chiamava ha rifiutato con il tasto la registrazione del colloquio: resta quanto registrato fino ad allora",
		"Anna refused the recording of the talk, by key: what was recorded until then is deleted":                                                                                               "Anna ha rifiutato con il tasto la registrazione del colloquio: quanto registrato fino ad allora è cancellato",
		"the chain was called with a bulletin and nobody accepted":                                                                                                                              "si è chiamata la catena con un bollettino e nessuno ha accettato",
	} {
		if got, ok := In(italian, line, value); !ok || got != want {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	}
	english := written.In(prompts.English)
	for _, c := range plans() {
		plan := escalation.For(c, escalation.Facts{}, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
		if got, ok := In(english, plan.Note, nil); !ok || got != plan.Note {
			t.Errorf("the plan %q is %q (%v)", plan.Note, got, ok)
		}
		if got, ok := In(italian, plan.Note, nil); !ok || strings.Contains(got, plan.Rule) || strings.Contains(got, string(plan.Caller)) {
			t.Errorf("the plan %q is %q (%v) in Italian", plan.Note, got, ok)
		}
	}
	if got, ok := In(italian, "the pump is dead", nil); ok {
		t.Errorf("words of a person become %q", got)
	}
}

// plans are a case for each rule of the table of plans.
func plans() (list []escalation.Case) {
	for _, level := range []sla.LevelID{sla.Extended, sla.OnRequest} {
		for _, category := range append(sla.Categories(), "") {
			for _, night := range []bool{false, true} {
				list = append(list, escalation.Case{Request: rota.Request{Level: level, Category: category}, Night: night})
			}
		}
	}
	return list
}
