package format

import (
	"cmp"
	"net/http"
	"strings"

	"hotline/intake"
)

// grafana reads the webhook contact point of Grafana's unified alerting, whose alerts are those of Alertmanager, and the older
// message of one rule ("ruleId", "state").
func grafana(_ http.Header, body []byte) (intake.Batch, error) {
	var shape object
	if err := decode(body, &shape, false); err != nil {
		return intake.Batch{}, err
	}
	if _, unified := shape["alerts"]; unified || shape["ruleId"] == nil && shape["ruleName"] == nil {
		var m webhook
		if err := decode(body, &m, false); err != nil {
			return intake.Batch{}, err
		}
		return m.batch()
	}
	a := intake.Alert{
		Fingerprint: cmp.Or(shape.text("ruleId"), shape.text("ruleName")), Title: cmp.Or(shape.text("ruleName"), shape.text("title")),
		Text: strings.TrimSpace(shape.text("message") + "\n" + shape.text("ruleUrl")), Severity: shape.in("tags").text("severity"),
	}
	switch state := shape.text("state"); state {
	case "alerting", "no_data":
	case "ok":
		a.Resolved = true
	case "paused", "pending":
		a.Skip = "the rule is " + state
	default:
		return intake.Batch{}, wrong("state", "%.40q is none; it is alerting, no_data, ok, paused or pending", state)
	}
	return intake.Batch{Alerts: []intake.Alert{a}}, nil
}
