package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestClosuresAreImportedByTheRunningProgram(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.Method != http.MethodPost || r.URL.Path != "/api/v1/calendars/office/closures" || r.Header.Get("Content-Type") != "text/calendar":
			w.WriteHeader(http.StatusNotFound)
		case string(body) != "BEGIN:VCALENDAR":
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"detail":"validation failed","errors":[{"location":"body","message":"line 1: bad iCalendar file"}]}`))
		case r.URL.Query().Get("running") == "":
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"detail":"1 deadlines would move"}`))
		default:
			_, _ = w.Write([]byte(`{"exceptions":[],"import":{"dates":2,"days":1,"left_out":[{"line":9,"why":"the event is cancelled"}]}}`))
		}
	}))
	defer api.Close()
	good, bad := filepath.Join(t.TempDir(), "good.ics"), filepath.Join(t.TempDir(), "bad.ics")
	for file, text := range map[string]string{good: "BEGIN:VCALENDAR", bad: "?"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) (int, string) {
		return said(t, append([]string{"calendar", "import", "office", "--api", api.URL, "--token", "secret"}, args...)...)
	}
	if code, text := run(good, "--running", "follow"); code != 0 || text != "Calendar office: 2 single dates and 1 days of every year were taken from "+good+".\nNot taken: line 9: the event is cancelled\n" {
		t.Errorf("%d: %s", code, text)
	}
	if code, text := run(good); code != 1 || !strings.Contains(text, "1 deadlines would move") {
		t.Errorf("%d: %s", code, text)
	}
	if code, text := run(bad); code != 1 || !strings.Contains(text, "body: line 1: bad iCalendar file") {
		t.Errorf("%d: %s", code, text)
	}
	if code, text := run(good + ".none"); code != 1 || !strings.Contains(text, "reading the closures") {
		t.Errorf("%d: %s", code, text)
	}
}
