package agents

import (
	"errors"
	"net/http"
	"strings"

	"hotline/agent/protocol"
	"hotline/agent/receiver"
	"hotline/web/form"
	"hotline/web/ui"
)

// agentOctets is as much as the form of an agent may have.
const agentOctets = 1 << 20

// checks are the checks of a form. A row without an id and a target is none.
func checks() form.Parts {
	return form.Parts{Name: "checks-%d-%s", API: "checks", Marks: []string{"id", "target"}, Blank: 2, Most: protocol.ChecksMost}
}

// document is how agents are written. A new one gets its token at once, which is shown on the page that answers.
func (h Handlers) document() form.Document[receiver.Agent] {
	d := form.Document[receiver.Agent]{
		Kind: "agent", Path: "/agents", List: "/agents", ListTitle: "agents", New: "agents-new",
		Version: func(a receiver.Agent) int { return a.Version }, Fields: fields, Said: h.said, Log: h.Log,
		From: func(r *ui.Request) (receiver.Agent, error) {
			return receiver.Agent{Contract: r.FormValue("contract"), Installation: r.FormValue("installation")}, nil
		},
		Wrote: func(r *ui.Request, was, made receiver.Agent) (string, *ui.Page, error) {
			if was.Version > 0 || h.Renew == nil {
				return "/agents", nil, nil
			}
			answer, err := h.give(r, made.ID)
			return "", answer, err
		},
		Delete: func(r *ui.Request, id string, version int) error {
			if h.Retire == nil {
				return &ui.Refusal{Status: http.StatusConflict, ID: "agents-closed"}
			}
			return h.Retire(r.Context(), id, version, r.Now)
		},
	}
	if h.Store != nil { // the table of rules is made without one
		d.Read, d.Put = h.Store.Agent, h.Store.PutAgent
	}
	return d
}

func fields(r *ui.Request, a receiver.Agent) (list form.Fields, err error) {
	if a.Version == 0 {
		list = append(list,
			form.Field{Name: "id", Label: r.T("form-id"), Kind: form.Text, Most: 63, Needed: true, Help: r.T("form-id-text")},
			form.Field{Name: "contract", Label: r.T("page-contract"), Value: a.Contract, Kind: form.Text, Most: 100, Needed: true},
			form.Field{Name: "installation", Label: r.T("agents-installation"), Value: a.Installation, Kind: form.Text, Most: 100, Help: r.T("alerts-installation-text")},
		)
	} else {
		list = append(list, form.Field{Kind: form.Note, Label: r.T("agents-stays", agent{Agent: a}.Where())})
	}
	c := a.Configuration
	list = append(list,
		form.Field{Name: "line", Label: r.T("agents-line"), Value: c.Line, Kind: form.Text, Most: 500, Help: r.T("agents-line-text")},
		form.Field{Name: "product", Label: r.T("agents-product"), Value: c.Product, Kind: form.Text, Most: 63, Help: r.T("agents-product-text")},
		form.Field{Name: "release_file", Label: r.T("agents-release-file"), Value: c.ReleaseFile, Kind: form.Text, Most: 500},
	)
	for i := range checks().Rows(r, len(c.Checks)) {
		k := protocol.Check{}
		if i < len(c.Checks) {
			k = c.Checks[i]
		}
		list = append(list, checkFields(r, i, k)...)
	}
	return list, nil
}

// checkFields are those of one check.
func checkFields(r *ui.Request, i int, k protocol.Check) form.Fields {
	legend := r.T("agents-check-number", i+1)
	kinds := []form.Option{}
	for _, kind := range protocol.Kinds() {
		kinds = append(kinds, form.Option{Value: string(kind), Name: r.T("agents-kind-" + string(kind))})
	}
	text := func(name, value string, most int, more bool) form.Field {
		return form.Field{Name: checks().At(i, name), Label: r.T("agents-" + name), Value: value, Kind: form.Text, Most: most, Group: legend, More: more}
	}
	number := func(name string, n, least, most int) form.Field {
		return form.Field{Name: checks().At(i, name), Label: r.T("agents-" + name), Value: form.Count(n), Kind: form.Number, Least: least, Most: most, Group: legend, More: true}
	}
	kind := text("kind", string(k.Kind), 20, false)
	kind.Kind, kind.Options = form.Choice, kinds
	any := text("any_certificate", form.Ticked(k.Untrusted), 3, true)
	any.Kind = form.Tick
	return form.Fields{
		text("id", k.ID, 63, false), kind, text("target", k.Target, 500, false), text("title", k.Title, 200, false), text("severity", k.Severity, 50, false),
		number("every_seconds", k.Every, 5, 86400), number("timeout_seconds", k.Timeout, 1, 60), number("failures", k.Failures, 1, 100), number("successes", k.Successes, 1, 100),
		number("free_percent", k.Free, 1, 99), number("count", k.Count, 1, 1000), number("status", k.Status, 100, 599), text("contains", k.Contains, 200, true), any,
		number("days", k.Days, 1, 1000), text("server_name", k.ServerName, 200, true),
	}
}

func (h Handlers) said(_ *ui.Request, id string, f form.Fields, stands receiver.Agent) (receiver.Agent, error) {
	a := receiver.Agent{ID: id, Contract: stands.Contract, Installation: stands.Installation, Version: stands.Version}
	if stands.Version == 0 {
		a.Contract, a.Installation = f.Value("contract"), f.Value("installation")
	}
	a.Configuration = protocol.Configuration{Line: f.Value("line"), Product: f.Value("product"), ReleaseFile: f.Value("release_file")}
	rows := checks().Said(f)
	for _, i := range rows {
		text := func(name string) string { return f.Value(checks().At(i, name)) }
		number := func(name string) int { return f.Number(checks().At(i, name)) }
		a.Configuration.Checks = append(a.Configuration.Checks, protocol.Check{
			ID: text("id"), Kind: protocol.Kind(text("kind")), Target: text("target"), Title: text("title"), Severity: text("severity"), Every: number("every_seconds"), Timeout: number("timeout_seconds"),
			Failures: number("failures"), Successes: number("successes"), Free: number("free_percent"), Count: number("count"), Status: number("status"), Contains: text("contains"),
			Untrusted: text("any_certificate") != "", Days: number("days"), ServerName: text("server_name"),
		})
	}
	if !h.Contract(a.Contract) {
		return a, &form.Refusal{Field: "contract", Text: "there is no contract " + a.Contract}
	}
	return a, refused(a.Check(stands), rows)
}

// refused is what is wrong with an agent, by the field of the form.
func refused(err error, rows []int) error {
	var wrong *protocol.WrongError
	if !errors.As(err, &wrong) {
		return err
	}
	return &form.Refusal{Field: checks().Field(wrong.Field, rows), Text: wrong.Problem}
}

// File is the agent's own file, with its token and the key of its heartbeat.
func (p page) File() string {
	return strings.Join([]string{"server: " + p.Server, "token: " + p.Token, "heartbeat: " + p.Heartbeat}, "\n") + "\n"
}

// Commands are what is entered on the machine there.
func (p page) Commands() string {
	return strings.Join([]string{"hotline agent check /etc/hotline-agent/agent.yaml", "hotline agent --config /etc/hotline-agent/agent.yaml --once", "systemctl enable --now hotline-agent"}, "\n")
}
