package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"hotline/sla"
	"hotline/tickets"
)

// words are what letters are written with.
type words struct {
	categories                                         map[sla.Category]string
	received, number, opened, category, by, projection string
	noDeadline, soon, keep                             string
	warning, breach, account, caller, assignee, nobody string
	contract, onRequest, unknown                       string
	events                                             map[tickets.EventKind]string // that staff are told of
}

func wordsOf(l sla.Language) words {
	if l == sla.English {
		return words{
			categories: map[sla.Category]string{
				sla.Uncategorised: "request without a category", sla.Blocking: "blocking anomaly", sla.NonBlocking: "non-blocking anomaly",
				sla.Question: "question", sla.Change: "functional change", sla.Feature: "new feature",
			},
			received: "Your request has been received", number: "Number", opened: "Received", category: "Category",
			by: "by", projection: "projected: it runs from the intervention",
			noDeadline: "A specialist will examine the request.", soon: "A technician will call back as soon as possible.",
			keep:    "To add something, call the support line: your open request is announced there.",
			warning: "comes near its deadline", breach: "deadline passed", account: "Where the time went",
			caller: "Caller", assignee: "Assigned to", nobody: "nobody",
			contract: "Contract", onRequest: "none: Support on Request", unknown: "unknown caller",
			events: map[tickets.EventKind]string{
				tickets.Opened: "new ticket", tickets.BundledCall: "one more call", tickets.Reopened: "reopened",
				tickets.AssignedTo: "assigned", tickets.Accepted: "accepted by an engineer", tickets.RestoredAt: "service restored",
				tickets.ClosedAtKind: "closed", tickets.MarkedNoTicket: "no request",
				tickets.Unreached: "no engineer was reached", tickets.RotaGap: "no engineer is on duty",
			},
		}
	}
	return words{
		categories: map[sla.Category]string{
			sla.Uncategorised: "richiesta senza categoria", sla.Blocking: "anomalia bloccante", sla.NonBlocking: "anomalia non bloccante",
			sla.Question: "richiesta di chiarimenti", sla.Change: "richiesta di modifiche funzionali", sla.Feature: "implementazione di nuove features",
		},
		received: "Abbiamo ricevuto la vostra richiesta", number: "Numero", opened: "Ricevuta", category: "Categoria",
		by: "entro", projection: "previsto: decorre dall'intervento",
		noDeadline: "La richiesta sarà esaminata da uno specialista.", soon: "Un tecnico richiamerà appena possibile.",
		keep:    "Per aggiungere qualcosa telefonate all'assistenza: lì sentirete lo stato della richiesta.",
		warning: "si avvicina alla scadenza", breach: "scadenza superata", account: "Dove è andato il tempo",
		caller: "Chiamante", assignee: "Assegnato a", nobody: "nessuno",
		contract: "Contratto", onRequest: "nessuno: assistenza su richiesta", unknown: "chiamante sconosciuto",
		events: map[tickets.EventKind]string{
			tickets.Opened: "nuova richiesta", tickets.BundledCall: "un'altra chiamata", tickets.Reopened: "riaperta",
			tickets.AssignedTo: "assegnata", tickets.Accepted: "accettata da un tecnico", tickets.RestoredAt: "servizio ripristinato",
			tickets.ClosedAtKind: "chiusa", tickets.MarkedNoTicket: "non è una richiesta",
			tickets.Unreached: "nessun tecnico raggiunto", tickets.RotaGap: "nessun tecnico di turno",
		},
	}
}

// Receipt tells a customer under which number the request stands and by when somebody acts, in the ticket's language.
// Times are those of the contract's calendar, rounded down to the minute as they are spoken.
func Receipt(t tickets.Ticket) Message {
	l := language(t.Language)
	w, zone := wordsOf(l), zoneOf(t)
	moment := func(at time.Time) string { return sla.Instant(at.Truncate(time.Minute).In(zone), l) }
	lines := []string{
		t.Name, "", w.received + ".", "",
		fmt.Sprintf("%s: %d", w.number, t.Number),
		fmt.Sprintf("%s: %s", w.opened, moment(t.OpenedAt)),
		fmt.Sprintf("%s: %s", w.category, w.categories[t.Category()]),
	}
	for _, c := range t.Clocks {
		line := fmt.Sprintf("%s: %s %s", upper(c.Kind.In(l)), w.by, moment(c.Due))
		if c.Projected {
			line += " (" + w.projection + ")"
		}
		lines = append(lines, line)
	}
	switch {
	case len(t.Clocks) > 0:
	case t.Level == sla.OnRequest || t.Category() == sla.Uncategorised:
		lines = append(lines, "", w.soon)
	default:
		lines = append(lines, "", w.noDeadline)
	}
	lines = append(lines, "", w.keep)
	return Message{
		ID: "receipt-" + name(t), Thread: name(t),
		Subject: fmt.Sprintf("[%d] %s", t.Number, w.received), Text: strings.Join(lines, "\n") + "\n",
	}
}

// Alarm tells staff or manager of a warning or a breach of one clock, with where every minute went; id names the letter.
func Alarm(id string, t tickets.Ticket, alarm string, clock sla.Account, l sla.Language) Message {
	w, zone := wordsOf(l), zoneOf(t)
	state := w.warning
	if alarm == sla.AtBreach {
		state = w.breach
	}
	assignee := t.Assignee
	if assignee == "" {
		assignee = w.nobody
	}
	head := fmt.Sprintf("[%d] %s: %s, %s", t.Number, t.Name, clock.Clock.Kind.In(l), state)
	return Message{
		ID: strings.ReplaceAll(id, ":", "") + "-" + name(t), Thread: name(t), Subject: head,
		Text: strings.Join([]string{
			head, "",
			fmt.Sprintf("%s: %s %s", upper(clock.Clock.Kind.In(l)), w.by, sla.Instant(clock.Clock.Due.In(zone), l)),
			fmt.Sprintf("%s: %s, P%d", w.category, w.categories[t.Category()], t.Priority),
			fmt.Sprintf("%s: %s", w.caller, t.Caller),
			fmt.Sprintf("%s: %s", w.assignee, assignee), "",
			w.account + ":", clock.In(l),
		}, "\n") + "\n",
	}
}

// Update tells staff what happened to a ticket, by the line of its history, and how the ticket stands now.
func Update(t tickets.Ticket, e tickets.Event, l sla.Language) Message {
	w, zone := wordsOf(l), zoneOf(t)
	moment := func(at time.Time) string { return sla.Instant(at.Truncate(time.Minute).In(zone), l) }
	head := fmt.Sprintf("[%d] %s: %s, %s", t.Number, cmp.Or(t.Name, t.Caller, w.unknown), w.events[e.Kind], w.categories[t.Category()])
	lines := []string{
		head, "",
		fmt.Sprintf("%s: %s (%s)", upper(w.events[e.Kind]), moment(e.At), e.Actor),
		fmt.Sprintf("%s: %s (%s)", w.opened, moment(t.OpenedAt), t.Channel),
		fmt.Sprintf("%s: %s", w.contract, cmp.Or(string(t.Contract), w.onRequest)),
		fmt.Sprintf("%s: %s", w.caller, cmp.Or(t.Caller, w.unknown)),
		fmt.Sprintf("%s: %s", w.assignee, cmp.Or(t.Assignee, w.nobody)),
	}
	for _, c := range t.Clocks {
		if c.MetAt.IsZero() && t.State.Live() && !c.Projected && !c.Paused {
			lines = append(lines, fmt.Sprintf("%s: %s %s", upper(c.Kind.In(l)), w.by, moment(c.Due)))
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

// zoneOf is the zone of the hours that the ticket was promised.
func zoneOf(t tickets.Ticket) *time.Location {
	if t.Promise != nil {
		if zone, err := time.LoadLocation(t.Promise.Calendar.Zone); err == nil {
			return zone
		}
	}
	return time.UTC
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
