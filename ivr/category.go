package ivr

import (
	"errors"
	"time"

	"hotline/prompts"
	"hotline/sla"
	"hotline/strictyaml"
)

// category is the menu of the five categories: 1 to 5 choose, 9 adds to the ticket that was announced, 0 is the operator,
// * repeats. A caller who presses nothing, or only wrong keys, goes on to a message without a category.
type category struct {
	Do       string        `yaml:"do"`
	Prompt   prompts.ID    `yaml:"prompt"`
	Again    prompts.ID    `yaml:"again"` // shorter, after a wrong key or silence
	Tries    int           `yaml:"tries"`
	Wait     time.Duration `yaml:"wait"`
	Chosen   string        `yaml:"chosen"`
	Added    string        `yaml:"added"`
	Operator string        `yaml:"operator"`
	None     string        `yaml:"none"`
}

const mostRepeats = 5 // of the menu, by *

func (v *category) exits() []exit {
	return []exit{{field: "chosen", to: v.Chosen}, {field: "added", to: v.Added}, {field: "operator", to: v.Operator}, {field: "none", to: v.None}}
}

func (v *category) prompts() []prompts.ID {
	return []prompts.ID{v.Prompt, "menu-others", v.Again, "wrong-key", "no-key", "menu-given-up"}
}

func (v *category) longest() time.Duration {
	return time.Duration(2*v.Tries+mostRepeats) * (25*time.Second + v.Wait)
}

func (v *category) waits() bool { return true }

func (v *category) check() []strictyaml.Complaint {
	return append(between("tries", v.Tries, 1, 5), times(waitTime{"wait", v.Wait})...)
}

func (v *category) run(c *conversation) (string, error) {
	question, silences, wrongs, repeats := prompts.P(v.Prompt, "menu-others"), 0, 0, 0
	for silences < v.Tries && wrongs < v.Tries && repeats <= mostRepeats {
		if err := c.say(question, true); err != nil {
			return "", err
		}
		k, err := c.key(v.Wait)
		switch {
		case errors.Is(err, ErrNoKey):
			silences++
			question = prompts.P("no-key", v.Again)
		case err != nil:
			return "", err
		case k >= '1' && k <= '5':
			c.claim = sla.Categories()[k-'1']
			return v.Chosen, nil
		case k == '9' && c.announced.Number != 0:
			c.adding = true
			return v.Added, nil
		case k == '0':
			return v.Operator, nil
		case k == '*':
			repeats++
			question = prompts.P(v.Prompt, "menu-others")
		default:
			if answered, err := c.offered(k); err != nil {
				return "", err
			} else if answered {
				question = prompts.P(v.Prompt, "menu-others")
				continue
			}
			wrongs++
			c.flush()
			question = prompts.P("wrong-key", v.Again)
		}
	}
	return v.None, c.say(prompts.P("menu-given-up"), true)
}
