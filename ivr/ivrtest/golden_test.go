package ivrtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

func TestHangingUpAtAnyMomentLeavesWhatThePolicyAsksFor(t *testing.T) {
	for _, keys := range []string{"314159#1", "314159#0", "#", "999999#", "*314159#3", "999999#888888#777777#"} {
		for after := time.Second; after < 130*time.Second; after += 2 * time.Second {
			synctest.Test(t, func(t *testing.T) {
				sum, total := ivrtest.Steps(t, shipped(t), keys, after)
				want := 0
				for _, step := range sum.Steps {
					switch step {
					case "announce", "open", "message", "category": // past the PIN, or past the number to call back
						want = 1
					}
				}
				if total != want {
					t.Errorf("%s, hung up after %v in %v: %d tickets, want %d", keys, after, sum.Steps, total, want)
				}
			})
		}
	}
}
