package ivr

import (
	"strings"
	"time"

	"hotline/prompts"
	"hotline/strictyaml"
)

// request says why the call goes on as Support on Request and what that means. Then it settles the number to call back, the
// caller's own or a keyed one. It reads the number back, and the caller confirms it with 1.
type request struct {
	Do    string        `yaml:"do"`
	Price prompts.ID    `yaml:"price"`
	Tries int           `yaml:"tries"`
	Wait  time.Duration `yaml:"wait"`
	Pause time.Duration `yaml:"pause"`
	Next  string        `yaml:"next"`
}

const leastNumber = 3 // digits of a telephone number: an extension

func (v *request) exits() []exit { return []exit{{field: "next", to: v.Next}} }

func (v *request) prompts() []prompts.ID {
	return []prompts.ID{v.Price, "request-no-pin", "request-unknown", "request-expired", "request-no-access", "request-locked",
		"callback-offer", "callback-choose", "callback-enter", "callback-read", "callback-confirm", "callback-none", "callback-short", "wrong-key"}
}

func (v *request) longest() time.Duration {
	return time.Duration(2*v.Tries) * (30*time.Second + v.Wait + mostDigits*v.Pause)
}

func (v *request) waits() bool { return true }

func (v *request) check() []strictyaml.Complaint {
	return append(between("tries", v.Tries, 1, 5), times(waitTime{"wait", v.Wait}, waitTime{"pause", v.Pause})...)
}

func (v *request) run(c *conversation) (string, error) {
	if err := c.say(prompts.P(c.reason, v.Price), true); err != nil {
		return "", err
	}
	if dialable(c.callBack) {
		offer := prompts.Join(prompts.P("callback-offer"), prompts.Digits(c.cfg.Spoken(c.callBack)), prompts.P("callback-choose"))
		k, err := c.choice(offer, "12", v.Wait, 2)
		if err != nil {
			return "", err
		}
		if k != '2' { // 1, or somebody who can press no key: the number is the best that there is
			c.settled = true
			return v.Next, nil
		}
	}
	number, err := v.enterNumber(c)
	if err != nil {
		return "", err
	}
	if number != "" {
		c.callBack = number
	}
	c.settled = true
	if !dialable(c.callBack) {
		return v.Next, c.say(prompts.P("callback-none"), true)
	}
	return v.Next, nil
}

// dialable tells whether a caller's number is one that can be read back: softphones show names.
func dialable(number string) bool {
	digits := strings.TrimPrefix(number, "+")
	return len(digits) >= leastNumber && strings.Trim(digits, "0123456789") == ""
}

// enterNumber takes a number by key and has it confirmed; empty when none came of it.
func (v *request) enterNumber(c *conversation) (string, error) {
	for range v.Tries {
		if err := c.say(prompts.P("callback-enter"), true); err != nil {
			return "", err
		}
		number, how, err := c.entry(v.Wait, v.Pause, mostDigits)
		if err != nil {
			return "", err
		}
		if how == silent || how == empty {
			return "", nil
		}
		if len(number) < leastNumber {
			c.flush()
			if err := c.say(prompts.P("callback-short"), true); err != nil {
				return "", err
			}
			continue
		}
		read := prompts.Join(prompts.P("callback-read"), prompts.Digits(c.cfg.Spoken(number)), prompts.P("callback-confirm"))
		if k, err := c.choice(read, "12", v.Wait, 2); err != nil || k == '1' {
			return number, err
		}
	}
	return "", nil
}
