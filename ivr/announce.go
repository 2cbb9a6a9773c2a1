package ivr

import (
	"strconv"
	"time"

	"hotline/directory"
	"hotline/prompts"
	"hotline/sla"
	"hotline/strictyaml"
	"hotline/tickets"
)

// announce plays what the caller should know before the menu: a known fault that covers the contract, notices of the staff for
// its callers, and the contract's most urgent open ticket. If there is such a ticket, the category step also takes key 9.
type announce struct {
	Do   string `yaml:"do"`
	Next string `yaml:"next"`
}

// mostFaults is how many known faults a caller hears at most, and how many notices.
const mostFaults = 3

func (v *announce) exits() []exit { return []exit{{field: "next", to: v.Next}} }

func (v *announce) prompts() []prompts.ID {
	return []prompts.ID{"known-fault", "announce-ticket", "announce-open", "announce-assigned", "announce-in_progress", "announce-waiting",
		"announce-received", "announce-due", "announce-restore", "announce-overdue", "announce-restore-overdue",
		"announce-stands-customer", "announce-stands-access", "announce-stood", "announce-add"}
}

func (v *announce) longest() time.Duration        { return 30 * time.Second }
func (v *announce) waits() bool                   { return false }
func (v *announce) check() []strictyaml.Complaint { return nil }

func (v *announce) run(c *conversation) (string, error) {
	if phrase := c.announcements(); len(phrase) > 0 {
		if err := c.say(phrase, true); err != nil {
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

// announcements are the known faults that cover the contract, then the notices of the staff for its callers, then what is said
// outside the contract's hours.
func (c *conversation) announcements() (phrase prompts.Phrase) {
	var notices prompts.Phrase
	var faults, others int
	for _, f := range c.cfg.Desk.KnownFaults(c.id.Contract.ID, c.call.Now()) {
		words := prompts.Words(f.Words[string(c.lang)])
		switch {
		case f.Kind == directory.OfFault && faults < mostFaults:
			faults++
			phrase = append(phrase, words...)
		case f.Kind != directory.OfFault && others < mostFaults && (f.Kind != directory.OutOfHours || c.outOfHours()):
			others++
			notices = append(notices, words...)
		}
	}
	if faults > 0 {
		phrase = append(prompts.P("known-fault"), phrase...)
	}
	return append(phrase, notices...)
}

// outOfHours tells whether the caller's contract is closed now; false where its hours are not known.
func (c *conversation) outOfHours() bool {
	e, err := c.cfg.Desk.Entitlement(c.id.Contract.ID)
	return err == nil && !e.Hours.Open(c.call.Now())
}

// promised says in short how the next clock stands. It says on which day the ticket came if that was not today, then why the
// clock is paused or by when it is or was due, then that waiting was not counted. It is empty when no clock is open.
func (c *conversation) promised(t tickets.Ticket) prompts.Phrase {
	k, ok := t.Owed()
	if !ok {
		return nil
	}
	ahead, over := prompts.ID("announce-due"), prompts.ID("announce-overdue")
	if k.Kind == sla.Restore {
		ahead, over = "announce-restore", "announce-restore-overdue"
	}
	phrase := c.received(t)
	if why, stands := t.Stands(k); stands {
		return append(phrase, prompts.P(standing(why))...)
	}
	if !k.Due.After(c.call.Now()) {
		ahead = over
	}
	phrase = append(phrase, prompts.Join(prompts.P(ahead), c.when(t.Contract, k.Due))...)
	if t.Stood(k) {
		phrase = append(phrase, prompts.P("announce-stood")...)
	}
	return phrase
}

func standing(why sla.Reason) prompts.ID {
	if why == sla.NoAccess {
		return "announce-stands-access"
	}
	return "announce-stands-customer"
}

// received says on which day a ticket came that is not of today.
func (c *conversation) received(t tickets.Ticket) prompts.Phrase {
	opened, now := t.OpenedAt, c.call.Now()
	if terms, err := c.cfg.Desk.Entitlement(t.Contract); err == nil {
		opened, now = opened.In(terms.Hours.Zone()), now.In(terms.Hours.Zone())
	}
	if opened.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return nil
	}
	return append(prompts.P("announce-received"), prompts.Item{Kind: prompts.Calendar, At: opened})
}
