package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheDoctorSaysWhatZammadLacks: what the bridge finds is told, and is not well.
func TestTheDoctorSaysWhatZammadLacks(t *testing.T) {
	for name, c := range map[string]struct {
		check, findings string
		code            int
		text            string
	}{
		"all is well": {"ok", `[]`, 0, "bridge: ok\n"},
		"it fails":    {"failing", `["asking Zammad: refused"]`, 1, "bridge: failing; tickets do not follow in Zammad"},
		"a group":     {"ok", `["the user may not change in group \"Sales\""]`, 1, "bridge: the user may not change in group \"Sales\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				status := "ok"
				if c.check != "ok" {
					status = "warning"
				}
				_, _ = io.WriteString(w, map[string]string{
					"/api/v1/health": `{"status":"` + status + `","checks":{"bridge":"` + c.check + `"}}`, "/api/v1/oncall/readiness": `{"ready":true,"lines":[]}`, "/api/v1/bridge": `{"findings":` + c.findings + `}`,
				}[r.URL.Path])
			}))
			defer api.Close()
			code, text := said(t, "doctor", "--api", api.URL, "--token", "secret")
			if code != c.code || !strings.Contains(text, c.text) || strings.Contains(text, "All is well.") != (c.code == 0) {
				t.Errorf("%d: %s", code, text)
			}
		})
	}
}

// TestTheDoctorKnowsARemedyForEveryTrouble: whatever health may say, but ok, has a line that says what to do.
func TestTheDoctorKnowsARemedyForEveryTrouble(t *testing.T) {
	health, err := os.ReadFile(filepath.Join("..", "..", "admin", "health.go"))
	if err != nil {
		t.Fatal(err)
	}
	states := []string{"store failing", "line failing", "disk failing"}
	for _, m := range regexp.MustCompile(`Checks\["(\w+)"\] = "(\w+)"`).FindAllStringSubmatch(string(health), -1) {
		states = append(states, m[1]+" "+m[2])
	}
	_, rota, _ := strings.Cut(string(health), "func (s *server) rota(")
	for _, m := range regexp.MustCompile(`return "(\w+)"`).FindAllStringSubmatch(rota, -1) {
		states = append(states, "rota "+m[1])
	}
	if len(states) < 12 {
		t.Errorf("only these states were found: %q", states)
	}
	for _, state := range states {
		if !strings.HasSuffix(state, " ok") && remedies()[state] == "" {
			t.Errorf("hotline doctor says nothing of what to do about %q", state)
		}
	}
}

// TestWhoMisusesACommandIsToldWhereItIsExplained: a missing flag, a missing argument and a word too many.
func TestWhoMisusesACommandIsToldWhereItIsExplained(t *testing.T) {
	for line, want := range map[string]string{
		"doctor":                  "missing flags: --token=STRING; see hotline doctor --help",
		"oncall replay":           "missing flags: --token=STRING; see hotline oncall replay --help",
		"alerts try":              `expected "<file> ..."; see hotline alerts try --help`,
		"serve here":              "unexpected argument here; see hotline serve --help",
		"doctor --tokne x":        "unknown flag --tokne, did you mean \"--token\"?; see hotline doctor --help",
		"sing":                    "unexpected argument sing; see hotline --help",
		"agent check a.yaml more": "unexpected argument more; see hotline agent check --help",
	} {
		if code, text := said(t, strings.Fields(line)...); code != 2 || !strings.Contains(text, want) {
			t.Errorf("hotline %s: %d, %q; want %q", line, code, text, want)
		}
	}
}
