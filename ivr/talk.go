package ivr

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"hotline/prompts"
	"hotline/tickets"
)

// say speaks; only the caller's end is an error, a sound that is missing is passed over. Keys that were put back count as
// waiting keys do: they pass over what may be interrupted.
func (c *conversation) say(p prompts.Phrase, bargeIn bool) error {
	if bargeIn && len(c.ahead) > 0 {
		return context.Cause(c.ctx)
	}
	if err := c.call.Say(c.ctx, c.lang, p, bargeIn); err != nil && !c.gone() {
		c.report("saying a phrase", err)
	}
	return context.Cause(c.ctx)
}

// key takes the next key; ErrNoKey after wait.
func (c *conversation) key(wait time.Duration) (byte, error) {
	if len(c.ahead) > 0 {
		k := c.ahead[0]
		c.ahead = c.ahead[1:]
		return k, nil
	}
	k, err := c.call.Key(c.ctx, wait)
	if c.gone() {
		return 0, context.Cause(c.ctx)
	}
	return k, err
}

// back puts a key back.
func (c *conversation) back(k byte) { c.ahead = append([]byte{k}, c.ahead...) }

// flush forgets what was typed ahead: only after an error of the caller's.
func (c *conversation) flush() {
	c.ahead = nil
	c.call.Flush()
}

// keyed is how an entry of several digits ended.
type keyed byte

const (
	complete keyed = iota // by #, or by a pause after at least one digit
	empty                 // # alone
	silent                // nothing at all
	star                  // * as the first key
)

// entry takes digits until #: wait for the first, pause for each next one. A * later on begins anew.
func (c *conversation) entry(wait, pause time.Duration, most int) (string, keyed, error) {
	var got []byte
	for {
		limit := pause
		if len(got) == 0 {
			limit = wait
		}
		k, err := c.key(limit)
		switch {
		case errors.Is(err, ErrNoKey) && len(got) == 0:
			return "", silent, nil
		case errors.Is(err, ErrNoKey):
			return string(got), complete, nil
		case err != nil:
			return "", silent, err
		case k == '#' && len(got) == 0:
			return "", empty, nil
		case k == '#':
			return string(got), complete, nil
		case k == '*' && len(got) == 0:
			return "", star, nil
		case k == '*':
			got = got[:0]
		default:
			got = append(got, k)
		}
		if len(got) >= most {
			return string(got), complete, nil
		}
	}
}

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
func (c *conversation) when(contract tickets.ContractID, due time.Time) prompts.Phrase {
	now := c.call.Now()
	if terms, err := c.cfg.Desk.Terms(contract); err == nil {
		due, now = due.In(terms.Hours.Zone()), now.In(terms.Hours.Zone())
	}
	return prompts.When(due, now)
}
