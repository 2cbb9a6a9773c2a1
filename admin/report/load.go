package report

import (
	"fmt"
	"strconv"
	"time"

	"hotline/oncall/load"
	"hotline/prompts/written"
)

// Load is a month on call as people read it: hours and minutes as 12:30, which every spreadsheet takes for a span.
func Load(month string, rows []load.Row, words written.Words, sheet Sheet) []byte {
	head := []string{words.Text("report-month")}
	for _, column := range []string{"engineer", "name", "hours", "calls", "taken", "nights", "short", "shortest"} {
		head = append(head, words.Text("report-load-"+column))
	}
	lines := [][]string{head}
	for _, r := range rows {
		shortest := ""
		if r.Short > 0 {
			shortest = Span(r.Shortest)
		}
		lines = append(lines, []string{month, string(r.Engineer), r.Name, Span(r.OnCall), strconv.Itoa(r.Calls), strconv.Itoa(r.Taken), strconv.Itoa(r.Nights), strconv.Itoa(r.Short), shortest})
	}
	return Table(lines, sheet)
}

// Span is a length of time as hours and minutes: 12:30.
func Span(d time.Duration) string {
	m := int(d.Round(time.Minute) / time.Minute)
	return fmt.Sprintf("%d:%02d", m/60, m%60)
}
