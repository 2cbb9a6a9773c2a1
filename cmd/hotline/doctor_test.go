package main

import (
	"io"
	"net/http"
	"net/http/httptest"
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
