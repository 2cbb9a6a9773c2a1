package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestAPasswordIsPrintedOnceAndAUserIsDisabled(t *testing.T) {
	dir, err := os.MkdirTemp("", "hotline-user-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // the database's user passes through
		t.Fatal(err)
	}
	password := regexp.MustCompile(`(?m)^[a-z2-9]{4}(-[a-z2-9]{4}){3}$`)
	code, text := said(t, "user", "add", "anna", "--role", "engineer", "--engineer", "anna", "--data", dir)
	first := password.FindString(text)
	if code != 0 || first == "" || !strings.Contains(text, "not shown again") {
		t.Fatalf("%d: %s", code, text)
	}
	for _, bad := range [][]string{{"anna"}, {"Anna"}, {"anna rossi"}, {""}, {"bruno", "--role", "root"}} {
		if code, text := said(t, append([]string{"user", "add", "--data", dir}, bad...)...); code == 0 {
			t.Errorf("%v is taken: %s", bad, text)
		}
	}
	code, text = said(t, "user", "reset", "anna", "--data", dir)
	if second := password.FindString(text); code != 0 || second == "" || second == first {
		t.Errorf("a new password: %d: %s", code, text)
	}
	if code, text := said(t, "user", "disable", "anna", "--data", dir); code != 0 || !strings.Contains(text, "may not log in") {
		t.Errorf("%d: %s", code, text)
	}
	if code, text := said(t, "user", "list", "--data", dir); code != 0 || !regexp.MustCompile(`anna  engineer  since \S+ \S+  disabled`).MatchString(text) || strings.Contains(text, "argon2") {
		t.Errorf("the list: %d: %s", code, text)
	}
	for _, verb := range []string{"reset", "disable"} {
		if code, text := said(t, "user", verb, "nobody", "--data", dir); code != 1 || !strings.Contains(text, "hotline user list") {
			t.Errorf("%s of nobody: %d: %s", verb, code, text)
		}
	}
}
