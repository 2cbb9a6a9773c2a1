package ivr

import (
	"time"

	"hotline/prompts"
	"hotline/strictyaml"
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
		talked, err := c.cfg.Human.Operator(c.ctx, c.call, c.lang, prompts.P(v.Prompt))
		c.helped = talked
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

// open opens the ticket, or notes the call on the one that the caller adds to. It comes before the tone, so that whoever
// hangs up afterwards has one.
type open struct {
	Do   string `yaml:"do"`
	Next string `yaml:"next"`
}

func (v *open) exits() []exit                 { return []exit{{field: "next", to: v.Next}} }
func (v *open) prompts() []prompts.ID         { return nil }
func (v *open) longest() time.Duration        { return 5 * time.Second }
func (v *open) waits() bool                   { return false }
func (v *open) check() []strictyaml.Complaint { return nil }

func (v *open) run(c *conversation) (string, error) { return v.Next, c.settle() }

// settle sees to it that the call has a ticket: the one that the caller adds to, else one of its own.
func (c *conversation) settle() error {
	if !c.adding || c.ticket.Number != 0 {
		return c.open(c.after(), c.call.Now())
	}
	t, err := c.cfg.Desk.CalledAgainAbout(c.after(), c.announced.Number, c.caller.ID, "adds to it", c.call.Now())
	if err != nil {
		c.report("noting the call on the ticket", err)
		t = c.announced
	}
	c.ticket = t
	return nil
}
