package console

import (
	"context"
	"errors"

	"hotline/ivr"
	"hotline/prompts"
)

// option is one key of a menu.
type option struct {
	key   byte
	name  string     // of the call's steps
	says  prompts.ID // the option, then its key; empty: the key is known, and not offered now
	doing func() error
}

// begin is what the number that was dialled is for: prompts are replaced, or tickets are worked on.
func (s *session) begin() error {
	switch p := s.cfg.Prompts; {
	case p == nil || !p.Called(s.call.Caller().Dialled):
	case p.May(s.who.ID):
		return s.record()
	default:
		if err := s.say(prompts.P("record-denied")); err != nil {
			return err
		}
	}
	return s.work()
}

// work is the main menu, until the engineer leaves it.
func (s *session) work() error {
	for {
		err := s.choose(nil, []option{
			{'1', "next", "console-key-next", s.next},
			{'2', "number", "console-key-number", s.byNumber},
			{'3', "reach", "console-key-reach", s.reach},
			{'4', "shifts", "console-key-shifts", s.shifts},
			{'0', "caller", "console-key-caller", s.asCaller},
		})
		for errors.Is(err, errNext) {
			err = s.next()
		}
		if err != nil && !errors.Is(err, errBack) {
			return err
		}
	}
}

// asCaller leads to the conversation with callers.
func (s *session) asCaller() error {
	if err := s.say(prompts.P("console-as-caller")); err != nil {
		return err
	}
	return errCaller
}

// choose says first and the options until one of their keys comes, does what it is for, and gives its error. * repeats, or leaves. Who
// presses nothing, or only wrong keys, is hung up on in the end: no line is held for ever.
func (s *session) choose(first prompts.Phrase, options []option) error {
	menu := prompts.Join(first, s.offered(options))
	patient := silences
	if s.talk {
		patient = 1
	}
	for silent, wrong := 0, 0; silent < patient && wrong < mistakes; {
		if err := s.say(menu); err != nil {
			return err
		}
		k, err := s.key(firstKey)
		switch {
		case errors.Is(err, ivr.ErrNoKey):
			silent++
			menu = prompts.Join(prompts.P("no-key"), s.offered(options))
			continue
		case err != nil:
			return err
		case k == '*' && s.leaves:
			return s.over()
		case k == '*':
			silent, wrong = 0, wrong+1
			menu = s.offered(options)
			continue
		}
		for _, o := range options {
			if o.key == k {
				s.step(o.name)
				return o.doing()
			}
		}
		silent, wrong = 0, wrong+1
		s.flush()
		menu = prompts.Join(prompts.P("wrong-key"), s.offered(options))
	}
	if s.talk {
		return errBack
	}
	return s.over()
}

// over ends the call.
func (s *session) over() error {
	if err := s.speak(prompts.P("goodbye"), false); err != nil {
		return err
	}
	return errOver
}

// offered is what a menu says of its options.
func (s *session) offered(options []option) prompts.Phrase {
	var p prompts.Phrase
	for _, o := range options {
		if o.says != "" {
			p = prompts.Join(p, prompts.P(o.says))
		}
	}
	if s.leaves {
		return prompts.Join(p, prompts.P("record-leave"))
	}
	return prompts.Join(p, prompts.P("console-key-again"))
}

// trouble says that something failed on our side, and keeps why for those who mend it.
func (s *session) trouble(doing string, err error) error {
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	s.cfg.Log.Error("the console could not do something", "doing", doing, "call", s.call.Caller().ID, "engineer", s.who.ID, "error", err)
	return s.sayAnew(prompts.P("console-trouble"))
}
