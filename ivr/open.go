package ivr

import (
	"time"

	"hotline/prompts"
	"hotline/strictyaml"
)

// open opens the ticket, or notes the call on the one that the caller adds to. It comes before the tone, so that a caller who
// hangs up afterwards has a ticket.
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

// settle makes sure that the call has a ticket: the one that the caller adds to, else a new one.
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
	c.noteRefusals()
	return nil
}
