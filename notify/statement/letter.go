package statement

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"hotline/directory"
	"hotline/notify"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/tickets/statistics"
)

// letter writes a month's figures. begins is the month's first instant in the zone in which instants are told; answerable: an answer gets
// to staff. The same contract and month give the same ID.
func letter(customer directory.Customer, c directory.Contract, found statistics.Report, begins time.Time, levels map[sla.LevelID]sla.Level, answerable bool) notify.Message {
	lang := prompts.Language(c.Language)
	w := written.In(lang)
	head := fmt.Sprintf(w.Text("letter-statement"), fmt.Sprintf("%s %d", w.Text(fmt.Sprintf("month-%d", begins.Month())), begins.Year()))
	lines := []string{customer.Name, "", head, fmt.Sprintf("%s: %s", w.Text("letter-contract"), c.ID), ""}
	for _, l := range found.Lines {
		lines = append(lines, cmp.Or(levels[l.Level].Name, string(l.Level))+", "+w.Category(string(l.Category)))
		lines = append(append(lines, figures(l, w)...), "")
	}
	switch len(found.Lines) {
	case 0:
		lines = append(lines, w.Text("reports-none"), "")
	case 1: // the total says the same again
	default:
		lines = append(lines, w.Text("letter-statement-total"))
		lines = append(append(lines, figures(found.Total, w)...), "")
	}
	if len(found.Breaches) > 0 {
		lines = append(lines, w.Text("reports-broken"), "")
	}
	for _, b := range found.Breaches {
		due := sla.Instant(b.Due.In(begins.Location()).Truncate(time.Minute), w)
		lines = append(lines, fmt.Sprintf("%s %d, %s: %s", w.Text("page-ticket"), b.Ticket, w.Clock(string(b.Clock)), due))
		if told := cmp.Or(b.Account[string(prompts.WrittenFor(lang))], b.Account["en"]); told != "" {
			lines = append(lines, told)
		}
		lines = append(lines, "")
	}
	how := "letter-statement-call"
	if answerable {
		how = "letter-statement-answer"
	}
	lines = append(lines, w.Text(how))
	id := sha256.Sum256([]byte(found.Month + "\x00" + string(c.ID)))
	name := "statement-" + hex.EncodeToString(id[:12])
	return notify.Message{ID: name, Thread: name, To: customer.Address(), Subject: head, Text: strings.Join(lines, "\n") + "\n", HTML: true}
}

// figures are what the tickets of a line came to: how many, the time spent, and how each clock fared.
func figures(l statistics.Line, w written.Words) []string {
	g := l.Group()
	lines := []string{fmt.Sprintf(w.Text("letter-statement-tickets"), g.Tickets, g.Minutes)}
	for i, k := range sla.Kinds() {
		t := g.Clocks[i]
		line := fmt.Sprintf("- %s: %s", w.Clock(string(k)), fmt.Sprintf(w.Text("letter-statement-clock"), t.Kept, t.Broken, t.Open))
		if percent := t.Percent(); percent >= 0 {
			line += fmt.Sprintf(" (%d%%)", percent)
		}
		lines = append(lines, line)
	}
	return lines
}
