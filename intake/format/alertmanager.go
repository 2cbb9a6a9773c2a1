package format

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"hotline/intake"
)

// webhook is the message of Alertmanager's webhook receiver, version "4" (prometheus.io/docs/alerting, webhook_config), and of
// Grafana's, which has the same alerts. The status of the group says nothing of its alerts and is not read.
type webhook struct {
	Version   string         `json:"version"`
	Truncated int            `json:"truncatedAlerts"`
	Alerts    []webhookAlert `json:"alerts"`
}

type webhookAlert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Generator   string            `json:"generatorURL"`
	Fingerprint string            `json:"fingerprint"`
}

func alertmanager(_ http.Header, body []byte) (intake.Batch, error) {
	var m webhook
	if err := decode(body, &m, false); err != nil {
		return intake.Batch{}, err
	}
	if m.Version != "4" {
		return intake.Batch{}, wrong("version", "%.20q is not known; Alertmanager's webhook has version \"4\"", m.Version)
	}
	return m.batch()
}

func (m webhook) batch() (intake.Batch, error) {
	if m.Alerts == nil {
		return intake.Batch{}, wrong("alerts", "the list is missing")
	}
	b := intake.Batch{Truncated: max(0, m.Truncated)}
	for i, a := range m.Alerts {
		alert, err := a.alert(fmt.Sprintf("alerts[%d]", i))
		if err != nil {
			return intake.Batch{}, err
		}
		b.Alerts = append(b.Alerts, alert)
	}
	return b, nil
}

func (a webhookAlert) alert(at string) (intake.Alert, error) {
	if a.Status != "firing" && a.Status != "resolved" {
		return intake.Alert{}, wrong(at+".status", "%.40q is none; it is firing or resolved", a.Status)
	}
	if a.Fingerprint == "" && len(a.Labels) == 0 {
		return intake.Alert{}, wrong(at+".labels", "there are none, and no fingerprint")
	}
	name := a.Labels["alertname"]
	title := cmp.Or(a.Annotations["summary"], a.Annotations["title"], name, "an alert without a name")
	text := a.Annotations["description"]
	if text == "" {
		text = a.Annotations["message"]
	}
	for _, more := range []string{labels(a.Labels), a.Annotations["runbook_url"], a.Generator} {
		if more != "" {
			text = strings.TrimSpace(text + "\n" + more)
		}
	}
	return intake.Alert{
		Fingerprint: cmp.Or(a.Fingerprint, ofLabels(a.Labels)), Resolved: a.Status == "resolved", Title: title, Text: text,
		Severity: cmp.Or(a.Labels["severity"], a.Labels["priority"], a.Annotations["severity"]), Installation: a.Labels["installation"], Labels: a.Labels,
	}, nil
}

// ofLabels names an alert by its labels, as those of old Alertmanagers have no fingerprint.
func ofLabels(m map[string]string) string {
	h := sha256.New()
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(h, "%q=%q,", k, m[k])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
