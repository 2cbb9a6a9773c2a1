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
