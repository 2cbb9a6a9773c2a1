package ivr

import (
	"context"
	"errors"
	"time"

	"hotline/prompts"
)

// typed is what the conversation knows of the caller's keys beyond the line's queue.
type typed struct {
	ahead []byte // keys looked at and put back
	again bool   // an entry is over: one # more is the same finger, and answers nothing
}

// say speaks; only the caller's end is an error, a sound that is missing is passed over. Keys that were put back count as
// waiting keys do: they pass over what may be interrupted. What a second # has interrupted is said again.
func (c *conversation) say(p prompts.Phrase, bargeIn bool) error {
	for {
		c.passSecondHash()
		if bargeIn && len(c.typed.ahead) > 0 {
			return context.Cause(c.ctx)
		}
		if err := c.call.Say(c.ctx, c.lang, p, bargeIn); err != nil && !c.brokenOff() {
			c.report("saying a phrase", err)
		}
		if !bargeIn || c.brokenOff() || !c.passSecondHash() {
			return context.Cause(c.ctx)
		}
	}
}

// passSecondHash drops a # that waits right behind an entry, and tells whether it did.
func (c *conversation) passSecondHash() bool {
	if !c.typed.again || c.brokenOff() {
		return false
	}
	k, err := c.pull(0)
	if err != nil {
		return false
	}
	c.typed.again = false
	if k != '#' {
		c.back(k)
	}
	return k == '#'
}

// key takes the next key; ErrNoKey after wait.
func (c *conversation) key(wait time.Duration) (byte, error) {
	k, err := c.pull(wait)
	if err == nil && c.typed.again {
		if c.typed.again = false; k == '#' {
			return c.pull(wait)
		}
	}
	return k, err
}

// pull takes the next key as it is.
func (c *conversation) pull(wait time.Duration) (byte, error) {
	if len(c.typed.ahead) > 0 {
		k := c.typed.ahead[0]
		c.typed.ahead = c.typed.ahead[1:]
		return k, nil
	}
	k, err := c.call.Key(c.ctx, wait)
	if c.brokenOff() {
		return 0, context.Cause(c.ctx)
	}
	return k, err
}

// back puts a key back.
func (c *conversation) back(k byte) { c.typed.ahead = append([]byte{k}, c.typed.ahead...) }

// flush forgets what was typed ahead: only after an error of the caller's.
func (c *conversation) flush() {
	c.typed.ahead = nil
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

// entry takes digits until #: wait for the first, pause for each next one. A * later on begins anew. Many people press #
// twice, or once more after the pause: that is still the entry's end.
func (c *conversation) entry(wait, pause time.Duration, most int) (string, keyed, error) {
	digits, how, err := c.digitsOf(wait, pause, most)
	c.typed.again = err == nil && how == complete
	return digits, how, err
}

func (c *conversation) digitsOf(wait, pause time.Duration, most int) (string, keyed, error) {
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
