package format

import (
	"cmp"
	"net/http"
	"strings"

	"hotline/intake"
)

// uptimeKuma reads the webhook of Uptime Kuma in its JSON form: a monitor and its heartbeat. A message without a heartbeat is a
// test, or tells of a certificate.
func uptimeKuma(_ http.Header, body []byte) (intake.Batch, error) {
	var o object
	if err := decode(body, &o, false); err != nil {
		return intake.Batch{}, err
	}
	beat, monitor, said := o.in("heartbeat"), o.in("monitor"), o.text("msg")
	if beat == nil {
		if _, there := o["heartbeat"]; !there && said == "" {
			return intake.Batch{}, wrong("heartbeat", "it is missing: choose the content type application/json in Uptime Kuma")
		}
		return intake.Batch{Alerts: []intake.Alert{{Title: said, Skip: "a test, or a note about a certificate"}}}, nil
	}
	a := intake.Alert{
		Fingerprint: cmp.Or(monitor.text("id"), beat.text("monitorID"), monitor.text("name")), Title: cmp.Or(monitor.text("name"), "a monitor") + " is down",
		Text: strings.TrimSpace(cmp.Or(beat.text("msg"), said) + "\n" + monitor.text("url", "hostname")), Severity: "down",
	}
	switch status := beat.text("status"); status {
	case "0":
	case "1":
		a.Resolved = true
	case "2":
		a.Skip = "it is tried again before it is down"
	case "3":
		a.Skip = "maintenance"
	default:
		return intake.Batch{}, wrong("heartbeat.status", "%.40q is none; it is 0 for down, 1 for up, 2 for pending or 3 for maintenance", status)
	}
	if a.Fingerprint == "" {
		return intake.Batch{}, wrong("monitor.id", "it is missing")
	}
	return intake.Batch{Alerts: []intake.Alert{a}}, nil
}
