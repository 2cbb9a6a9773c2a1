package alerts

import (
	"errors"
	"fmt"
	"html/template"
	"strings"

	"hotline/intake"
	"hotline/sla"
	"hotline/web/form"
	"hotline/web/ui"
)

const spanMost = 7 * 24 * 3600

// rules are the rules of a form. A row without severities is none. The API has as many.
func rules() form.Parts {
	return form.Parts{Name: "rule-%d-%s", API: "rules", Marks: []string{"severities"}, Blank: 2, Most: 50}
}

// policies is how alert policies are written. A form may have a message with it, which is tried by the policy as it is written there.
func (h Handlers) policies(t trial) form.Document[intake.Policy] {
	d := form.Document[intake.Policy]{
		Kind: "alert policy", Path: "/alerts/policies", List: "/alerts", ListTitle: "alerts", New: "alerts-policy-new",
		Version: func(p intake.Policy) int { return p.Version }, Said: h.policySaid, Log: h.Log,
		From: func(r *ui.Request) (intake.Policy, error) {
			p := intake.Default()
			p.ID = r.FormValue("for")
			return p, nil
		},
		Fields: func(r *ui.Request, p intake.Policy) (form.Fields, error) {
			sources, err := t.sources(r)
			return append(policyFields(r, p), t.fields(r, sources)...), err
		},
		Looks: form.Looks[intake.Policy]{Try: "alerts-try-do", Preview: func(r *ui.Request, p intake.Policy, f form.Fields) (template.HTML, error) {
			return t.preview(r, f.Value("source"), nil, p, f)
		}},
	}
	if h.Store != nil { // the table of rules is made without one
		d.Read, d.Put = h.Store.AlertPolicy, h.Store.PutAlertPolicy
		d.Delete = func(r *ui.Request, id string, version int) error {
			return h.Store.DeleteAlertPolicy(r.Context(), id, version)
		}
	}
	return d
}

// categories are what alerts may become; same is put before them, where a rule may say nothing.
func categories(r *ui.Request, same bool) (list []form.Option) {
	if same {
		list = append(list, form.Option{Value: "", Name: r.T("alerts-night-same")})
	}
	for _, c := range sla.Categories() {
		list = append(list, form.Option{Value: string(c), Name: r.Words.Category(string(c))})
	}
	return append(list, form.Option{Value: string(intake.NoTicket), Name: r.T("alerts-no-ticket")})
}

func ruleFields(r *ui.Request, at, legend string, rule intake.Rule) form.Fields {
	return form.Fields{
		{Name: at + "-category", Label: r.T("alerts-becomes"), Value: string(rule.Category), Kind: form.Choice, Options: categories(r, false), Group: legend},
		{Name: at + "-night", Label: r.T("alerts-night"), Value: string(rule.Night), Kind: form.Choice, Options: categories(r, true), Group: legend},
	}
}

func policyFields(r *ui.Request, p intake.Policy) (list form.Fields) {
	if p.Version == 0 {
		list = append(list, form.Field{Name: "id", Label: r.T("alerts-policy-for"), Value: p.ID, Kind: form.Text, Most: 63, Needed: true, Help: r.T("alerts-policy-for-text")})
	}
	for i := range rules().Rows(r, len(p.Rules)) {
		at, legend, rule := fmt.Sprintf("rule-%d", i), r.T("alerts-rule", i+1), intake.Rule{Category: sla.NonBlocking}
		if i < len(p.Rules) {
			rule = p.Rules[i]
		}
		severities := form.Field{Name: at + "-severities", Label: r.T("alerts-severities"), Value: strings.Join(rule.Severities, ", "), Kind: form.Text, Most: 5000, Group: legend}
		list = append(append(list, severities), ruleFields(r, at, legend, rule)...)
	}
	list = append(list, ruleFields(r, "otherwise", r.T("alerts-otherwise"), p.Otherwise)...)
	seconds := func(name string, s intake.Seconds, group, help string) form.Field {
		return form.Field{Name: name, Label: r.T("alerts-" + name), Value: form.Count(s), Kind: form.Number, Least: 1, Most: spanMost, Needed: true, Group: group, Help: help}
	}
	again, storm, flapping := r.T("alerts-repeats"), r.T("alerts-storm"), r.T("alerts-flapping")
	return append(append(list,
		seconds("window", p.Window, again, ""), seconds("again", p.Again, again, ""),
		form.Field{Name: "storm.alerts", Label: r.T("alerts-storm.alerts"), Value: form.Count(p.Storm.Alerts), Kind: form.Number, Least: 2, Most: 1000, Needed: true, Group: storm},
		seconds("storm.within", p.Storm.Within, storm, ""), seconds("storm.quiet", p.Storm.Quiet, storm, ""),
		form.Field{Name: "flapping.changes", Label: r.T("alerts-flapping.changes"), Value: form.Count(p.Flapping.Changes), Kind: form.Number, Least: 3, Most: 21, Needed: true, Group: flapping},
		seconds("flapping.within", p.Flapping.Within, flapping, ""), seconds("flapping.quiet", p.Flapping.Quiet, flapping, ""),
	), dependsFields(r, p)...)
}

func (h Handlers) policySaid(_ *ui.Request, id string, f form.Fields, stands intake.Policy) (intake.Policy, error) {
	p := intake.Policy{
		ID: id, Version: stands.Version, Window: seconds(f, "window"), Again: seconds(f, "again"),
		Storm:    intake.Storm{Alerts: f.Number("storm.alerts"), Within: seconds(f, "storm.within"), Quiet: seconds(f, "storm.quiet")},
		Flapping: intake.Flapping{Changes: f.Number("flapping.changes"), Within: seconds(f, "flapping.within"), Quiet: seconds(f, "flapping.quiet")},
		Labels:   intake.Labels{Product: f.Value("labels.product"), Version: f.Value("labels")},
	}
	depends, waits := dependsSaid(f)
	p.Depends = depends
	rule := func(at string) intake.Rule {
		return intake.Rule{Category: sla.Category(f.Value(at + "-category")), Night: sla.Category(f.Value(at + "-night"))}
	}
	rows := rules().Said(f)
	for _, i := range rows {
		at := fmt.Sprintf("rule-%d", i)
		one := rule(at)
		for s := range strings.SplitSeq(f.Value(at+"-severities"), ",") {
			if s = strings.TrimSpace(s); s != "" {
				one.Severities = append(one.Severities, s)
			}
		}
		p.Rules = append(p.Rules, one)
	}
	p.Otherwise = rule("otherwise")
	if stands.Version == 0 && id != intake.DefaultPolicy && !h.Contract(id) {
		return p, &form.Refusal{Field: "id", Text: "there is no contract " + id + "; the policy of the house is named default"}
	}
	return p, refusedPolicy(p.Check(), rows, waits)
}

func seconds(f form.Fields, name string) intake.Seconds { return intake.Seconds(f.Number(name)) }

// refusedPolicy is what is wrong with a policy, by the field of the form: of rules and dependencies by the rows in which they stand.
func refusedPolicy(err error, rows, waits []int) error {
	if !errors.Is(err, intake.ErrPolicy) {
		return err
	}
	return form.Refused(err, func(path string) string {
		return strings.Replace(dependencies().Field(rules().Field(path, rows), waits), "otherwise.", "otherwise-", 1)
	})
}
