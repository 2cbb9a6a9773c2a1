package imports

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"hotline/admin/report"
	"hotline/prompts"
	"hotline/prompts/written"
)

const (
	rowsMost = 20_000
	cellMost = 2_000 // characters
)

// table is a file as it was read: its columns, and its rows with their line numbers.
type table struct {
	columns []string // ids; empty: a column that nothing is known of
	rows    []record
}

type record struct {
	line  int
	cells map[string]string // by column
}

// complaint is what is wrong with a line, as the page tells it.
type complaint struct {
	Line   int
	Column string // an id; empty: the whole line
	ID     string // of the catalogue
	Value  string // what was written there
}

// decoded is a file's text without its byte order mark. A text that is not UTF-8 is read as Windows-1252, the default of
// spreadsheets.
func decoded(file []byte) string {
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	if utf8.Valid(file) {
		return string(file)
	}
	text, _ := charmap.Windows1252.NewDecoder().Bytes(file) // every octet is some character
	return string(text)
}

// separator is what separates the cells: the most frequent of semicolon, comma and tabulator in the first line.
func separator(text string) rune {
	head, _, _ := strings.Cut(text, "\n")
	best := ','
	for _, r := range ";\t" {
		if strings.Count(head, string(r)) > strings.Count(head, string(best)) {
			best = r
		}
	}
	return best
}

// column finds which column a heading names: by its id, or by its name in any language.
func column(heading string, known []string) string {
	heading = strings.ToLower(strings.TrimSpace(heading))
	for _, id := range known {
		if heading == id {
			return id
		}
		for _, lang := range prompts.Written() {
			if heading == strings.ToLower(written.In(lang).Text("imports-column-"+id)) {
				return id
			}
		}
	}
	return ""
}

// read reads a table whose first line names its columns. A line that cannot be read is complained about, and those behind it are read.
func read(text string, known, needed []string) (t table, wrong []complaint) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = separator(text), -1, true
	head, err := r.Read()
	if err != nil {
		return t, []complaint{{Line: 1, ID: "imports-bad-empty"}}
	}
	seen := map[string]bool{}
	for _, heading := range head {
		id := column(heading, known)
		if id == "" && strings.TrimSpace(heading) != "" {
			wrong = append(wrong, complaint{Line: 1, ID: "imports-bad-column", Value: heading})
		}
		if id != "" && seen[id] {
			wrong = append(wrong, complaint{Line: 1, Column: id, ID: "imports-bad-twice"})
		}
		seen[id] = true
		t.columns = append(t.columns, id)
	}
	for _, id := range needed {
		if !seen[id] {
			wrong = append(wrong, complaint{Line: 1, Column: id, ID: "imports-bad-missing"})
		}
	}
	if len(wrong) > 0 {
		return t, wrong
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, wrong
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return t, append(wrong, complaint{Line: bad.StartLine, ID: "imports-bad-quotes"})
		}
		at, _ := r.FieldPos(0)
		if len(t.rows) == rowsMost {
			return t, append(wrong, complaint{Line: at, ID: "imports-bad-many"})
		}
		row, fits := record{line: at, cells: map[string]string{}}, true
		for i, cell := range cells {
			switch {
			case utf8.RuneCountInString(cell) > cellMost:
				wrong, fits = append(wrong, complaint{Line: at, ID: "imports-bad-long"}), false
			case i < len(t.columns) && t.columns[i] != "":
				row.cells[t.columns[i]] = strings.TrimSpace(report.Bare(cell))
			}
		}
		if fits && strings.Join(cells, "") != "" {
			t.rows = append(t.rows, row)
		}
	}
}
