package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hotline/prompts/translation"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/tickets"
)

// Receipt tells a customer the number of the request, and by when somebody acts. Times are those of the contract's
// calendar, rounded down to the minute as they are spoken. w are the words of the ticket's language.
func Receipt(t tickets.Ticket, answerable bool, w written.Words) Message {
	minute := minutes(t, w)
	lines := []string{
		t.Name, "", w.Text("letter-received") + ".", "",
		fmt.Sprintf("%s: %d", w.Text("letter-number"), t.Number),
		fmt.Sprintf("%s: %s", w.Text("letter-opened"), minute(t.OpenedAt)),
		fmt.Sprintf("%s: %s", w.Text("letter-category"), w.Category(string(t.Category()))),
	}
	for _, c := range t.Clocks {
		line := fmt.Sprintf("%s: %s %s", upper(w.Clock(string(c.Kind))), w.Text("letter-by"), minute(c.Due))
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
	lines = append(lines, "", w.Text(keep(answerable)))
	return Message{
		ID: "receipt-" + name(t), Thread: name(t),
		Subject: fmt.Sprintf("[%d] %s", t.Number, w.Text("letter-received")), Text: strings.Join(lines, "\n") + "\n",
	}
}

// keep is how a customer adds something.
func keep(answerable bool) string {
	if answerable {
		return "letter-answer"
	}
	return "letter-keep"
}

// Told tells a customer what has become of a request, by the line of its history. ok is false for a line that customers are not told of.
func Told(t tickets.Ticket, e tickets.Event, answerable bool, w written.Words) (m Message, ok bool) {
	id := "customer-" + string(e.Progress())
	if e.Progress() == "" {
		return Message{}, false
	}
	minute := minutes(t, w)
	lines := []string{t.Name, "", w.Text(id) + ".", ""}
	if e.Progress() == tickets.ProgressAnswered {
		lines = append(lines, e.Text, "")
	}
	lines = append(lines, fmt.Sprintf("%s: %d", w.Text("letter-number"), t.Number), fmt.Sprintf("%s: %s", w.Text("letter-opened"), minute(t.OpenedAt)))
	for _, c := range t.Clocks {
		switch {
		case !c.MetAt.IsZero():
			lines = append(lines, fmt.Sprintf("%s: %s", upper(w.Clock(string(c.Kind))), minute(c.MetAt)))
		case t.State.Live() && !c.Paused:
			lines = append(lines, fmt.Sprintf("%s: %s %s", upper(w.Clock(string(c.Kind))), w.Text("letter-by"), minute(c.Due)))
		}
	}
	if e.Progress() == tickets.ProgressAsked && e.Text != "" {
		lines = append(lines, "", e.Text)
	}
	lines = append(lines, "", w.Text(keep(answerable)))
	return Message{
		ID: "told-" + strings.ReplaceAll(e.ID, ":", "") + "-" + name(t), Thread: name(t),
		Subject: fmt.Sprintf("[%d] %s", t.Number, w.Text(id)), Text: strings.Join(lines, "\n") + "\n",
	}, true
}

// Follow adds to a letter to a customer the address at which the ticket is followed.
func Follow(m Message, address string, w written.Words) Message {
	m.Text += fmt.Sprintf("\n%s:\n%s\n", w.Text("letter-follow"), address)
	return m
}

// Alarm tells staff or manager of a warning or a breach of one clock, with where every minute went; id names the letter.
func Alarm(id string, t tickets.Ticket, alarm string, clock sla.Account, w written.Words) Message {
	kind := w.Clock(string(clock.Clock.Kind))
	state := w.Text("letter-warning")
	if alarm == sla.AtBreach {
		state = w.Text("letter-breach")
	}
	assignee := t.Assignee
	if assignee == "" {
		assignee = w.Text("letter-nobody")
	}
	head := fmt.Sprintf("[%d] %s: %s, %s", t.Number, t.Name, kind, state)
	return Message{
		ID: strings.ReplaceAll(id, ":", "") + "-" + name(t), Thread: name(t), Subject: head,
		Text: strings.Join([]string{
			head, "",
			fmt.Sprintf("%s: %s %s", upper(kind), w.Text("letter-by"), sla.Instant(clock.Clock.Due.In(t.Zone()), w)),
			fmt.Sprintf("%s: %s, P%d", w.Text("letter-category"), w.Category(string(t.Category())), t.Priority),
			fmt.Sprintf("%s: %s", w.Text("letter-caller"), t.Caller),
			fmt.Sprintf("%s: %s", w.Text("letter-assignee"), assignee), "",
			w.Text("letter-account") + ":", clock.In(w),
		}, "\n") + "\n",
	}
}

// Update tells staff what happened to a ticket, by the line of its history, and how the ticket stands now.
func Update(t tickets.Ticket, e tickets.Event, w written.Words) Message {
	minute, happened := minutes(t, w), happened(e, w)
	head := fmt.Sprintf("[%d] %s: %s, %s", t.Number, cmp.Or(t.Name, t.Caller, w.Text("letter-unknown")), happened, w.Category(string(t.Category())))
	lines := []string{
		head, "",
		fmt.Sprintf("%s: %s (%s)", upper(happened), minute(e.At), w.Actor(e.Actor)),
		fmt.Sprintf("%s: %s (%s)", w.Text("letter-opened"), minute(t.OpenedAt), w.Text("channel-"+string(t.Channel))),
		fmt.Sprintf("%s: %s", w.Text("letter-contract"), cmp.Or(string(t.Contract), w.Text("letter-on-request"))),
		fmt.Sprintf("%s: %s", w.Text("letter-caller"), cmp.Or(t.Caller, w.Text("letter-unknown"))),
		fmt.Sprintf("%s: %s", w.Text("letter-assignee"), cmp.Or(t.Assignee, w.Text("letter-nobody"))),
	}
	for _, c := range t.Clocks {
		if c.MetAt.IsZero() && t.State.Live() && !c.Projected && !c.Paused {
			lines = append(lines, fmt.Sprintf("%s: %s %s", upper(w.Clock(string(c.Kind))), w.Text("letter-by"), minute(c.Due)))
		}
	}
	if e.Text != "" {
		lines = append(lines, "", told(e, w, minute))
	}
	return Message{
		ID: "update-" + strings.ReplaceAll(e.ID, ":", "") + "-" + name(t), Thread: name(t), Subject: head, Text: strings.Join(lines, "\n") + "\n",
	}
}

// told is the text of a line: what the program wrote is told in the words' language, what people wrote stays.
func told(e tickets.Event, w written.Words, minute func(time.Time) string) string {
	if !e.ByProgram() {
		return e.Text
	}
	text, ok := translation.In(w, e.Text, func(value string) string {
		if at, err := time.Parse(time.RFC3339, value); err == nil {
			return minute(at)
		}
		return w.Word(value)
	})
	if !ok {
		return e.Text
	}
	return text
}

// happened names what a line of the history tells: as letters do, else as the pages do.
func happened(e tickets.Event, w written.Words) string {
	if e.Kind == tickets.Commented && e.Actor != tickets.ActorCustomer { // letters tell of customers' words alone, other systems of all
		return w.Text("page-event-commented")
	}
	id := "event-" + string(e.Kind)
	if text := w.Text(id); text != id {
		return text
	}
	return w.Text("page-" + id)
}

// minutes writes instants in the zone of a ticket, rounded down to the minute.
func minutes(t tickets.Ticket, w written.Words) func(at time.Time) string {
	zone := t.Zone()
	return func(at time.Time) string { return sla.Instant(at.Truncate(time.Minute).In(zone), w) }
}

// name is a ticket's for Message-IDs: with the instant of its opening, because another database gives the same numbers.
func name(t tickets.Ticket) string { return fmt.Sprintf("ticket-%d-%d", t.Number, t.OpenedAt.Unix()) }

// upper begins a text with a capital letter, whatever its alphabet.
func upper(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
