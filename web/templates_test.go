package web

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"hotline/ivr/try"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/tickets"
	"hotline/tokens"
	"hotline/users"
)

func pageTexts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	names, err := fs.Glob(pageFiles, "pages/*.html")
	must(t, err)
	for _, name := range names {
		text, err := pageFiles.ReadFile(name)
		must(t, err)
		texts[name] = string(text)
	}
	inner, err := filepath.Glob("*/pages/*.html")
	must(t, err)
	for _, name := range inner {
		texts[name] = readFile(t, name)
	}
	if len(texts) < 6 || len(inner) < 2 {
		t.Fatalf("%d pages: they are not read", len(texts))
	}
	return texts
}

var (
	actionPattern = regexp.MustCompile(`{{(?:"[^"]*"|[^}"])*}}`)
	tagPattern    = regexp.MustCompile(`<[^>]*>`)
	saidPattern   = regexp.MustCompile(`\b(?:aria-label|title|alt|placeholder|data-text|data-out)="([^"]*)"`)
)

// TestWhatAPageSaysStandsInTheCatalogues: a language more is data. The product's name and that of an option are names.
func TestWhatAPageSaysStandsInTheCatalogues(t *testing.T) {
	for name, text := range pageTexts(t) {
		text = actionPattern.ReplaceAllString(text, "")
		for _, m := range saidPattern.FindAllStringSubmatch(text, -1) {
			text += m[1]
		}
		for _, own := range []string{"hotline", "Evo Support", "doctype html"} {
			text = strings.ReplaceAll(text, own, "")
		}
		if words := strings.FieldsFunc(tagPattern.ReplaceAllString(text, " "), func(r rune) bool { return !unicode.IsLetter(r) }); len(words) > 0 {
			t.Errorf("%s says %q itself", name, words)
		}
	}
}

var idPattern = regexp.MustCompile(`"((?:page|report|reports|imports|letter|calendars|schedules|access|flows|voices|signon|spoken|faults|form|rotas|policies|contacts|keeping)-[a-z0-9_-]+)"`)

// TestEveryWordOfThePagesIsInTheCatalogues looks for the ids that pages and code name, and for those that are made of a value.
func TestEveryWordOfThePagesIsInTheCatalogues(t *testing.T) {
	words := written.In(prompts.English)
	ids := map[string]bool{}
	texts := pageTexts(t)
	for _, pattern := range []string{"*.go", "*/*.go"} {
		names, err := filepath.Glob(pattern)
		must(t, err)
		for _, name := range names {
			if !strings.HasSuffix(name, "_test.go") {
				texts[name] = readFile(t, name)
			}
		}
	}
	for _, text := range texts {
		for _, m := range idPattern.FindAllStringSubmatch(text, -1) {
			if !strings.HasSuffix(m[1], "-") {
				ids[m[1]] = true
			}
		}
	}
	if len(ids) < 80 {
		t.Fatalf("%d ids: they are not found", len(ids))
	}
	for _, s := range states() {
		ids["page-state-"+s] = true
	}
	for _, r := range users.Roles() {
		ids["page-role-"+string(r)] = true
	}
	for _, kind := range []try.Kind{try.Replayed, try.Called, try.Music, try.Talks, try.AsksKeys, try.AsksVoice, try.AsksEngineer, try.AsksOperator} {
		ids["flows-"+string(kind)] = true
	}
	for _, scope := range tokens.Scopes() {
		ids["access-scope-"+string(scope)] = true
	}
	for _, lang := range prompts.Written() {
		ids["page-language-"+string(lang)] = true
	}
	for _, s := range []string{"unknown", "registered", "reachable", "failing", "refused", "silent"} {
		ids["page-trunk-"+s] = true
	}
	for _, c := range []tickets.Channel{tickets.Phone, tickets.Web, tickets.Email, tickets.Alert} {
		ids["page-channel-"+string(c)] = true
	}
	for _, a := range []string{"caller", "system", "operator", "alert"} {
		ids["page-actor-"+a] = true
	}
	for _, a := range actions() {
		if a.name != "assess" {
			ids["page-do-"+a.name] = true
		}
	}
	kinds := regexp.MustCompile(`EventKind = "([a-z_]+)"|^\t[A-Z]\w+ += "([a-z_]+)"`)
	for line := range strings.Lines(readFile(t, "../tickets/event.go")) {
		if m := kinds.FindStringSubmatch(line); m != nil {
			ids["page-event-"+m[1]+m[2]] = true
		}
	}
	results := regexp.MustCompile(`[rR]esult\w+ += "([a-z ,:]+)"|\{Err\w+, "([a-z ,:]+)"\}|return "([a-z ]+)"|errEngaged = errors.New\("([a-z ]+)"\)`)
	for _, file := range []string{"../oncall/ring/attempt.go", "../oncall/ring/testcall.go", "../callhandler/callhandler.go"} {
		for _, m := range results.FindAllStringSubmatch(readFile(t, file), -1) {
			ids[written.WordID(m[1]+m[2]+m[3]+m[4])] = true
		}
	}
	if !ids["page-word-busy"] || !ids["page-word-caller_hung_up"] || !ids["page-word-accepted_not_heard"] {
		t.Fatal("the endings and results of calls are not found")
	}
	for name := range ids {
		if _, ok := words[name]; !ok {
			t.Errorf("%s is in no catalogue", name)
		}
	}
}
