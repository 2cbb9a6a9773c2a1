package alerts

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strings"

	"hotline/intake"
	"hotline/web/form"
	"hotline/web/room"
)

// What the fields hold, in characters.
const (
	linesMost = 100_000 // of all rules
	labelMost = 200
)

// dependsColumns are the parts of a rule in the order in which they stand in its line.
const dependsColumns = 5

// dependsFields are what waits for what, and which labels tell of versions.
func dependsFields(r *room.Request, p intake.Policy) form.Fields {
	depends, labels := r.T("alerts-depends"), r.T("alerts-labels")
	return form.Fields{
		{Name: "depends.rules", Label: r.T("alerts-depends.rules"), Value: dependsLines(p.Depends.Rules), Kind: form.Lines, Most: linesMost, Group: depends, Help: r.T("alerts-depends.rules-text")},
		{Name: "depends.wait", Label: r.T("alerts-depends.wait"), Value: form.Count(p.Depends.Wait), Kind: form.Number, Most: intake.LongestWait, Needed: true, Group: depends},
		{Name: "depends.settle", Label: r.T("alerts-depends.settle"), Value: form.Count(p.Depends.Settle), Kind: form.Number, Least: 1, Most: intake.LongestSettle, Needed: true, Group: depends},
		{Name: "labels.product", Label: r.T("alerts-labels.product"), Value: p.Labels.Product, Kind: form.Text, Most: labelMost, Group: labels},
		{Name: "labels", Label: r.T("alerts-labels.version"), Value: p.Labels.Version, Kind: form.Text, Most: labelMost, Group: labels, Help: r.T("alerts-labels-text")},
	}
}

// dependsLines writes each rule as a line of a table with semicolons (RFC 4180 otherwise).
func dependsLines(rules []intake.Dependence) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = ';'
	for _, d := range rules {
		_ = w.Write([]string{d.Installation, d.Fingerprint, d.Title, d.ParentInstallation, d.ParentFingerprint}) // a builder takes everything
	}
	w.Flush()
	return b.String()
}

// dependsSaid reads what waits for what.
func dependsSaid(f form.Fields) (d intake.Depends, err error) {
	d = intake.Depends{Wait: seconds(f, "depends.wait"), Settle: seconds(f, "depends.settle")}
	r := csv.NewReader(strings.NewReader(f.Value("depends.rules")))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = ';', -1, true
	lines, err := r.ReadAll()
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return d, &form.Refusal{Field: "depends.rules", Text: fmt.Sprintf("line %d: put a part with a semicolon or a quotation mark in quotation marks, and write the mark inside twice", wrong.Line)}
	}
	if err != nil {
		return d, err
	}
	for i, line := range lines {
		if len(line) != dependsColumns {
			return d, &form.Refusal{Field: "depends.rules", Text: fmt.Sprintf("line %d has %d parts; write five, with a semicolon between them", i+1, len(line))}
		}
		for at := range line {
			line[at] = strings.TrimSpace(line[at])
		}
		d.Rules = append(d.Rules, intake.Dependence{Installation: line[0], Fingerprint: line[1], Title: line[2], ParentInstallation: line[3], ParentFingerprint: line[4]})
	}
	return d, nil
}
