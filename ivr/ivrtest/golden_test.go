package ivrtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"hotline/ivr"
	"hotline/ivr/ivrtest"
)

func shipped(t *testing.T) *ivr.Flow {
	t.Helper()
	f, err := ivr.Default()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestConversations(t *testing.T) {
	files, err := filepath.Glob("../testdata/*.txt")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d conversations were found, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { ivrtest.Run(t, shipped(t), string(text)) })
		})
	}
}

// TestEveryPathOfAnEngineerIsHeardInBothLanguages: a conversation at an engineer's telephone has a twin in English, which differs by the
// languages alone.
func TestEveryPathOfAnEngineerIsHeardInBothLanguages(t *testing.T) {
	files, err := filepath.Glob("../testdata/engineer-*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d conversations of engineers were found, %v", len(files), err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		}
		lines := []string{}
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "dials ") {
				lines = append(lines, strings.NewReplacer("/it", "", "/en", "", " en\n", "\n").Replace(line))
			}
		}
		return strings.Join(lines, "")
	}
	for _, name := range files {
		if twin := strings.TrimSuffix(name, ".txt") + "-english.txt"; !strings.HasSuffix(name, "-english.txt") && read(name) != read(twin) {
			t.Errorf("%s and %s tell of two paths", name, twin)
		}
	}
}
