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

// choice asks a question and waits for one of the keys. Silence and wrong keys have an answer and a counter each. It returns 0
// when the caller made no choice in the end.
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

// others are the languages that * leads to, one after the other: those that the flow offers, and the one that the call began with.
func (c *conversation) others() []prompts.Language {
	round := c.flow.Languages
	if !slices.Contains(round, c.began) {
		round = append([]prompts.Language{c.began}, round...)
	}
	at := slices.Index(round, c.lang)
	return slices.Concat(round[at+1:], round[:max(at, 0)])
}

// offers say in each language how often * is to be pressed to hear it.
func offers() []prompts.ID {
	return []prompts.ID{"language-offer", "language-offer-2", "language-offer-3", "language-offer-4"}
}

// offerLanguages says that there are other languages, to those who speak them.
func (c *conversation) offerLanguages() error {
	mine := c.lang
	defer func() { c.lang = mine }()
	for n, other := range c.others() {
		c.lang = other
		if err := c.say(prompts.P(offers()[n]), true); err != nil {
			return err
		}
		c.lang = mine
	}
	return nil
}

// switchLanguage switches to the next language and says its name. Where there is only one language, it says the name of that one.
func (c *conversation) switchLanguage() error {
	if others := c.others(); len(others) > 0 {
		c.lang = others[0]
	}
	c.chosen = true
	return c.say(prompts.P("language"), true)
}

// speak switches to a language, unless the flow does not speak it or the caller has chosen another.
func (c *conversation) speak(l prompts.Language) {
	if !c.chosen && slices.Contains(c.flow.speaks(), l) {
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
