package hotline_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pages is every page for readers: the front door and docs/.
func pages(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	text := map[string]string{}
	for _, name := range append(names, "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatalf("reading a page that every reader expects: %v", err)
		}
		text[name] = string(b)
	}
	return text
}

func TestEveryMakeTargetThatAPageNamesExistsAndExplainsItself(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z0-9-]+):( [^#\n]*)?(##.*)?$`).FindAllStringSubmatch(string(makefile), -1) {
		targets[m[1]] = true
		if m[3] == "" && m[1] != "go" {
			t.Errorf("Makefile: %s has no ## text, so `make help` does not list it", m[1])
		}
	}
	named := regexp.MustCompile("(?m)(?:`|^)make ([a-z0-9-]+)")
	for page, text := range pages(t) {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if !targets[m[1]] {
				t.Errorf("%s names `make %s`, which the Makefile does not have", page, m[1])
			}
		}
	}
}

func TestEveryLinkBetweenPagesLeadsSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	for page, text := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, m[1])
			}
		}
	}
}

func TestTheCallThatTheREADMEShowsIsOneThatTheTestsPlay(t *testing.T) {
	const golden = "ivr/testdata/blocking-talked.txt"
	call, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(pages(t)["README.md"], "```\n"+string(call)+"```\n") {
		t.Errorf("README.md shows another call than %s; copy the file into it", golden)
	}
}

// TestTheReadingPathOfOneCallNamesCodeThatExists: docs/architecture.md tells newcomers which functions to read, in which files.
func TestTheReadingPathOfOneCallNamesCodeThatExists(t *testing.T) {
	_, path, _ := strings.Cut(pages(t)["docs/architecture.md"], "| step | file | functions |\n")
	path, _, _ = strings.Cut(path, "\n\n")
	quoted, rows := regexp.MustCompile("`([^`]+)`"), 0
	for line := range strings.Lines(path) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(cells[1], " ---") {
			continue
		}
		rows++
		var code strings.Builder
		for _, m := range quoted.FindAllStringSubmatch(cells[2], -1) {
			b, err := os.ReadFile(m[1])
			if err != nil {
				t.Errorf("the reading path names a file that is not there: %v", err)
			}
			code.Write(b)
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[3], -1) {
			if !regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + m[1] + `\(`).MatchString(code.String()) {
				t.Errorf("the reading path names %s, which is in none of%s", m[1], cells[2])
			}
		}
	}
	if rows < 8 {
		t.Errorf("the reading path has %d rows", rows)
	}
}

// goTexts are the texts of all Go files by their folder.
func goTexts(t *testing.T) map[string]string {
	t.Helper()
	text := map[string]string{}
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		b, err := os.ReadFile(path)
		text[filepath.Dir(path)] += string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestEveryTestAndFileThatAPageNamesExists: a reader looks at what shows a statement, and can run it.
func TestEveryTestAndFileThatAPageNamesExists(t *testing.T) {
	tests := regexp.MustCompile("`(?:([a-z0-9]+)\\.)?((?:Test|Benchmark)[A-Z]\\w+)`")
	files := regexp.MustCompile("`([a-z][a-z0-9_]*(?:/[\\w.-]+)+\\.(?:go|txt|py|golden|yaml|svg))`")
	code, named := goTexts(t), 0
	for page, text := range pages(t) {
		if page == "CHANGELOG.md" { // tells of former versions too
			continue
		}
		for _, m := range tests.FindAllStringSubmatch(text, -1) {
			there := false
			for dir, text := range code {
				there = there || (m[1] == "" || filepath.Base(dir) == m[1]) && strings.Contains(text, "func "+m[2]+"(")
			}
			if named++; !there {
				t.Errorf("%s names %s, which does not exist there", page, m[0])
			}
		}
		for _, m := range files.FindAllStringSubmatch(text, -1) {
			if named++; strings.Contains(m[1], "NAME") || strings.Contains(m[1], "/xx.") { // stand for any name
				continue
			}
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s names a file that is not there: %v", page, err)
			}
		}
	}
	if named < 100 {
		t.Errorf("only %d tests and files were found on the pages", named)
	}
}

// TestEveryRunOfTheMakefileFindsItsTests: go test is content with a pattern that fits nothing, and then proves nothing.
func TestEveryRunOfTheMakefileFindsItsTests(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	code, found := goTexts(t), 0
	chosen, folder := regexp.MustCompile(`-(run|bench) '?([A-Z][\w|]*)'?`), regexp.MustCompile(` \./([\w/]+)`)
	for line := range strings.Lines(string(makefile)) {
		m := chosen.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		text, kind := "", map[string]string{"run": "Test", "bench": "Benchmark"}[m[1]]
		for _, f := range folder.FindAllStringSubmatch(line, -1) {
			text += code[f[1]]
		}
		for name := range strings.SplitSeq(m[2], "|") {
			if found++; !regexp.MustCompile(`func ` + kind + `\w*` + name).MatchString(text) {
				t.Errorf("Makefile: no test fits %s in %s", name, strings.TrimSpace(line))
			}
		}
	}
	if found < 12 {
		t.Errorf("only %d patterns were found", found)
	}
}
