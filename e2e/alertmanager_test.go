package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// alerting is the configuration of an Alertmanager whose messages go to the house, one message for all alerts of a name.
const alerting = `
route: {receiver: hotline, group_by: [alertname], group_wait: 500ms, group_interval: 500ms, repeat_interval: 1h}
receivers:
  - name: hotline
    webhook_configs:
      - url: http://%s/api/v1/alerts/alertmanager
        send_resolved: true
        http_config: {authorization: {credentials_file: %s}}
`

// alertmanager runs a real Alertmanager that sends to the house with a token of contract rossi, and gives its address.
func alertmanager(t *testing.T, h *house) string {
	t.Helper()
	add := exec.Command(program(), "token", "add", "plant", "--scope", "alerts", "--contract", "rossi", "--data", h.data)
	add.Env = cleanEnvironment()
	secret, err := add.Output()
	if err != nil {
		t.Fatalf("adding a token: %v", err)
	}
	dir := t.TempDir()
	token, file := filepath.Join(dir, "token"), filepath.Join(dir, "alertmanager.yml")
	if err := errors.Join(os.WriteFile(token, bytes.TrimSpace(secret), 0o600), os.WriteFile(file, fmt.Appendf(nil, alerting, h.http, token), 0o600)); err != nil {
		t.Fatal(err)
	}
	at := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	beside(t, "prometheus-alertmanager", "--config.file="+file, "--storage.path="+dir, "--web.listen-address="+at, "--cluster.listen-address=")
	eventually(t, 30*time.Second, "the Alertmanager is ready", func() error { return sent("http://"+at+"/api/v2/alerts", []any{}) })
	return at
}

// sent posts a JSON value.
func sent(address string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	c := http.Client{Timeout: 5 * time.Second}
	answer, err := c.Post(address, "application/json", bytes.NewReader(text))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, answer.Status)
	}
	return nil
}

// TestARealAlertmanagerOpensAndEndsTickets: two alerts of one group are two tickets. One ends while the other fires, so that its
// group still fires: its ticket is closed, the other one stays open until its own end, and is then to be confirmed.
func TestARealAlertmanagerOpensAndEndsTickets(t *testing.T) {
	t.Parallel()
	h := open(t)
	beats(t, h)
	at := alertmanager(t, h)
	began := time.Now().UTC().Format(time.RFC3339)
	alert := func(host, severity string, more map[string]string) map[string]any {
		a := map[string]any{
			"labels":      map[string]string{"alertname": "DiskFull", "host": host, "severity": severity},
			"annotations": map[string]string{"summary": "the disk of " + host + " is full"}, "startsAt": began,
		}
		for k, v := range more {
			a[k] = v
		}
		return a
	}
	over := func() map[string]string { return map[string]string{"endsAt": time.Now().UTC().Format(time.RFC3339)} }
	says := func(what string, alerts []any, want ...string) {
		t.Helper()
		if err := sent("http://"+at+"/api/v2/alerts", alerts); err != nil {
			t.Fatal(err)
		}
		eventually(t, 30*time.Second, what, func() error {
			got, err := h.reported()
			if err == nil && strings.Join(got, ", ") != strings.Join(want, ", ") {
				err = fmt.Errorf("the tickets are %v, want %v", got, want)
			}
			return err
		})
	}
	says("each alert has a ticket", []any{alert("pbx1", "critical", nil), alert("pbx2", "warning", nil)}, "blocking open", "non_blocking open")
	says("one is over", []any{alert("pbx1", "critical", nil), alert("pbx2", "warning", over())}, "blocking open", "non_blocking closed")
	says("the other one is over", []any{alert("pbx1", "critical", over())}, "blocking restored", "non_blocking closed")
}

// beats has a job beat over HTTP: the addresses of heartbeats are open to whoever has the key, and to nobody else.
func beats(t *testing.T, h *house) {
	t.Helper()
	var given struct{ Key string }
	doc := map[string]any{"contract": "rossi", "title": "the backup", "period_seconds": 3600, "grace_seconds": 60}
	_, put := h.call(http.MethodPut, "/api/v1/heartbeats/backup", doc, &struct{}{})
	_, post := h.call(http.MethodPost, "/api/v1/heartbeats/backup/key", nil, &given)
	if err := errors.Join(put, post); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{given.Key: 200, given.Key + "/start?rid=a": 200, given.Key + "/0?rid=a": 200, given.Key + "/log": 200, given.Key + "/x": 400, "nobody": 404} {
		answer, err := (&http.Client{Timeout: 5 * time.Second}).Get("http://" + h.http + "/ping/" + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("/ping/%s answers %s, want %d", path, answer.Status, want)
		}
	}
}

// reported are category and state of each ticket that has come from an installation of rossi, by category.
func (h *house) reported() (list []string, err error) {
	for _, category := range []string{"blocking", "non_blocking"} {
		var page struct {
			Tickets []struct{ State, Channel string }
		}
		if _, err := h.call(http.MethodGet, "/api/v1/tickets?"+url.Values{"contract": {"rossi"}, "category": {category}}.Encode(), nil, &page); err != nil {
			return nil, err
		}
		for _, k := range page.Tickets {
			if k.Channel == "alert" {
				list = append(list, category+" "+k.State)
			}
		}
	}
	return list, nil
}
