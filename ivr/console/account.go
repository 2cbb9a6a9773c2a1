package console

import (
	"slices"
	"strconv"
	"time"

	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// account is what an engineer hears of a ticket. First come customer, level, category and number, then the state and who has the
// ticket, then its clocks. Last come the number of recordings and when the last note was written.
func (s *session) account(t tickets.Ticket, lines []tickets.Event) prompts.Phrase {
	p := prompts.Join(ring.Subject(t), s.standing(t.State))
	switch {
	case t.Assignee == string(s.who.ID) && t.State.Live():
		p = prompts.Join(p, prompts.P("console-yours"))
	case t.Assignee != "" && t.State.Live():
		p = prompts.Join(p, prompts.P("console-others"))
	}
	p = prompts.Join(p, s.clocks(t))
	if n := len(t.Recordings); n > 0 {
		p = prompts.Join(p, prompts.P("console-recordings"), prompts.Digits(strconv.Itoa(n)))
	}
	if at, ok := lastNote(lines); ok {
		p = prompts.Join(p, prompts.P("console-last-note"), s.when(t, at))
	}
	return p
}

// clocks says when each clock of a ticket that is owed something runs out or ran out, or why they stand still.
func (s *session) clocks(t tickets.Ticket) prompts.Phrase {
	if !t.State.Live() {
		return nil
	}
	var p prompts.Phrase
	stood := map[sla.Reason]bool{}
	for _, k := range t.Clocks {
		why, stands := t.Stands(k)
		switch {
		case !k.MetAt.IsZero() || k.Projected:
		case stands && !stood[why]:
			stood[why] = true
			p = prompts.Join(p, prompts.P(prompts.ID("console-stands-"+string(why))))
		case stands:
		case k.Due.After(s.call.Now()):
			p = prompts.Join(p, prompts.P(prompts.ID("console-due-"+string(k.Kind))), s.when(t, k.Due))
		default:
			p = prompts.Join(p, prompts.P(prompts.ID("console-over-"+string(k.Kind))), s.when(t, k.Due))
		}
	}
	return p
}

// lastNote is when the last note of staff or of an engineer was written or spoken.
func lastNote(lines []tickets.Event) (time.Time, bool) {
	for _, e := range slices.Backward(lines) {
		if e.Kind == tickets.Commented || e.Kind == tickets.Recorded && e.Actor != "caller" {
			return e.At, true
		}
	}
	return time.Time{}, false
}

// when is an instant as it is spoken: in the zone of the contract's calendar.
func (s *session) when(t tickets.Ticket, at time.Time) prompts.Phrase {
	now := s.call.Now()
	if terms, err := s.cfg.Desk.Entitlement(t.Contract); err == nil {
		at, now = at.In(terms.Hours.Zone()), now.In(terms.Hours.Zone())
	}
	return prompts.When(at, now)
}
