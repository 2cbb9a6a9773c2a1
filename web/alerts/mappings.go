package alerts

import (
	"errors"
	"html/template"

	"hotline/intake"
	"hotline/intake/format"
	"hotline/web/form"
	"hotline/web/ui"
)

// mappings is how mappings are written. A form may have a message with it, which is tried by the mapping as it is written there.
func (h Handlers) mappings(t trial) form.Document[intake.Mapping] {
	d := form.Document[intake.Mapping]{
		Kind: "alert mapping", Path: "/alerts/mappings", List: "/alerts", ListTitle: "alerts", New: "alerts-mapping-new",
		Version: func(m intake.Mapping) int { return m.Version }, Said: h.mappingSaid, Log: h.Log,
		Fields: func(r *ui.Request, m intake.Mapping) (form.Fields, error) {
			return append(mappingFields(r, m), t.fields(r, nil)...), nil
		},
		Looks: form.Looks[intake.Mapping]{Try: "alerts-try-do", Preview: func(r *ui.Request, m intake.Mapping, f form.Fields) (template.HTML, error) {
			policy, err := t.policy(r, "")
			if err != nil {
				return "", err
			}
			return t.preview(r, "", &m, policy, f)
		}},
	}
	if h.Store != nil { // the table of rules is made without one
		d.Read, d.Put = h.Store.AlertMapping, h.Store.PutAlertMapping
		d.Delete = func(r *ui.Request, id string, version int) error {
			return h.Store.DeleteAlertMapping(r.Context(), id, version)
		}
	}
	return d
}

// expressionMost bounds an expression, in characters.
const expressionMost = 4000

func mappingFields(r *ui.Request, m intake.Mapping) (list form.Fields) {
	if m.Version == 0 {
		list = append(list, form.Field{Name: "id", Label: r.T("form-id"), Kind: form.Text, Most: 63, Needed: true, Help: r.T("alerts-mapping-id")})
	}
	list = append(list, form.Field{Kind: form.Note, Label: r.T("alerts-mappings-text")})
	for _, one := range []struct {
		name, value string
		needed      bool
	}{
		{"alerts", m.Alerts, false}, {"fingerprint", m.Fingerprint, true}, {"severity", m.Severity, false}, {"title", m.Title, true}, {"text", m.Text, false},
		{"installation", m.Installation, false}, {"resolved", m.Resolved, false}, {"skip", m.Skip, false}, {"labels", m.Labels, false},
	} {
		list = append(list, form.Field{
			Name: one.name, Label: r.T("alerts-mapping-" + one.name), Value: one.value, Kind: form.Lines, Most: expressionMost, Needed: one.needed, Help: r.T("alerts-mapping-" + one.name + "-text"),
		})
	}
	return list
}

func (h Handlers) mappingSaid(_ *ui.Request, id string, f form.Fields, stands intake.Mapping) (intake.Mapping, error) {
	m := intake.Mapping{
		ID: id, Alerts: f.Value("alerts"), Fingerprint: f.Value("fingerprint"), Severity: f.Value("severity"), Title: f.Value("title"), Text: f.Value("text"),
		Installation: f.Value("installation"), Resolved: f.Value("resolved"), Skip: f.Value("skip"), Labels: f.Value("labels"), Version: stands.Version,
	}
	err := format.Sound(m, h.Taken...)
	var wrong *format.Error
	if errors.As(err, &wrong) {
		err = &form.Refusal{Field: wrong.At, Text: wrong.Problem}
	}
	return m, err
}
