package main

import (
	"os"
	"strings"
	"testing"
)

func TestAReleaseIsAddedAndNonsenseIsRefused(t *testing.T) {
	dir, err := os.MkdirTemp("", "hotline-release-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // the database's user passes through
		t.Fatal(err)
	}
	for _, version := range []string{"7.2", "8.1", "7.2"} {
		if code, text := said(t, "release", "add", "pbx", version, "--note", "faster", "--data", dir); code != 0 || !strings.Contains(text, "pbx "+version+" is the newest version") {
			t.Fatalf("%d: %s", code, text)
		}
	}
	for _, bad := range [][]string{{"PBX", "7.2"}, {"pbx", ""}, {"pbx", "a\nb"}, {"pbx", strings.Repeat("1", 61)}} {
		if code, text := said(t, append([]string{"release", "add", "--data", dir}, bad...)...); code == 0 {
			t.Errorf("%q is taken: %s", bad, text)
		}
	}
}
