package alerts

import (
	"hotline/intake"
	"hotline/web/form"
	"hotline/web/ui"
)

// labelMost is how long a text of a dependency or a label may be, in characters.
const labelMost = 200

// dependencies are those of a form. A row without any text is none. The API has as many.
func dependencies() form.Parts {
	return form.Parts{Name: "depends-%d-%s", API: "depends.rules", Marks: []string{"installation", "fingerprint", "title", "parent_installation", "parent_fingerprint"}, Blank: 1, Most: 50}
}

// dependsFields are what waits for what, and which labels tell of versions.
func dependsFields(r *ui.Request, p intake.Policy) form.Fields {
	depends, labels, parts := r.T("alerts-depends"), r.T("alerts-labels"), dependencies()
	list := form.Fields{
		{Name: parts.API, Label: r.T("alerts-depends.rules"), Kind: form.Note, Group: depends, Help: r.T("alerts-depends.rules-text")},
		{Name: "depends.wait", Label: r.T("alerts-depends.wait"), Value: form.Count(p.Depends.Wait), Kind: form.Number, Most: intake.LongestWait, Needed: true, Group: depends},
		{Name: "depends.settle", Label: r.T("alerts-depends.settle"), Value: form.Count(p.Depends.Settle), Kind: form.Number, Least: 1, Most: intake.LongestSettle, Needed: true, Group: depends},
	}
	for i := range parts.Rows(r, len(p.Depends.Rules)) {
		var d intake.Dependence
		if i < len(p.Depends.Rules) {
			d = p.Depends.Rules[i]
		}
		for at, value := range []string{d.Installation, d.Fingerprint, d.Title, d.ParentInstallation, d.ParentFingerprint} {
			what := parts.Marks[at]
			list = append(list, form.Field{Name: parts.At(i, what), Label: r.T("alerts-depends." + what), Value: value, Kind: form.Text, Most: labelMost, Group: r.T("alerts-dependency", i+1)})
		}
	}
	return append(list,
		form.Field{Name: "labels.product", Label: r.T("alerts-labels.product"), Value: p.Labels.Product, Kind: form.Text, Most: labelMost, Group: labels},
		form.Field{Name: "labels", Label: r.T("alerts-labels.version"), Value: p.Labels.Version, Kind: form.Text, Most: labelMost, Group: labels, Help: r.T("alerts-labels-text")},
	)
}

// dependsSaid reads what waits for what, and in which row of the form each rule stands.
func dependsSaid(f form.Fields) (d intake.Depends, rows []int) {
	parts := dependencies()
	d, rows = intake.Depends{Wait: seconds(f, "depends.wait"), Settle: seconds(f, "depends.settle")}, parts.Said(f)
	for _, i := range rows {
		text := func(what string) string { return f.Value(parts.At(i, what)) }
		d.Rules = append(d.Rules, intake.Dependence{
			Installation: text("installation"), Fingerprint: text("fingerprint"), Title: text("title"), ParentInstallation: text("parent_installation"), ParentFingerprint: text("parent_fingerprint"),
		})
	}
	return d, rows
}
