package config

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The filter finds the source in the lines that the guard writes, and lets alone what no stranger did.
func TestTheFail2banFilterReadsOurLog(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "deploy", "fail2ban", "hotline.conf"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^failregex = (.*(?:\n[ \t]+.*)*)$`).FindStringSubmatch(string(text))
	if m == nil {
		t.Fatal("the filter has no failregex")
	}
	var filters []*regexp.Regexp // each line is one
	for one := range strings.Lines(m[1]) {
		filters = append(filters, regexp.MustCompile(strings.ReplaceAll(strings.TrimSpace(one), "<ADDR>", `(?P<addr>[0-9A-Fa-f:.]+)`)))
	}
	for _, x := range []struct{ why, from, want string }{
		{"INVITE from a stranger", "203.0.113.9:5060", "203.0.113.9"},
		{"wrong credentials", "203.0.113.9:5060", "203.0.113.9"},
		{"too many wrong credentials", "203.0.113.9:5060", "203.0.113.9"},
		{"scanner", "[2001:db8::7]:40000", "2001:db8::7"},
		{"unreadable", "203.0.113.9:1", "203.0.113.9"},
		{"Too Many Calls", "203.0.113.9:5060", ""},
		{"Service Unavailable", "203.0.113.9:5060", ""},
		{"Loop Detected", "203.0.113.9:5060", ""},
	} {
		var line bytes.Buffer
		slog.New(slog.NewTextHandler(&line, nil)).Info("sip: message not taken", "why", x.why, "from", x.from, "transport", "UDP", "since_last_line", 3)
		got := ""
		for _, filter := range filters {
			if m := filter.FindStringSubmatch(line.String()); m != nil {
				got = m[1]
			}
		}
		if got != x.want {
			t.Errorf("%s: the filter found %q, want %q", strings.TrimSpace(line.String()), got, x.want)
		}
	}
}

// TestTheExamplesOfThePagesAreSound: what a reader copies from docs/ is taken as it stands there, alone or below the page's first example.
func TestTheExamplesOfThePagesAreSound(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join("..", "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	block, settings, tried := regexp.MustCompile("(?s)```yaml\n(.*?)```"), fieldNames(reflect.TypeFor[Config]()), 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		first := ""
		for i, m := range block.FindAllStringSubmatch(string(text), -1) {
			field, _, _ := strings.Cut(m[1], ":")
			if !slices.Contains(settings, field) || field == "server" || strings.HasPrefix(m[1], "alerts: ") { // a document of another kind
				continue
			}
			example := strings.ReplaceAll(m[1], "AB:CD:...", strings.Repeat("AB:", 31)+"AB")
			name := fmt.Sprintf("%s, example %d", filepath.Base(page), i+1)
			_, alone := Parse(name, []byte(example))
			if _, below := Parse(name, []byte(first+example)); alone != nil && below != nil {
				t.Error(alone)
			}
			if tried++; first == "" {
				first = example
			}
		}
	}
	if tried < 18 {
		t.Errorf("only %d examples were found", tried)
	}
}
