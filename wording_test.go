package hotline_test

import (
	"go/ast"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// TestItalianStandsInCatalogues: words that customers and staff read or hear stand in prompts, so that a language more is
// data. That nothing else is said in letters, reports and accounts is held beside them, with a language that nobody speaks.
func TestItalianStandsInCatalogues(t *testing.T) {
	italian := wordsOf(t, "prompts/catalogue/it.txt", "prompts/written/it.txt")
	for w := range wordsOf(t, "prompts/catalogue/en.txt", "prompts/written/en.txt") {
		delete(italian, w)
	}
	if len(italian) < 250 {
		t.Fatalf("only %d words: the catalogues are not read", len(italian))
	}
	// Holidays are called as their country calls them. The load of the bench searches for words that its tickets have.
	exempt := func(s source) bool {
		return s.test || s.room == "prompts" || strings.HasPrefix(s.room, "prompts/") || s.name == "sla/holidaysets.go" || s.room == "cmd/bench"
	}
	for _, s := range sources(t) {
		if exempt(s) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			if text, err := strconv.Unquote(lit.Value); err == nil && saidIn(italian, text) {
				t.Errorf("%s: %q is Italian; its words belong into prompts/written", s.fset.Position(lit.Pos()), text)
			}
			return true
		})
	}
}

func wordsOf(t *testing.T, files ...string) map[string]bool {
	t.Helper()
	words := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if _, said, ok := strings.Cut(line, ": "); ok && !strings.HasPrefix(line, "#") {
				for _, w := range letters(said) {
					words[w] = true
				}
			}
		}
	}
	return words
}

func letters(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
}

// saidIn tells whether most words of a text are of a language: two of them at least, or a single one with a letter that
// English does not have.
func saidIn(language map[string]bool, text string) bool {
	words, of := letters(text), 0
	for _, w := range words {
		if language[w] {
			of++
		}
	}
	if len(words) == 1 {
		return of == 1 && strings.ContainsAny(words[0], "àèéìòù")
	}
	return of >= 2 && 2*of > len(words)
}

func TestItalianIsFound(t *testing.T) {
	italian := map[string]bool{"nessuna": true, "scadenza": true, "lunedì": true}
	for text, want := range map[string]bool{"nessuna scadenza": true, "lunedì": true, "no deadline": false, "scadenza of the ticket": false} {
		if saidIn(italian, text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// jargon is what only its writer understood: a picture or a turn of another language, and the plain term for it.
func jargon() map[string]string {
	return map[string]string{
		"cannot be meant":      "cannot be right",
		"baton":                "lock",
		"askings":              "rules",
		"tellings":             "letters",
		"lookers":              "workers",
		"of former times":      "older",
		"hangs on the world":   "is connected",
		"takes down":           "notes, or writes down",
		"nights that were":     "past nights",
		"goes round and round": "loops",
		"melted":               "merged",
		"sees to it":           "makes sure",
		"by the wall":          "by the wall clock",
	}
}

// TestNoPrivateJargon: comments and pages are read by people who do not know the writer. CHANGELOG.md keeps what was said then.
func TestNoPrivateJargon(t *testing.T) {
	complain := func(where, text string) {
		text = " " + strings.ToLower(strings.Join(strings.Fields(text), " "))
		for word, plain := range jargon() {
			for _, after := range strings.Split(text, " "+word)[1:] {
				if (after == "" || !unicode.IsLetter(rune(after[0]))) && !strings.HasPrefix(after, " clock") {
					t.Errorf("%s says %q: write %s", where, word, plain)
				}
			}
		}
	}
	for page, text := range pages(t) {
		if page != "CHANGELOG.md" {
			complain(page, text)
		}
	}
	for _, s := range sources(t) {
		for _, c := range s.file.Comments {
			complain(s.fset.Position(c.Pos()).String(), c.Text())
		}
	}
}
