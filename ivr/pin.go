package ivr

import (
	"errors"
	"time"

	"hotline/alarm"
	"hotline/prompts"
	"hotline/strictyaml"
	"hotline/tickets"
)

// pin asks for the PIN. After a wrong PIN the caller may try again. No PIN, an expired contract, no remote access and too many
// wrong PINs each lead to Support on Request, each with a sentence of its own. A caller who has logged in before the call is not
// asked. No digit leaves this verb.
type pin struct {
	Do      string        `yaml:"do"`
	Prompt  prompts.ID    `yaml:"prompt"`
	Tries   int           `yaml:"tries"` // PINs the step may try, within the three of a call
	Wait    time.Duration `yaml:"wait"`  // for the first digit
	Pause   time.Duration `yaml:"pause"` // between two digits
	Known   string        `yaml:"known"`
	Unknown string        `yaml:"unknown"`
}

const (
	mostWrong    = 3  // PINs of a call, however often a flow asks for one
	mostDigits   = 15 // of a PIN or a telephone number (ITU-T E.164)
	mostSwitches = 4  // of the language, in one step
)

func (v *pin) exits() []exit {
	return []exit{{field: "known", to: v.Known}, {field: "unknown", to: v.Unknown}}
}

func (v *pin) prompts() []prompts.ID {
	return []prompts.ID{v.Prompt, "pin-wrong-1", "pin-wrong-2", "no-key", "language"}
}

func (v *pin) longest() time.Duration {
	return time.Duration(v.Tries+1) * (15*time.Second + v.Wait + mostDigits*v.Pause)
}

func (v *pin) waits() bool { return true }

func (v *pin) check() []strictyaml.Complaint {
	return append(between("tries", v.Tries, 1, mostWrong), times(waitTime{"wait", v.Wait}, waitTime{"pause", v.Pause})...)
}

func (v *pin) run(c *conversation) (string, error) {
	if c.caller.Contract != "" {
		return v.admit(c), nil
	}
	question, silences, switches := prompts.P(v.Prompt), 0, 0
	for try := 0; try < v.Tries; {
		if c.wrongPINs >= mostWrong || c.cfg.Desk.LockedOut(c.caller.Number, c.call.Now()) {
			c.reason = "request-locked"
			c.flush() // a PIN typed ahead is no answer to what comes now
			return v.Unknown, nil
		}
		if err := c.say(question, true); err != nil {
			return "", err
		}
		digits, how, err := c.entry(v.Wait, v.Pause, mostDigits)
		switch {
		case err != nil:
			return "", err
		case how == star && switches < mostSwitches:
			switches++
			if err := c.switchLanguage(); err != nil {
				return "", err
			}
		case how == silent && silences == 0:
			silences++
			question = prompts.P("no-key", v.Prompt)
		case how != complete:
			c.reason = "request-no-pin"
			return v.Unknown, nil
		case len(digits) == 1: // no PIN is so short
			if answered, err := c.offered(digits[0]); err != nil {
				return "", err
			} else if answered {
				question = prompts.P(v.Prompt)
				continue
			}
			fallthrough
		default:
			known, err := v.look(c, digits)
			if known || err != nil {
				return v.Known, err
			}
			if c.reason != "request-unknown" {
				return v.Unknown, nil
			}
			try++
			c.wrongPINs++
			question = prompts.P(prompts.ID("pin-wrong-" + string('0'+byte(min(try, 2)))))
		}
	}
	return v.Unknown, nil
}

// look has the desk look the PIN up.
func (v *pin) look(c *conversation, digits string) (known bool, err error) {
	if err := c.pause(c.cfg.Desk.PINDelay(c.caller.Number, c.call.Now())); err != nil {
		return false, err
	}
	id, guessed, err := c.cfg.Desk.Identify(digits, c.caller.Number, c.call.Now())
	if guessed != "" {
		c.alarm(alarm.WrongPINs, guessed)
	}
	switch {
	case err == nil:
		c.id, c.undisclosed, c.keyedPIN = id, tickets.Identity{}, true
		c.speak(prompts.Language(id.Contract.Language))
		return true, nil
	case errors.Is(err, tickets.ErrExpired):
		c.reason, c.hint = "request-expired", v.refused(id, "which is not in force")
	case errors.Is(err, tickets.ErrNoRemoteAccess):
		c.reason, c.hint = "request-no-access", v.refused(id, "which has no remote access")
	case errors.Is(err, tickets.ErrLockedOut), errors.Is(err, tickets.ErrUntold):
		c.reason = "request-locked"
	default:
		c.reason = "request-unknown"
	}
	if id.Known() && (errors.Is(err, tickets.ErrUntold) || errors.Is(err, tickets.ErrUnknownPIN)) {
		c.undisclosed, c.hint = id, v.refused(id, "which the caller was not told: too many wrong ones were keyed under known numbers")
	}
	c.flush()
	return false, nil
}

// admit takes the contract as which the caller has logged in. What keeps a PIN from promising anything keeps this one too.
func (v *pin) admit(c *conversation) string {
	id, err := c.cfg.Desk.Admit(c.caller.Contract, c.call.Now())
	as := "had logged in as contract " + string(c.caller.Contract) + " of " + id.Customer.Name
	switch {
	case err == nil:
		c.id, c.keyedPIN = id, true
		c.speak(prompts.Language(id.Contract.Language))
		return v.Known
	case errors.Is(err, tickets.ErrExpired):
		c.reason, c.hint = "request-expired", as+", which is not in force"
	case errors.Is(err, tickets.ErrNoRemoteAccess):
		c.reason, c.hint = "request-no-access", as+", which has no remote access"
	}
	return v.Unknown
}

// refused tells staff whose PIN it was: the request is no contract's, but nobody need ask who called.
func (v *pin) refused(id tickets.Identity, why string) string {
	return "keyed the PIN of contract " + string(id.Contract.ID) + " of " + id.Customer.Name + ", " + why
}
