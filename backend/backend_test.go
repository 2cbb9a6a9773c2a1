package backend_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/backend"
)

func shell(script string) backend.Program {
	return backend.Program{Argv: []string{"sh", "-c", script, "program", "{text}"}, Timeout: 5 * time.Minute} // it has the lowest priority
}

func TestAProgramIsBounded(t *testing.T) {
	t.Setenv("HOTLINE_TOKEN", "secret")
	for _, c := range []struct {
		what    string
		program backend.Program
		answer  string
		err     string // a part of it; empty: it answers
		is      error
	}{
		{"it gets its text and its input", shell(`printf '%s ' "$1"; cat`), "a b input", "", nil},
		{"it gets nothing of our environment", shell(`env | grep -c HOTLINE; true`), "0\n", "", nil},
		{"it may write so much", shell(`head -c 100 /dev/zero | tr '\0' a`), strings.Repeat("a", 100), "", nil},
		{"and no more", shell(`yes`), "", "more than 100 octets", backend.ErrLarge},
		{"it fails", shell(`echo no licence >&2; exit 3`), "", "exit status 3: no licence", nil},
		{"it says on its output why it fails", shell(`echo invoice.pdf: Eicar FOUND; exit 1`), "", "exit status 1: invoice.pdf: Eicar FOUND", nil},
		{"it complains without end and fails", shell(`yes complaint | head -c 1000000 >&2; exit 3`), "", "exit status 3: complaint", nil},
		{"it hangs with a child", backend.Program{Argv: []string{"sh", "-c", "sleep 300 & sleep 300"}, Timeout: 200 * time.Millisecond}, "", "did not end within 200ms", context.DeadlineExceeded},
		{"it is not installed", backend.Program{Argv: []string{"no-such-program"}}, "", "no-such-program", backend.ErrMissing},
		{"it is not named", backend.Program{}, "", "no such program", backend.ErrMissing},
	} {
		answer, err := c.program.Output(t.Context(), backend.Run{Fill: strings.NewReplacer("{text}", "a b"), Input: []byte("input"), Most: 100})
		fails := c.err != "" || c.is != nil
		if string(answer) != c.answer || (err != nil) != fails || fails && (!strings.Contains(err.Error(), c.err) || !errors.Is(err, c.is) && c.is != nil) {
			t.Errorf("%s: %q, %v", c.what, answer, err)
		}
	}
}

// The bound of its files is there at its first instant: a child that it starts then would have none otherwise, and fills the disk.
func TestFilesOfAProgramAndOfItsChildrenAreBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "said")
	for _, script := range []string{`ulimit -f`, `sh -c "ulimit -f" & wait`} {
		got, err := shell(script).Output(t.Context(), backend.Run{Fill: strings.NewReplacer(), Most: 100, File: 1000})
		if err != nil || string(got) != "2\n" {
			t.Errorf("%s: %q, %v; two blocks of 512 octets are what it may write", script, got, err)
		}
	}
	for octets, fails := range map[string]bool{"1000": false, "5000": true} {
		_, err := shell(`head -c `+octets+` /dev/zero >"$1"`).Output(t.Context(), backend.Run{Fill: strings.NewReplacer("{text}", file), Most: 100, File: 1000})
		if (err != nil) != fails {
			t.Errorf("a file of %s octets: %v", octets, err)
		}
	}
}

// What a program leaves behind is ended, also where the program itself went well.
func TestWhatAProgramLeavesBehindIsEnded(t *testing.T) {
	pid, err := shell(`sleep 300 >/dev/null 2>&1 & echo $!`).Output(t.Context(), backend.Run{Fill: strings.NewReplacer(), Most: 100})
	if err != nil {
		t.Fatal(err)
	}
	lives := func() bool {
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
		return err == nil && !strings.Contains(string(stat), ") Z ")
	}
	for end := time.Now().Add(time.Minute); lives(); {
		if time.Now().After(end) {
			t.Fatal("it goes on")
		}
	}
}

func TestAServersAnswerIsBounded(t *testing.T) {
	answer := func(http.ResponseWriter) {}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer sesame" {
			t.Errorf("it is asked with %q", got)
		}
		answer(w)
	}))
	defer server.Close()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := backend.Server{URL: server.URL, KeyFile: key, Timeout: time.Minute}
	ask := func() ([]byte, error) {
		return s.Post(t.Context(), backend.Question{Type: "text/plain", Body: strings.NewReader("?"), Most: 100})
	}
	answer = func(w http.ResponseWriter) { fmt.Fprint(w, strings.Repeat("a", 100)) }
	if got, err := ask(); err != nil || len(got) != 100 {
		t.Errorf("%d octets, %v", len(got), err)
	}
	answer = func(w http.ResponseWriter) { fmt.Fprint(w, strings.Repeat("a", 101)) }
	if _, err := ask(); !errors.Is(err, backend.ErrAnswer) {
		t.Errorf("an octet too many: %v", err)
	}
	answer = func(w http.ResponseWriter) { http.Error(w, "no model", http.StatusNotFound) }
	if _, err := ask(); !errors.Is(err, backend.ErrAnswer) || !strings.Contains(err.Error(), "404") || !strings.Contains(err.Error(), "no model") {
		t.Errorf("another status: %v", err)
	}
	over := make(chan struct{})
	defer close(over)
	answer = func(http.ResponseWriter) { <-over }
	s.Timeout = 100 * time.Millisecond
	if _, err := ask(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a server that hangs: %v", err)
	}
	if err := os.WriteFile(key, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("an empty key: %v", err)
	}
}
