package console

import (
	"context"
	"errors"

	"hotline/alarm"
	"hotline/oncall"
	"hotline/oncall/pins"
	"hotline/prompts"
)

// tries is how many PINs one call may try, as a caller's may.
const tries = 3

// identify asks for the engineer's PIN. Who keys none goes on as a caller, and so does who keys a wrong one three times. A number
// that is too short or too long to be an engineer's PIN is taken for that of a contract, which the caller's conversation checks.
func (s *session) identify(who []oncall.Engineer) error {
	s.step("pin")
	question, number := prompts.P("console-pin", "console-pin-caller"), s.call.Caller().Number
	for range tries {
		if err := s.say(question); err != nil {
			return err
		}
		digits, err := s.entry(mostDigits)
		switch {
		case err != nil:
			return err
		case digits == "":
			return errCaller
		case len(digits) != oncall.PINDigits:
			s.typed = []byte(digits + "#")
			return errCaller
		}
		var found oncall.Engineer
		now := s.call.Now()
		err = s.asked(func(ctx context.Context) (err error) {
			found, err = s.cfg.PINs.Check(ctx, digits, number, who, now)
			return err
		})
		switch {
		case err == nil:
			s.who, s.lang = found, s.ownLanguage(found)
			if err := s.say(prompts.P("console-hello")); err != nil {
				return err
			}
			return s.answer()
		case errors.Is(err, pins.ErrLocked):
			s.cfg.Alarm(alarm.WrongPINs, "many wrong PINs within an hour at the telephone of engineer "+string(who[0].ID)+": somebody may show its number; nobody is asked for a PIN there for a while")
			return s.refused()
		case !errors.Is(err, pins.ErrWrong):
			return err
		}
		s.flush()
		question = prompts.P("console-pin-wrong", "console-pin-caller")
	}
	return s.refused()
}

// refused lets somebody go on as a caller whose PIN was not right.
func (s *session) refused() error {
	s.flush() // what was typed ahead was for the console
	if err := s.say(prompts.P("console-pin-over")); err != nil {
		return err
	}
	return errCaller
}

// ownLanguage is the engineer's, where the line speaks it.
func (s *session) ownLanguage(e oncall.Engineer) prompts.Language {
	for _, l := range prompts.Languages() {
		if string(l) == e.Language {
			return l
		}
	}
	return s.lang
}
