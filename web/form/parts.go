package form

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hotline/validation"
	"hotline/web/ui"
)

// Parts is how a form has the parts of a document that come again, such as the layers of a rota. Each is a row of fields of the same names
// but for a number. There are rows for further parts.
type Parts struct {
	Name  string   // of a field: the number of the row, and what the field is, such as "layer-%d-%s"
	API   string   // what the checks of the API call the parts, such as "layers"; empty: they name none
	Marks []string // what the fields are of which one is filled in: a row without any of them is no part
	Blank int      // rows for further parts
	Most  int      // rows
}

// place is the field that says at which place a part stands, where parts can be moved.
const place = "place"

// At names a field of a row.
func (p Parts) At(row int, what string) string { return fmt.Sprintf(p.Name, row, what) }

// Place is the field in which the place of a row is written.
func (p Parts) Place(r *ui.Request, row int, group string) Field {
	return Field{Name: p.At(row, place), Label: r.T("keeping-order"), Value: strconv.Itoa(row + 1), Kind: Number, Least: 1, Most: p.Most, Group: group}
}

// Rows is how many rows a form has of a document with so many parts. A form that was sent keeps its rows.
func (p Parts) Rows(r *ui.Request, parts int) int {
	sent, filled := 0, 0
	for row := range p.Most {
		if !slices.ContainsFunc(p.Marks, func(what string) bool { return r.Form.Has(p.At(row, what)) }) {
			break
		}
		if sent++; slices.ContainsFunc(p.Marks, func(what string) bool { return strings.TrimSpace(r.FormValue(p.At(row, what))) != "" }) {
			filled = sent
		}
	}
	return min(max(parts+p.Blank, filled+p.Blank, sent), p.Most)
}

// Said are the rows that are parts, in the order of the places that they say.
func (p Parts) Said(f Fields) (rows []int) {
	for row := range p.Most {
		if slices.ContainsFunc(p.Marks, func(what string) bool { return f.Value(p.At(row, what)) != "" }) {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(f.Number(p.At(a, place)), f.Number(p.At(b, place))) })
	return rows
}

var partOf = regexp.MustCompile(`^([a-z._]+)\[(\d+)\](?:\.(.*))?$`)

// Field is the field of a form at a path of the API, by the rows that were said: "checks[0].target" may be that of row 2. Of a part as a whole
// it is the field that marks one.
func (p Parts) Field(path string, rows []int) string {
	m := partOf.FindStringSubmatch(path)
	if m == nil || m[1] != p.API {
		return path
	}
	if part, err := strconv.Atoi(m[2]); err == nil && part < len(rows) {
		return p.At(rows[part], cmp.Or(m[3], p.Marks[0]))
	}
	return path
}

// Refused is a check's complaint at the field that it names; field finds that of the form where it is called otherwise there.
func Refused(err error, field func(path string) string) error {
	if err == nil {
		return nil
	}
	path, text := validation.Of(err)
	return &Refusal{Field: field(path), Text: text}
}
