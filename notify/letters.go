package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/tickets"
)

// wordsOf are the words that letters are written with.
func wordsOf(l sla.Language) written.Words { return written.In(prompts.Language(l)) }

// Receipt tells a customer under which number the request stands and by when somebody acts, in the ticket's language.
// Times are those of the contract's calendar, rounded down to the minute as they are spoken.
func Receipt(t tickets.Ticket) Message {
	l := language(t.Language)
	w, zone := wordsOf(l), t.Zone()
	moment := func(at time.Time) string { return sla.Instant(at.Truncate(time.Minute).In(zone), l) }
	lines := []string{
		t.Name, "", w.Text("letter-received") + ".", "",
		fmt.Sprintf("%s: %d", w.Text("letter-number"), t.Number),
		fmt.Sprintf("%s: %s", w.Text("letter-opened"), moment(t.OpenedAt)),
		fmt.Sprintf("%s: %s", w.Text("letter-category"), w.Category(string(t.Category()))),
	}
	for _, c := range t.Clocks {
		line := fmt.Sprintf("%s: %s %s", upper(c.Kind.In(l)), w.Text("letter-by"), moment(c.Due))
		if c.Projected {
			line += " (" + w.Text("letter-projection") + ")"
		}
		lines = append(lines, line)
	}
	switch {
	case len(t.Clocks) > 0:
	case t.Level == sla.OnRequest || t.Category() == sla.Uncategorised:
		lines = append(lines, "", w.Text("letter-soon"))
	default:
		lines = append(lines, "", w.Text("letter-no-deadline"))
	}
	lines = append(lines, "", w.Text("letter-keep"))
	return Message{
		ID: "receipt-" + name(t), Thread: name(t),
		Subject: fmt.Sprintf("[%d] %s", t.Number, w.Text("letter-received")), Text: strings.Join(lines, "\n") + "\n",
	}
}

// Alarm tells staff or manager of a warning or a breach of one clock, with where every minute went; id names the letter.
func Alarm(id string, t tickets.Ticket, alarm string, clock sla.Account, l sla.Language) Message {
	w, zone := wordsOf(l), t.Zone()
	state := w.Text("letter-warning")
	if alarm == sla.AtBreach {
		state = w.Text("letter-breach")
	}
	assignee := t.Assignee
	if assignee == "" {
		assignee = w.Text("letter-nobody")
	}
	head := fmt.Sprintf("[%d] %s: %s, %s", t.Number, t.Name, clock.Clock.Kind.In(l), state)
	return Message{
		ID: strings.ReplaceAll(id, ":", "") + "-" + name(t), Thread: name(t), Subject: head,
		Text: strings.Join([]string{
			head, "",
			fmt.Sprintf("%s: %s %s", upper(clock.Clock.Kind.In(l)), w.Text("letter-by"), sla.Instant(clock.Clock.Due.In(zone), l)),
			fmt.Sprintf("%s: %s, P%d", w.Text("letter-category"), w.Category(string(t.Category())), t.Priority),
			fmt.Sprintf("%s: %s", w.Text("letter-caller"), t.Caller),
			fmt.Sprintf("%s: %s", w.Text("letter-assignee"), assignee), "",
			w.Text("letter-account") + ":", clock.In(l),
		}, "\n") + "\n",
	}
}

// Update tells staff what happened to a ticket, by the line of its history, and how the ticket stands now.
func Update(t tickets.Ticket, e tickets.Event, l sla.Language) Message {
	w, zone := wordsOf(l), t.Zone()
	moment := func(at time.Time) string { return sla.Instant(at.Truncate(time.Minute).In(zone), l) }
	head := fmt.Sprintf("[%d] %s: %s, %s", t.Number, cmp.Or(t.Name, t.Caller, w.Text("letter-unknown")), w.Text("event-"+string(e.Kind)), w.Category(string(t.Category())))
	lines := []string{
		head, "",
		fmt.Sprintf("%s: %s (%s)", upper(w.Text("event-"+string(e.Kind))), moment(e.At), e.Actor),
		fmt.Sprintf("%s: %s (%s)", w.Text("letter-opened"), moment(t.OpenedAt), t.Channel),
		fmt.Sprintf("%s: %s", w.Text("letter-contract"), cmp.Or(string(t.Contract), w.Text("letter-on-request"))),
		fmt.Sprintf("%s: %s", w.Text("letter-caller"), cmp.Or(t.Caller, w.Text("letter-unknown"))),
		fmt.Sprintf("%s: %s", w.Text("letter-assignee"), cmp.Or(t.Assignee, w.Text("letter-nobody"))),
	}
	for _, c := range t.Clocks {
		if c.MetAt.IsZero() && t.State.Live() && !c.Projected && !c.Paused {
			lines = append(lines, fmt.Sprintf("%s: %s %s", upper(c.Kind.In(l)), w.Text("letter-by"), moment(c.Due)))
		}
	}
	if e.Text != "" {
		lines = append(lines, "", e.Text)
	}
	return Message{
		ID: "update-" + strings.ReplaceAll(e.ID, ":", "") + "-" + name(t), Thread: name(t), Subject: head, Text: strings.Join(lines, "\n") + "\n",
	}
}

func language(text string) sla.Language {
	if sla.Language(text) == sla.English {
		return sla.English
	}
	return sla.Italian
}

// name is a ticket's for Message-IDs: with the instant of its opening, because another database gives the same numbers.
func name(t tickets.Ticket) string { return fmt.Sprintf("ticket-%d-%d", t.Number, t.OpenedAt.Unix()) }

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
