package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestAnErrorOfTheSystemSaysWhatToDo: of each error that a full, closed or foreign disk gives, whichever command meets it.
func TestAnErrorOfTheSystemSaysWhatToDo(t *testing.T) {
	for number, says := range map[syscall.Errno]string{
		syscall.ENOSPC: "make room", syscall.EDQUOT: "make room", syscall.EACCES: "run this as the user", syscall.EPERM: "run this as the user", syscall.EROFS: "can be written",
		syscall.ENOTDIR: "name another place", syscall.EISDIR: "name another place", syscall.EMFILE: "limit of open files", syscall.EADDRNOTAVAIL: "does not have that address",
	} {
		err := fmt.Errorf("writing x.wav: %w", &os.PathError{Op: "open", Path: "x.wav", Err: number})
		if got := remedy(err); !strings.Contains(got, says) {
			t.Errorf("%v: %q does not say %q", err, got, says)
		}
	}
	if got := remedy(errFailed); got != "" {
		t.Errorf("%q is said of what is no error of the system", got)
	}
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, wrong strings.Builder
	code := run(t.Context(), []string{"token", "list", "--data", file + "/data"}, streams{strings.NewReader(""), &out, &wrong})
	if code != 1 || !strings.Contains(wrong.String(), file) || !strings.Contains(wrong.String(), "name another place") {
		t.Errorf("%d: %s", code, wrong.String())
	}
}
