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
