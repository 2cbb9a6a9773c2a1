package ivr

import (
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
			c.back(k)
			break
		}
		if err := c.switchLanguage(); err != nil {
			return "", err
		}
	}
	return v.Next, c.say(prompts.P(v.Notice), false)
}

// say speaks one sentence and goes on.
type say struct {
	Do     string     `yaml:"do"`
	Prompt prompts.ID `yaml:"prompt"`
	Keys   bool       `yaml:"keys"` // a key interrupts it
	Next   string     `yaml:"next"`
}

func (v *say) exits() []exit                 { return []exit{{field: "next", to: v.Next}} }
func (v *say) prompts() []prompts.ID         { return []prompts.ID{v.Prompt} }
func (v *say) longest() time.Duration        { return 20 * time.Second }
func (v *say) waits() bool                   { return false }
func (v *say) check() []strictyaml.Complaint { return nil }

func (v *say) run(c *conversation) (string, error) { return v.Next, c.say(prompts.P(v.Prompt), v.Keys) }

// goodbye says farewell and hangs up.
type goodbye struct {
	Do     string     `yaml:"do"`
	Prompt prompts.ID `yaml:"prompt"`
}

func (v *goodbye) exits() []exit                 { return nil }
func (v *goodbye) prompts() []prompts.ID         { return []prompts.ID{v.Prompt} }
func (v *goodbye) longest() time.Duration        { return 10 * time.Second }
func (v *goodbye) waits() bool                   { return false }
func (v *goodbye) check() []strictyaml.Complaint { return nil }

func (v *goodbye) run(c *conversation) (string, error) { return "", c.say(prompts.P(v.Prompt), false) }
