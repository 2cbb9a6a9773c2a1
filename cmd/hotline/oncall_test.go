package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestOnCallIsAskedOfTheRunningProgram(t *testing.T) {
	ready, asked, planned := false, "", ""
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.Path + "?" + r.URL.RawQuery
		switch r.URL.Path {
		case "/api/v1/health":
			if ready {
				_, _ = w.Write([]byte(`{"status":"ok","checks":{"store":"ok","line":"ok","disk":"ok","rota":"ok"}}`))
				return
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"status":"failing","checks":{"store":"failing","line":"ok","disk":"ok","rota":"unproven"}}`))
		case "/api/v1/oncall/readiness":
			if ready {
				_, _ = w.Write([]byte(`{"ready":true,"lines":[]}`))
				return
			}
			_, _ = w.Write([]byte(`{"ready":false,"lines":["rota main: nobody with a telephone is on call","Anna (anna) has proven no telephone"]}`))
		case "/api/v1/oncall/at":
			_, _ = w.Write([]byte(`{"at":"2026-12-24T17:00:00Z","rotas":[{"rota":"main","zone":"Europe/Rome","on_call":[{"name":"Marco","level":1,"why":"swap 1","for":"anna"}]},{"rota":"night","zone":"UTC","on_call":[]}],
				"plan":{"note":"it rings","steps":[{"at_once":true,"phones":[{"name":"Marco","phone":"sip:marco"},{"name":"Sara","phone":"06"}]}]}}`))
		case "/api/v1/oncall/replay":
			var body struct {
				Since        time.Time
				Rota, Policy struct{ ID string }
			}
			if json.NewDecoder(r.Body).Decode(&body) != nil || body.Rota.ID != "main" || body.Policy.ID != planned || time.Since(body.Since) < 29*24*time.Hour {
				w.WriteHeader(http.StatusUnprocessableEntity)
				return
			}
			_, _ = w.Write([]byte(`{"lines":["ticket 417: marco accepts"]}`))
		}
	}))
	defer api.Close()
	run := func(args ...string) (int, string) {
		return said(t, append([]string{"oncall", args[0], "--api", api.URL, "--token", "secret"}, args[1:]...)...)
	}
	if code, text := run("check"); code != 1 || !strings.Contains(text, "nobody with a telephone") || !strings.Contains(text, "Anna (anna)") || !strings.HasSuffix(asked, "?days=14") {
		t.Errorf("%d: %s (%s)", code, text, asked)
	}
	ready = true
	if code, text := run("check", "--days", "3"); code != 0 || !strings.Contains(text, "for the next 3 days") {
		t.Errorf("%d: %s", code, text)
	}
	if code, text := run("who", "--at", "2026-12-24T18:00:00+01:00", "--contract", "rossi"); code != 0 || asked != "GET /api/v1/oncall/at?contract=rossi&t=2026-12-24T18%3A00%3A00%2B01%3A00" ||
		text != "rota main at 2026-12-24 18:00 CET:\n  level 1: Marco (swap 1), for anna\nrota night at 2026-12-24 17:00 UTC:\n  nobody\nrung all at once: Marco at sip:marco; Sara at 06\nit rings\n" {
		t.Errorf("%d: %s (%s)", code, text, asked)
	}
	ready = false
	if code, text := said(t, "doctor", "--api", api.URL, "--token", "secret"); code != 1 || !strings.Contains(text, "rota: unproven; nobody of those on call has proven") ||
		!strings.Contains(text, "store: failing; the database") || !strings.Contains(text, "line: ok\n") || !strings.Contains(text, "on call:\n  rota main: nobody with a telephone") {
		t.Errorf("%d: %s", code, text)
	}
	ready = true
	if code, text := said(t, "doctor", "--api", api.URL, "--token", "secret"); code != 0 || !strings.HasSuffix(text, "All is well.\n") {
		t.Errorf("%d: %s", code, text)
	}
	if code, text := run("who", "--at", "tomorrow"); code != 1 || !strings.Contains(text, "--at") {
		t.Errorf("%d: %s", code, text)
	}
	file := filepath.Join(t.TempDir(), "rota.json")
	if err := os.WriteFile(file, []byte(`{"id":"main"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, text := run("replay", "--rota", file, "--since", "30d"); code != 0 || !strings.HasPrefix(text, "ticket 417: marco accepts\n1 searches for an engineer since ") {
		t.Errorf("%d: %s", code, text)
	}
	planned = "main" // the file stands for a policy, too
	if code, text := run("replay", "--rota", file, "--policy", file); code != 0 || !strings.HasPrefix(text, "ticket 417: marco accepts\n") {
		t.Errorf("%d: %s", code, text)
	}
	for _, bad := range [][]string{{"replay"}, {"replay", "--rota", file + "x"}, {"replay", "--rota", file, "--since", "soon"}} {
		if code, text := run(bad...); code != 1 {
			t.Errorf("%v: %d: %s", bad, code, text)
		}
	}
}
