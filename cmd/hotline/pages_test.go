package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func TestEveryCommandAndFlagThatAPageNamesExists(t *testing.T) {
	parser, err := kong.New(&commands{}, languages(), kong.Name("hotline"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	// A command stands in a line of a code block, or between backticks.
	line := regexp.MustCompile("(?m)(?:^(?:bin/)?|`(?:bin/)?)hotline ([a-z][^`\n#&|]*)")
	for _, page := range append(pages, "../../README.md", "../../CONTRIBUTING.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		found := line.FindAllStringSubmatch(code(string(text)), -1)
		for _, m := range found {
			if wrong := unknown(parser.Model.Node, strings.Fields(m[1])); wrong != "" {
				t.Errorf("%s names `hotline %s`: there is no %s", page, strings.TrimSpace(m[1]), wrong)
			}
		}
		if strings.HasSuffix(page, "README.md") && !strings.Contains(page, "docs") && len(found) < 5 {
			t.Errorf("%s names %d commands: this test no longer reads them", page, len(found))
		}
	}
}

// code is a page's code alone: its blocks, and what stands between backticks.
func code(page string) string {
	var b strings.Builder
	for i, block := range strings.Split(page, "```") {
		if i%2 == 1 {
			b.WriteString(block + "\n")
			continue
		}
		for _, m := range regexp.MustCompile("`[^`\n]+`").FindAllString(block, -1) {
			b.WriteString(m + "\n")
		}
	}
	return b.String()
}

// unknown is the first word of a command line that names no command or flag; empty when there is none.
func unknown(n *kong.Node, words []string) string {
	for len(words) > 0 && len(n.Children) > 0 {
		child := childNamed(n, words[0])
		if child == nil && n.DefaultCmd != nil && strings.HasPrefix(words[0], "--") { // it does something without a command, too
			n = n.DefaultCmd
			continue
		}
		if child == nil {
			return "command " + words[0]
		}
		n, words = child, words[1:]
	}
	for _, w := range words {
		name, isFlag := strings.CutPrefix(w, "--")
		name, _, _ = strings.Cut(name, "=")
		if isFlag && !hasFlag(n, name) {
			return "flag --" + name
		}
	}
	return ""
}

func childNamed(n *kong.Node, name string) *kong.Node {
	for _, c := range n.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func hasFlag(n *kong.Node, name string) bool {
	for _, group := range n.AllFlags(false) {
		for _, f := range group {
			if f.Name == name {
				return true
			}
		}
	}
	return name == "help"
}
