package ivr

import (
	"time"

	"hotline/prompts"
	"hotline/strictyaml"
)

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
