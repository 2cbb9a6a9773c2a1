package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestATokenIsPrintedOnceListedByNameAndEnded(t *testing.T) {
	dir, err := os.MkdirTemp("", "hotline-token-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // the database's user passes through
		t.Fatal(err)
	}
	code, text := said(t, "token", "add", "anna", "--data", dir)
	secret := regexp.MustCompile(`hl_[0-9a-f]{64}`).FindString(text)
	if code != 0 || secret == "" || !strings.Contains(text, "not shown again") {
		t.Fatalf("%d: %s", code, text)
	}
	if code, text := said(t, "token", "add", "anna", "--data", dir); code != 1 || !strings.Contains(text, "choose another name") {
		t.Errorf("the same name again: %d: %s", code, text)
	}
	if code, text := said(t, "token", "list", "--data", dir); code != 0 || !strings.HasPrefix(text, "anna  staff  since 20") || !strings.Contains(text, "without end") || strings.Contains(text, secret) {
		t.Errorf("the list: %d: %s", code, text)
	}
	for _, bad := range [][]string{{"--scope", "root"}, {"--expires", "soon"}, {"--expires", "0d"}, {"--expires", "9999999d"}, {"--expires", "-1h"}, {"--expires", "9223372036854775807h"}} {
		if code, text := said(t, append([]string{"token", "add", "bruno", "--data", dir}, bad...)...); code == 0 {
			t.Errorf("%v is taken: %s", bad, text)
		}
	}
	if code, text := said(t, "token", "add", "carla", "--scope", "read", "--expires", "90d", "--data", dir); code != 0 {
		t.Errorf("a token with an end: %d: %s", code, text)
	}
	if _, text := said(t, "token", "list", "--data", dir); !regexp.MustCompile(`carla  read   since \S+ \S+  until 20`).MatchString(text) {
		t.Errorf("the list: %s", text)
	}
	if code, text := said(t, "token", "remove", "anna", "--data", dir); code != 0 || !strings.Contains(text, "not valid any more") {
		t.Errorf("the end: %d: %s", code, text)
	}
	if code, text := said(t, "token", "remove", "anna", "--data", dir); code != 1 || !strings.Contains(text, "hotline token list") {
		t.Errorf("the end of one that is not there: %d: %s", code, text)
	}
	if code, text := said(t, "token", "add", " ", "--data", dir); code != 1 || !strings.Contains(text, "needs a name") {
		t.Errorf("no name: %d: %s", code, text)
	}
}
