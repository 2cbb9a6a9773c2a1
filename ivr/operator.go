package ivr

import (
	"time"

	"hotline/prompts"
	"hotline/strictyaml"
	"hotline/tickets"
)

// operator rings the operator in the operator's hours. It never rings the rota: whom nobody answers leaves a message.
type operator struct {
	Do        string     `yaml:"do"`
	Prompt    prompts.ID `yaml:"prompt"`
	Absent    prompts.ID `yaml:"absent"`
	Reached   string     `yaml:"reached"`
	Otherwise string     `yaml:"otherwise"`
}

func (v *operator) exits() []exit {
	return []exit{{field: "reached", to: v.Reached, caught: true}, {field: "otherwise", to: v.Otherwise}}
}
func (v *operator) prompts() []prompts.ID         { return []prompts.ID{v.Prompt, v.Absent} }
func (v *operator) longest() time.Duration        { return 3 * time.Minute }
func (v *operator) waits() bool                   { return false }
func (v *operator) check() []strictyaml.Complaint { return nil }

func (v *operator) run(c *conversation) (string, error) {
	if c.cfg.Human != nil {
		talked, err := c.cfg.Human.Operator(c.ctx, c.call, OperatorCall{
			Language: c.lang, Calling: prompts.P(v.Prompt), Ticket: c.operatorsTicket(), Refused: func(text string) { c.refusals = append(c.refusals, text) },
		})
		c.helped = talked
		c.noteRefusals()
		if c.brokenOff() {
			return "", err
		}
		c.report("ringing the operator", err)
		if talked {
			return v.Reached, nil
		}
	}
	return v.Otherwise, c.say(prompts.P(v.Absent), true)
}

// operatorsTicket opens a ticket without category for a talk with the operator that is recorded; nil where none is: by the policy of the
// contract, or because the caller has refused. No other talk with the operator leaves a ticket.
func (c *conversation) operatorsTicket() func() (tickets.Number, error) {
	if !c.id.Contract.RecordTalks || c.refused {
		return nil
	}
	return func() (tickets.Number, error) {
		if c.ticket.Number != 0 {
			return c.ticket.Number, nil
		}
		if err := c.open(c.after(), c.call.Now()); err != nil {
			return 0, err
		}
		_, err := c.cfg.Desk.Note(c.after(), c.ticket.Number, tickets.Event{
			Kind: tickets.Commented, Actor: "system", Text: "the caller talks to the operator, and the talk is recorded",
		}, c.call.Now())
		c.report("noting why there is a ticket", err)
		return c.ticket.Number, nil
	}
}
