package ivr

import (
	"context"
	"errors"
	"time"

	"hotline/prompts"
	"hotline/strictyaml"
)

// welcome greets, offers the flow's next language in that language, and says that the message will be recorded. * switches
// the language; other keys are kept for what follows. The notice is never cut.
type welcome struct {
	Do     string     `yaml:"do"`
	Prompt prompts.ID `yaml:"prompt"`
	Notice prompts.ID `yaml:"notice"`
	Next   string     `yaml:"next"`
}

func (v *welcome) exits() []exit { return []exit{{field: "next", to: v.Next}} }
func (v *welcome) prompts() []prompts.ID {
	return []prompts.ID{v.Prompt, v.Notice, "language", "language-offer"}
}

func (v *welcome) longest() time.Duration        { return 30 * time.Second }
func (v *welcome) waits() bool                   { return false }
func (v *welcome) check() []strictyaml.Complaint { return nil }

func (v *welcome) run(c *conversation) (string, error) {
	for range c.flow.Languages {
		if err := c.say(prompts.P(v.Prompt), true); err != nil {
			return "", err
		}
		if err := c.offerLanguage(); err != nil {
			return "", err
		}
		k, err := c.key(0)
		if errors.Is(err, ErrNoKey) {
			break
		}
		if err != nil {
			return "", err
		}
		if k != '*' {
			c.putBack(k)
			break
		}
		if err := c.switchLanguage(); err != nil {
			return "", err
		}
	}
	return v.Next, c.warn(v.Notice)
}

// warn says that the message will be recorded. Only a notice that was sent to its last sample is one: no key cuts it, and one that failed
// is said again before the tone.
func (c *conversation) warn(notice prompts.ID) error {
	c.passSecondHash()
	err := c.call.Say(c.ctx, c.lang, prompts.P(notice), false)
	if c.brokenOff() {
		return context.Cause(c.ctx)
	}
	c.warned = err == nil
	c.report("saying that the message is recorded", err)
	return nil
}
