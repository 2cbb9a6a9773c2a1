package format

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"hotline/intake"
)

// nativeAlert is one alert in hotline's own form. Unknown fields are refused: a misspelt "resolved" would leave a problem open.
type nativeAlert struct {
	Fingerprint  string            `json:"fingerprint"`
	Status       string            `json:"status"`   // "firing" or "resolved"
	Resolved     *bool             `json:"resolved"` // the same, for those who prefer it
	Severity     string            `json:"severity"`
	Title        string            `json:"title"`
	Text         string            `json:"text"`
	Installation string            `json:"installation"`
	Labels       map[string]string `json:"labels"` // stand in the ticket's text
}

type nativeMessage struct {
	Alerts    []nativeAlert `json:"alerts"`
	Truncated int           `json:"truncated"`
}

// native reads {"alerts": [...]}, a list of alerts, or one alert.
func native(_ http.Header, body []byte) (intake.Batch, error) {
	m, at, err := nativeOf(body)
	if err != nil {
		return intake.Batch{}, err
	}
	b := intake.Batch{Truncated: max(0, m.Truncated)}
	for i, a := range m.Alerts {
		alert, err := a.alert(at(i))
		if err != nil {
			return intake.Batch{}, err
		}
		b.Alerts = append(b.Alerts, alert)
	}
	return b, nil
}

// nativeOf tells the three forms apart; at tells where the alert of an index stands.
func nativeOf(body []byte) (m nativeMessage, at func(i int) string, err error) {
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		err = decode(body, &m.Alerts, true)
		return m, func(i int) string { return fmt.Sprintf("[%d].", i) }, err
	}
	var shape object
	if err := decode(body, &shape, false); err != nil {
		return m, nil, err
	}
	if _, many := shape["alerts"]; many {
		err = decode(body, &m, true)
		return m, func(i int) string { return fmt.Sprintf("alerts[%d].", i) }, err
	}
	m.Alerts = make([]nativeAlert, 1)
	err = decode(body, &m.Alerts[0], true)
	return m, func(int) string { return "" }, err
}

func (a nativeAlert) alert(at string) (intake.Alert, error) {
	alert := intake.Alert{Fingerprint: strings.TrimSpace(a.Fingerprint), Severity: a.Severity, Title: a.Title, Text: a.Text, Installation: a.Installation, Labels: a.Labels}
	if more := labels(a.Labels); more != "" {
		alert.Text = strings.TrimSpace(alert.Text + "\n" + more)
	}
	switch strings.ToLower(a.Status) {
	case "", "firing":
		alert.Resolved = a.Resolved != nil && *a.Resolved
	case "resolved":
		alert.Resolved = true
	default:
		return alert, wrong(at+"status", "%.40q is none; use firing or resolved", a.Status)
	}
	switch {
	case strings.EqualFold(a.Status, "resolved") && a.Resolved != nil && !*a.Resolved, strings.EqualFold(a.Status, "firing") && alert.Resolved:
		return alert, wrong(at+"resolved", "it says otherwise than status; send one of the two")
	case alert.Fingerprint == "":
		return alert, wrong(at+"fingerprint", "it is missing: give each problem a name of its own, the same when it is over")
	case strings.TrimSpace(a.Title) == "" && !alert.Resolved:
		return alert, wrong(at+"title", "it is missing: say in a line what is wrong")
	}
	return alert, nil
}
