package ivr

import (
	"strconv"
	"time"

	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// announce tells of a known fault that covers the contract, and of the contract's most urgent open ticket, if there is
// one; the category step then also takes 9.
type announce struct {
	Do   string `yaml:"do"`
	Next string `yaml:"next"`
}

func (v *announce) exits() []exit { return []exit{{field: "next", to: v.Next}} }

func (v *announce) prompts() []prompts.ID {
	return []prompts.ID{"known-fault", "announce-ticket", "announce-open", "announce-assigned", "announce-in_progress", "announce-waiting",
		"announce-due", "announce-restore", "announce-add"}
}

func (v *announce) longest() time.Duration { return 30 * time.Second }
func (v *announce) waits() bool            { return false }
func (v *announce) check() []Complaint     { return nil }

func (v *announce) run(c *conversation) (string, error) {
	if c.cfg.Desk.KnownFault(c.id.Contract.ID, c.call.Now()) {
		if err := c.say(prompts.P("known-fault"), true); err != nil {
			return "", err
		}
	}
	t, found, err := c.cfg.Desk.Announce(c.ctx, c.id)
	if err != nil {
		c.report("looking for an open ticket", err) // a store that is down costs the announcement, not the call
	}
	if !found {
		return v.Next, nil
	}
	phrase := prompts.Join(prompts.P("announce-ticket"), prompts.DigitsInside(strconv.FormatInt(int64(t.Number), 10)), prompts.P(prompts.ID("announce-"+string(t.State))))
	phrase = append(phrase, c.promised(t)...)
	c.announced = t // before it is spoken: who hangs up in the middle of it has called about this ticket
	return v.Next, c.say(append(phrase, prompts.P("announce-add")...), true)
}

// promised says by when the next thing happens to a ticket; nothing when no clock runs.
func (c *conversation) promised(t tickets.Ticket) prompts.Phrase {
	if due, ok := c.due(t, sla.Intervention); ok {
		return prompts.Join(prompts.P("announce-due"), c.when(t.Contract, due))
	}
	if due, ok := c.due(t, sla.Restore); ok {
		return prompts.Join(prompts.P("announce-restore"), c.when(t.Contract, due))
	}
	return nil
}
