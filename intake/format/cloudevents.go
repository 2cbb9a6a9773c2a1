package format

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"hotline/intake"
)

// cloudEvents reads CloudEvents 1.0 (github.com/cloudevents/spec, HTTP protocol binding 1.0.2): structured, batched, and binary,
// where the headers ce-... say what it is and the body is the data.
func cloudEvents(h http.Header, body []byte) (intake.Batch, error) {
	if h.Get("Ce-Specversion") != "" {
		return binaryEvent(h, body)
	}
	var list []object
	at := func(i int) string { return fmt.Sprintf("[%d].", i) }
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		if err := decode(body, &list, false); err != nil {
			return intake.Batch{}, err
		}
	} else {
		list, at = make([]object, 1), func(int) string { return "" }
		if err := decode(body, &list[0], false); err != nil {
			return intake.Batch{}, err
		}
	}
	var b intake.Batch
	for i, e := range list {
		a, err := event(e, at(i))
		if err != nil {
			return intake.Batch{}, err
		}
		b.Alerts = append(b.Alerts, a)
	}
	return b, nil
}

// binaryEvent makes the structured form of a binary one. Values of headers are percent-encoded (section 3.1.3.2).
func binaryEvent(h http.Header, body []byte) (intake.Batch, error) {
	e := object{}
	for name, values := range h {
		attribute, ours := strings.CutPrefix(strings.ToLower(name), "ce-")
		if !ours || len(values) == 0 {
			continue
		}
		value, err := url.PathUnescape(values[0])
		if err != nil {
			value = values[0]
		}
		e[attribute] = value
	}
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	switch {
	case len(bytes.TrimSpace(body)) == 0:
	case err == nil && kind != "application/json" && !strings.HasSuffix(kind, "+json"):
		e["data"] = string(body)
	default:
		var data any
		if err := decode(body, &data, false); err != nil {
			return intake.Batch{}, err
		}
		e["data"] = data
	}
	a, err := event(e, "")
	if err != nil {
		return intake.Batch{}, err
	}
	return intake.Batch{Alerts: []intake.Alert{a}}, nil
}

// event makes an alert of an event: what it does not say in its data or as an extension follows from source, subject and type.
func event(e object, at string) (intake.Alert, error) {
	if v := e.text("specversion"); v != "1.0" {
		return intake.Alert{}, wrong(at+"specversion", "%.20q is not known; this is CloudEvents 1.0", v)
	}
	for _, required := range []string{"id", "source", "type"} {
		if e.text(required) == "" {
			return intake.Alert{}, wrong(at+required, "it is missing")
		}
	}
	data, err := dataOf(e, at)
	if err != nil {
		return intake.Alert{}, err
	}
	d, _ := data.(map[string]any)
	of := func(names ...string) string { return cmp.Or(object(d).text(names...), e.text(names...)) }
	stem, over := e.text("type"), false
	for _, ending := range []string{".resolved", ".cleared", ".ok", ".recovered"} {
		if s, cut := strings.CutSuffix(stem, ending); cut {
			stem, over = s, true
		}
	}
	for _, ending := range []string{".firing", ".raised", ".problem", ".triggered"} {
		stem = strings.TrimSuffix(stem, ending)
	}
	a := intake.Alert{
		Fingerprint: cmp.Or(of("fingerprint"), strings.Trim(e.text("source")+"#"+cmp.Or(e.text("subject"), stem), "#")), Severity: of("severity"),
		Title: cmp.Or(of("title", "summary"), object(d).text("message", "name"), strings.TrimSpace(stem+" "+e.text("subject"))), Text: object(d).text("text", "description"),
		Installation: of("installation"), Resolved: over,
	}
	if text, ok := data.(string); ok {
		a.Text = text
	}
	switch status := strings.ToLower(of("status", "state")); status {
	case "resolved", "ok", "cleared", "recovered":
		a.Resolved = true
	}
	if of("resolved") == "true" {
		a.Resolved = true
	}
	return a, nil
}

// dataOf is the data of an event: JSON, or a text.
func dataOf(e object, at string) (any, error) {
	encoded := e.text("data_base64")
	if encoded == "" {
		return e["data"], nil
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, wrong(at+"data_base64", "this is no base64")
	}
	var data any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&data) != nil {
		return string(raw), nil
	}
	return data, nil
}
