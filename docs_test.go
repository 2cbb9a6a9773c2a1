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
