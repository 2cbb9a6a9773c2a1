package report

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/tickets/statistics"
)

// Sheet says which program reads a table: Plain, or the code of the language that a spreadsheet is set to. The catalogue of
// that language says what stands between its cells, and how it writes decimals.
type Sheet string

// Plain is RFC 4180, for programs. A spreadsheet wants a mark at the beginning, or it does not take the text for UTF-8.
const Plain Sheet = "plain"

// byteOrderMark tells Excel that a file is UTF-8.
const byteOrderMark = "\ufeff"

// Lines is one row for each line of the report, and a last one with the totals.
func Lines(r statistics.Report, reader Reader, sheet Sheet) []byte {
	words := reader.Words
	t := newTable(sheet)
	head := []string{"month", "contract", "customer", "level", "category", "tickets", "minutes", "pauses", "paused"}
	for i := range head {
		head[i] = words.Text("report-" + head[i])
	}
	for _, k := range sla.Kinds() {
		for _, column := range []string{"kept", "broken", "open", "median", "p90"} {
			head = append(head, words.Clock(string(k))+": "+words.Text("report-"+column))
		}
	}
	t.row(head)
	for _, l := range r.Lines {
		n := reader.names(words, l)
		t.row(append([]string{r.Month, string(l.Contract), n.customer, n.level, n.category}, t.figures(l)...))
	}
	t.row(append([]string{r.Month, "", words.Text("report-total"), "", ""}, t.figures(r.Total)...))
	return t.done()
}

// Breaches is one row for each breach.
func Breaches(r statistics.Report, reader Reader, sheet Sheet) []byte {
	words := reader.Words
	t := newTable(sheet)
	var head []string
	for _, column := range []string{"month", "contract", "customer", "ticket", "clock", "due", "account"} {
		head = append(head, words.Text("report-"+column))
	}
	t.row(head)
	for _, o := range r.Breaches {
		account := cmp.Or(o.Account[string(reader.Language)], o.Account[string(prompts.English)])
		t.row([]string{r.Month, string(o.Contract), o.Name, fmt.Sprint(o.Ticket), words.Clock(string(o.Clock)), o.Due.UTC().Format(time.RFC3339), account})
	}
	return t.done()
}

// table is a table being written.
type table struct {
	text    *strings.Builder
	csv     *csv.Writer
	decimal string // what stands before the tenths of a number
}

func newTable(sheet Sheet) table {
	t := table{text: &strings.Builder{}, decimal: "."}
	t.csv = csv.NewWriter(t.text)
	if sheet == Plain {
		return t
	}
	words := written.In(prompts.Language(sheet))
	t.text.WriteString(byteOrderMark)
	t.csv.Comma, _ = utf8.DecodeRuneInString(words.Text("sheet-separator"))
	t.decimal = words.Text("sheet-decimal")
	return t
}

func (t table) row(cells []string) {
	for i, c := range cells {
		cells[i] = safe(c)
	}
	_ = t.csv.Write(cells) // into memory
}

func (t table) done() []byte {
	t.csv.Flush()
	return []byte(t.text.String())
}

func (t table) figures(l statistics.Line) []string {
	row := []string{strconv.Itoa(l.Tickets), strconv.Itoa(l.Minutes), strconv.Itoa(l.Pauses), t.minutes(l.Paused)}
	for _, c := range l.Clocks {
		row = append(row, strconv.Itoa(c.Kept), strconv.Itoa(c.Broken), strconv.Itoa(c.Open))
		if c.Met == 0 { // the median of nothing is nothing
			row = append(row, "", "")
			continue
		}
		row = append(row, t.minutes(c.Median), t.minutes(c.P90))
	}
	return row
}

// minutes are told to the hundredth.
func (t table) minutes(d time.Duration) string {
	text := strconv.FormatFloat(math.Round(100*d.Minutes())/100, 'f', -1, 64)
	return strings.Replace(text, ".", t.decimal, 1)
}

// safe keeps a spreadsheet from taking a cell for a formula. Programs pass by blanks and invisible characters before the
// sign, and some take the wide forms of the signs for the signs themselves. Invisible is whatever is no letter, digit, sign or symbol.
func safe(cell string) string {
	bare := strings.TrimLeftFunc(cell, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
	})
	if bare != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(bare)[0]) {
		return "'" + cell
	}
	if cell != "" && (cell[0] == '\t' || cell[0] == '\r') {
		return "'" + cell
	}
	return cell
}

// Table is rows of any kind as a table: no cell of it is a formula.
func Table(rows [][]string, sheet Sheet) []byte {
	t := newTable(sheet)
	for _, cells := range rows {
		t.row(cells)
	}
	return t.done()
}

// Bare is a cell as it was before it was kept from being a formula.
func Bare(cell string) string {
	if bare, marked := strings.CutPrefix(cell, "'"); marked && safe(bare) != bare {
		return bare
	}
	return cell
}
