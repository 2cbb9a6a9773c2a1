package ivr

import (
	"cmp"
	"context"
	"errors"
	"time"

	"hotline/prompts"
	"hotline/strictyaml"
	"hotline/tickets"
)

// welcome says which company it is, greets, offers each other language in that language, and says that the message will be recorded. * switches the
// language; other keys are kept for what follows. No key cuts the notice. The keys by which the caller may refuse, or hear more,
// are named after it.
type welcome struct {
	Do     string     `yaml:"do"`
	Prompt prompts.ID `yaml:"prompt"`
	Notice prompts.ID `yaml:"notice"`
	Next   string     `yaml:"next"`
}

func (v *welcome) exits() []exit { return []exit{{field: "next", to: v.Next}} }
func (v *welcome) prompts() []prompts.ID {
	said := []prompts.ID{v.Prompt, v.Notice, "language", recordingOffer, recordingRefused, "notice-who", "notice-data", "notice-days", "notice-no-term", "notice-rights"}
	return append(said, offers()...)
}

func (v *welcome) longest() time.Duration        { return 30 * time.Second }
func (v *welcome) waits() bool                   { return false }
func (v *welcome) check() []strictyaml.Complaint { return nil }

func (v *welcome) run(c *conversation) (string, error) {
	for range len(c.others()) + 1 {
		if err := c.say(prompts.Join(c.house(), prompts.P(v.Prompt)), true); err != nil {
			return "", err
		}
		if err := c.offerLanguages(); err != nil {
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
	if err := c.warn(v.Notice); err != nil || !c.warned {
		return v.Next, err
	}
	return v.Next, c.say(prompts.P(recordingOffer), true)
}

// house is the company's name; nothing where it has none. A name that nobody has spoken yet is left out by the voice.
func (c *conversation) house() prompts.Phrase {
	if c.cfg.House == nil {
		return nil
	}
	return prompts.Words(c.cfg.House())
}

// warn says that the message will be recorded. The notice counts only if it was sent to its last sample. No key cuts it; if it
// failed, it is said again before the tone.
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

// The keys of [recordingOffer]. They count alone in the place of a PIN, in the menu of categories, and during the words before
// the tone. No menu uses them, so a key that is pressed once too often in a menu refuses nothing.
const (
	keyRefuses = '7'
	keyNotice  = '8'
)

const (
	recordingOffer   prompts.ID = "recording-offer"
	recordingRefused prompts.ID = "recording-refused"
)

// mostNotices is how often a call answers the keys of the offer, so that nobody loops there.
const mostNotices = 6

// offered answers a key of the offer; false for any other one, and once the recording has begun.
func (c *conversation) offered(k byte) (answered bool, err error) {
	if c.recorded || c.notices >= mostNotices || k != keyRefuses && k != keyNotice {
		return false, nil
	}
	c.notices++
	if k == keyRefuses {
		return true, c.refuse()
	}
	return true, c.say(prompts.WholeNotice(c.keepDays()), true)
}

// beforeTone says what leads to the tone, and answers the keys of the offer; any other key brings the tone at once.
func (c *conversation) beforeTone(question prompts.Phrase) error {
	for {
		if err := c.say(question, true); err != nil {
			return err
		}
		k, err := c.key(0)
		if errors.Is(err, ErrNoKey) {
			return nil
		}
		if err != nil {
			return err
		}
		if answered, err := c.offered(k); err != nil || !answered || c.refused {
			return err
		}
	}
}

// refuse notes that the caller does not want to be recorded, and says so. Nothing of the call is recorded from then on.
func (c *conversation) refuse() error {
	if !c.refused {
		c.refused, c.refusals = true, append(c.refusals, "the caller refused the recording by key: nothing is recorded")
	}
	c.agrees()
	c.noteRefusals()
	return c.say(prompts.P(recordingRefused), true)
}

// noteRefusals says on the ticket, once there is one, who does not want to be recorded. The record of the call says it in any case.
func (c *conversation) noteRefusals() {
	for ; c.ticket.Number != 0 && c.noted < len(c.refusals); c.noted++ {
		_, err := c.cfg.Desk.Note(c.after(), c.ticket.Number, tickets.Event{Kind: tickets.Commented, Actor: "system", Text: c.refusals[c.noted]}, c.call.Now())
		c.report("noting that the recording was refused", err)
	}
}

// keepDays is for how many days the message will be kept: the contract's term, else the owner's; 0: without a term. A caller
// without a contract hears the owner's.
func (c *conversation) keepDays() int {
	return cmp.Or(c.id.Contract.KeepDays, c.cfg.KeepDays)
}
