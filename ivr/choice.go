package ivr

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"hotline/directory"
	"hotline/prompts"
	"hotline/tickets"
)

// choice asks a question and waits for one of the keys: silence and wrong keys are told apart and counted apart; 0 when
// the caller made no choice in the end.
func (c *conversation) choice(question prompts.Phrase, keys string, wait time.Duration, tries int) (byte, error) {
	silences, wrongs := 0, 0
	for silences < tries && wrongs < tries {
		if err := c.say(question, true); err != nil {
			return 0, err
		}
		k, err := c.key(wait)
		switch {
		case errors.Is(err, ErrNoKey):
			silences++
		case err != nil:
			return 0, err
		default:
			for i := range len(keys) {
				if keys[i] == k {
					return k, nil
				}
			}
			wrongs++
			c.flush()
			if err := c.say(prompts.P("wrong-key"), true); err != nil {
				return 0, err
			}
		}
	}
	return 0, nil
}

// nextLanguage is where * leads: the flow's next one.
func (c *conversation) nextLanguage() prompts.Language {
	return c.flow.Languages[(slices.Index(c.flow.Languages, c.lang)+1)%len(c.flow.Languages)]
}

// offerLanguage says that there is another language, to those who speak it.
func (c *conversation) offerLanguage() error {
	mine, next := c.lang, c.nextLanguage()
	if next == mine {
		return nil
	}
	c.lang = next
	defer func() { c.lang = mine }()
	return c.say(prompts.P("language-offer"), true)
}

// switchLanguage goes over to the flow's next language and says its name.
func (c *conversation) switchLanguage() error {
	c.lang, c.chosen = c.nextLanguage(), true
	return c.say(prompts.P("language"), true)
}

// speak goes over to a language, unless the flow does not speak it or the caller has chosen another.
func (c *conversation) speak(l prompts.Language) {
	if !c.chosen && slices.Contains(c.flow.Languages, l) {
		c.lang = l
	}
}

// digits is a ticket's number, digit by digit.
func digits(n tickets.Number) prompts.Phrase {
	return prompts.Digits(strconv.FormatInt(int64(n), 10))
}

// when is an instant as it is spoken: in the zone of the calendar of the contract whose deadline it is.
func (c *conversation) when(contract directory.ContractID, due time.Time) prompts.Phrase {
	now := c.call.Now()
	if terms, err := c.cfg.Desk.Entitlement(contract); err == nil {
		due, now = due.In(terms.Hours.Zone()), now.In(terms.Hours.Zone())
	}
	return prompts.When(due, now)
}
