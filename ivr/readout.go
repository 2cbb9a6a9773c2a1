package ivr

import (
	"maps"
	"time"

	"hotline/prompts"
	"hotline/sla"
	"hotline/strictyaml"
	"hotline/tickets"
)

// readout says the ticket's number twice, and by when somebody acts, unless the next step says so. It writes down what was
// promised. A key interrupts it, but not a key that was pressed before: nobody misses the number because # was pressed twice.
type readout struct {
	Do   string `yaml:"do"`
	Next string `yaml:"next"`
}

func (v *readout) exits() []exit { return []exit{{field: "next", to: v.Next}} }

func (v *readout) prompts() []prompts.ID {
	return []prompts.ID{"readout-ticket", "readout-again", "readout-added", "readout-intervention", "readout-soon", "readout-closed", "readout-no-clock"}
}

func (v *readout) longest() time.Duration        { return 30 * time.Second }
func (v *readout) waits() bool                   { return false }
func (v *readout) check() []strictyaml.Complaint { return nil }

func (v *readout) run(c *conversation) (string, error) {
	if err := c.settle(); err != nil {
		return "", err
	}
	c.flush()
	n := digits(c.ticket.Number)
	if c.search != nil { // an engineer may be there any moment: the whole account follows the search
		if err := c.say(prompts.Join(prompts.P(c.numbered()), n), true); err != nil {
			return "", err
		}
		c.told("the ticket's number, while an engineer is called", nil)
		return v.Next, nil
	}
	phrase := prompts.Join(prompts.P("readout-ticket"), n, prompts.P("readout-again"), n)
	if c.adding {
		phrase = prompts.Join(prompts.P("readout-added"), n)
	}
	words := "the ticket's number"
	if !c.saidNext(v.Next) {
		now := c.standing()
		phrase, words = append(phrase, c.nextStep(now)...), words+", "+c.inWords(now)
	}
	if err := c.say(phrase, true); err != nil {
		return "", err
	}
	c.told(words, nil)
	return v.Next, nil
}

// numbered is the sentence in which the ticket's number is said.
func (c *conversation) numbered() prompts.ID {
	if c.adding {
		return "readout-added"
	}
	return "readout-ticket"
}

// saidNext tells whether the next step will say by when somebody acts: a deadline is not spoken twice in a row.
func (c *conversation) saidNext(name string) bool {
	s := c.flow.steps[name]
	if s == nil {
		return false
	}
	v, ok := s.verb.(*connect)
	return ok && v.saysWhen(c)
}

// standing is the call's ticket as it stands now: staff may have acted while the caller spoke, and nothing is promised that
// is over. While it cannot be read, it is as the call knows it.
func (c *conversation) standing() tickets.Ticket {
	t, err := c.cfg.Desk.Ticket(c.after(), c.ticket.Number)
	if err != nil {
		c.report("reading how the ticket stands", err)
		return c.ticket
	}
	return t
}

// nextStep says by when somebody acts; nothing of a ticket that ended, or for which the caller owes an answer.
func (c *conversation) nextStep(t tickets.Ticket) prompts.Phrase {
	if due, ok := c.due(t, sla.Intervention); ok {
		return prompts.Join(prompts.P("readout-intervention"), c.when(t.Contract, due))
	}
	if !t.State.Live() || t.State == tickets.Waiting {
		return nil
	}
	calledBack := dialable(c.callBack) || len(t.Recordings) > 0 // the message may name a number
	if at, closed := c.officeOpens(); closed && calledBack {
		return prompts.Join(prompts.P("readout-closed"), c.when("", at))
	}
	if calledBack && (t.Level == sla.OnRequest || c.undisclosed.Known() || t.Category() == sla.Uncategorised) {
		return prompts.P("readout-soon")
	}
	return prompts.P("readout-no-clock")
}

// officeOpens is when the owner's hours begin, for a caller on request who calls outside them.
func (c *conversation) officeOpens() (time.Time, bool) {
	if c.ticket.Level != sla.OnRequest && !c.undisclosed.Known() {
		return time.Time{}, false
	}
	terms, err := c.cfg.Desk.Entitlement("")
	if err != nil || terms.Hours.Open(c.call.Now()) {
		return time.Time{}, false
	}
	at, err := terms.Hours.NextOpen(c.call.Now())
	return at, err == nil
}

// due is when a running clock of a ticket ends. It gives no deadline that has passed. It gives none to a caller who could
// conclude from it that a guessed PIN was right.
func (c *conversation) due(t tickets.Ticket, kind sla.Kind) (time.Time, bool) {
	if c.undisclosed.Known() {
		return time.Time{}, false
	}
	for _, k := range t.Clocks {
		if k.Kind == kind && k.Runs() && k.Due.After(c.call.Now()) {
			return k.Due, true
		}
	}
	return time.Time{}, false
}

// inWords is the promise for the ticket's history.
func (c *conversation) inWords(t tickets.Ticket) string {
	if due, ok := c.due(t, sla.Intervention); ok {
		return "an engineer acts by " + due.UTC().Format(time.RFC3339)
	}
	if at, closed := c.officeOpens(); closed {
		return "the office opens at " + at.UTC().Format(time.RFC3339)
	}
	return "without a deadline"
}

// told writes into the history what the caller was told, with its facts.
func (c *conversation) told(what string, more map[string]string) {
	facts := map[string]string{"call": string(c.caller.ID)}
	maps.Copy(facts, more)
	_, err := c.cfg.Desk.Note(c.after(), c.ticket.Number, tickets.Event{Kind: tickets.Told, Actor: "system", Text: what, Facts: facts}, c.call.Now())
	c.report("noting what the caller was told", err)
}
