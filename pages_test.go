package hotline_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unseen are the pages of the staff of which no picture is taken, each with the reason.
func unseen() map[string]string {
	return map[string]string{
		"/tickets/{number}": "its number is looked up", "/calls/{id}": "its id is looked up", // both are in the tour
		"/setup/{token}": "of an empty house alone", "/invite/{name}/{token}": "its link is shown once", "/mails/{id}": "of a mail that has come in",
		"/login": "the tour begins there", "/login/oidc": "leads away", "/live": "a stream", "/spoken/sound": "sound", "/exports/{table}": "a file", "/reports/{table}": "a file",
		"/attachments/{id}": "a file", "/recordings/{id}/audio": "sound", "/prompts/{language}/{key}/sound": "sound", "/prompts/{language}/script": "a file", "/static/{file}": "a file",
	}
}

// TestEveryPageIsLookedAt: each page that a route of the staff's pages gives is in the tour of cmd/screenshots, which takes pictures of it
// and looks at its accessibility.
func TestEveryPageIsLookedAt(t *testing.T) {
	tour, err := os.ReadFile("cmd/screenshots/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, m := range regexp.MustCompile(`\{"[a-z-]+", "(/[^"?]*)`).FindAllStringSubmatch(string(tour), -1) {
		seen = append(seen, m[1])
	}
	files, err := filepath.Glob("web/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	pages, known := 0, unseen()
	for _, name := range append(files, "web/rules.go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:Pattern: |\{)"GET (/[^"]*)"`).FindAllStringSubmatch(string(text), -1) {
			path := strings.TrimSuffix(m[1], "{$}")
			if known[path] != "" || strings.Contains(path[strings.LastIndex(path, "/"):], ".") {
				continue
			}
			pages++
			like := regexp.MustCompile("^" + regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, "[^/]+") + "$")
			found := false
			for _, s := range seen {
				found = found || like.MatchString(s)
			}
			if !found {
				t.Errorf("%s (%s) is not in the tour of cmd/screenshots", path, name)
			}
		}
	}
	if pages < 35 {
		t.Errorf("only %d pages were found", pages)
	}
}
