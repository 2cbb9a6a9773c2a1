package ivr

import (
	"context"
	"errors"
	"time"

	"hotline/prompts"
)

// typeAhead is what the conversation knows of the caller's keys beyond the line's queue.
type typeAhead struct {
	keys       []byte // looked at and put back
	afterEntry bool   // an entry is over: one # more is the same finger, and answers nothing
}

// say speaks a phrase. Only the caller's end is an error; a sound that is missing is left out. Keys that were put back count as
// waiting keys, so they skip what may be interrupted. What a second # has interrupted is said again.
func (c *conversation) say(p prompts.Phrase, bargeIn bool) error {
	for {
		c.passSecondHash()
		if bargeIn && len(c.typed.keys) > 0 {
			return context.Cause(c.ctx)
		}
		if err := c.call.Say(c.ctx, c.lang, c.paced(p), bargeIn); err != nil && !c.brokenOff() {
			c.report("saying a phrase", err)
		}
		if !bargeIn || c.brokenOff() || !c.passSecondHash() {
			return context.Cause(c.ctx)
		}
	}
}

// slower multiplies the time for each key where the contract asks for slow menus.
const slower = 2

// paced is a phrase at the pace of the caller's contract.
func (c *conversation) paced(p prompts.Phrase) prompts.Phrase {
	if c.id.Contract.SlowMenus {
		return p.Slowly()
	}
	return p
}

// passSecondHash drops a # that waits right behind an entry, and tells whether it did.
func (c *conversation) passSecondHash() bool {
	if !c.typed.afterEntry || c.brokenOff() {
		return false
	}
	k, err := c.nextKey(0)
	if err != nil {
		return false
	}
	c.typed.afterEntry = false
	if k != '#' {
		c.putBack(k)
	}
	return k == '#'
}

// key takes the next key; ErrNoKey after wait, at the pace of the caller's contract.
func (c *conversation) key(wait time.Duration) (byte, error) {
	if c.id.Contract.SlowMenus {
		wait *= slower
	}
	k, err := c.nextKey(wait)
	if err == nil && c.typed.afterEntry {
		if c.typed.afterEntry = false; k == '#' {
			return c.nextKey(wait)
		}
	}
	return k, err
}

// nextKey takes the next key as it is.
func (c *conversation) nextKey(wait time.Duration) (byte, error) {
	if len(c.typed.keys) > 0 {
		k := c.typed.keys[0]
		c.typed.keys = c.typed.keys[1:]
		return k, nil
	}
	k, err := c.call.Key(c.ctx, wait)
	if c.brokenOff() {
		return 0, context.Cause(c.ctx)
	}
	return k, err
}

// putBack puts a key back.
func (c *conversation) putBack(k byte) { c.typed.keys = append([]byte{k}, c.typed.keys...) }

// flush forgets what was typed ahead: only after an error of the caller's.
func (c *conversation) flush() {
	c.typed.keys = nil
	c.call.Flush()
}

// entryEnd is how an entry of several digits ended.
type entryEnd byte

const (
	complete entryEnd = iota // by #, or by a pause after at least one digit
	empty                    // # alone
	silent                   // nothing at all
	star                     // * as the first key
)

// entry takes digits until #: wait for the first, pause for each next one. A * later on begins anew. Many people press #
// twice, or once more after the pause: that is still the entry's end.
func (c *conversation) entry(wait, pause time.Duration, most int) (string, entryEnd, error) {
	digits, how, err := c.digitsOf(wait, pause, most)
	c.typed.afterEntry = err == nil && how == complete
	return digits, how, err
}

func (c *conversation) digitsOf(wait, pause time.Duration, most int) (string, entryEnd, error) {
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
