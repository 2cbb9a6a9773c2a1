// Package report writes a month's report as people read it: tables for spreadsheets, and a plot. Package admin hands it
// the report and sends what it writes.
package report

import (
	"cmp"

	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/tickets/statistics"
)

// Reader is who reads: in which language, with which words, and how a level is called.
type Reader struct {
	Language prompts.Language // whose accounts of breaches are shown; the English one where it has none
	Words    written.Words
	Levels   map[sla.LevelID]string // names by id; one that is missing is shown by its id
}

// names are a line's words: whose it is, and what it is about.
type names struct{ customer, level, category string }

func (r Reader) names(words written.Words, l statistics.Line) names {
	n := names{l.Name, cmp.Or(r.Levels[l.Level], string(l.Level)), words.Category(string(l.Category))}
	if l.Contract == "" && n.customer == "" {
		n.customer = words.Text("report-on-request")
	}
	return n
}
