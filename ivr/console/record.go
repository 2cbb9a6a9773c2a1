package console

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"hotline/ivr"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/prompts/replaced"
)

// Prompts is what the line says, as some engineers may replace it by telephone. recording.Line implements it. Safe for concurrent use.
type Prompts interface {
	// Called tells whether a number that was dialled is that of the recording line.
	Called(dialled string) bool
	// May tells whether an engineer may replace what callers hear.
	May(id oncall.EngineerID) bool
	// Shipped is a prompt as the voice that ships says it, A-law of 8 kHz.
	Shipped(lang prompts.Language, key prompts.ID) (alaw []byte)
	// Master makes a prompt of what was recorded. Where nobody should hear it, why is the sentence that says so.
	Master(lang prompts.Language, e prompts.Entry, recording string) (take Take, why prompts.ID, err error)
	// Keep lets callers hear a prompt from now on; number is the telephone that was used. Where there is no room, why says so.
	Keep(ctx context.Context, p replaced.Prompt, by oncall.EngineerID, number string, now time.Time) (why prompts.ID, err error)
	// Forget deletes what was recorded.
	Forget(recording string)
}

// Take is a prompt as it would be heard, with what the mastering changed.
type Take struct {
	replaced.Prompt
	Raised int // by how many decibels; below 0: lowered
	Cut    int // seconds of silence at the ends
}

// recorder is what somebody does who replaces prompts.
type recorder struct {
	*session
	book   *prompts.Book // of the language whose prompts are replaced
	number int           // of the last prompt
}

// record lets the engineer replace one prompt after the other, until he leaves.
func (s *session) record() error {
	s.step("record")
	s.leaves = true
	var languages []option
	r := &recorder{session: s}
	for i, lang := range prompts.Languages() {
		languages = append(languages, option{byte('1' + i), "record-" + string(lang), prompts.ID("record-" + string(lang)), func() (err error) {
			r.book, err = prompts.Open(lang)
			return err
		}})
	}
	if err := s.choose(nil, languages); err != nil {
		return err
	}
	for {
		e, err := r.which()
		if err != nil {
			return err
		}
		for err = errNext; errors.Is(err, errNext); {
			if err = r.replace(e); errors.Is(err, errNext) {
				e = r.next()
			}
		}
		if !errors.Is(err, errBack) {
			return err
		}
	}
}

// next is the prompt of the next number.
func (r *recorder) next() prompts.Entry {
	e, _ := r.book.Numbered(r.book.NextNumber(r.number))
	return e
}

// which asks for the number of a prompt; # alone is the next one.
func (r *recorder) which() (prompts.Entry, error) {
	question := prompts.P("record-number", "record-number-next", "record-leave")
	for silent, wrong := 0, 0; silent < silences && wrong < mistakes; {
		if err := r.say(question); err != nil {
			return prompts.Entry{}, err
		}
		first, err := r.key(firstKey)
		switch {
		case errors.Is(err, ivr.ErrNoKey):
			silent++
			question = prompts.P("no-key", "record-number", "record-number-next", "record-leave")
			continue
		case err != nil:
			return prompts.Entry{}, err
		case first == '*':
			return prompts.Entry{}, r.over()
		case first == '#':
			return r.next(), nil
		}
		r.held = append([]byte{first}, r.held...)
		digits, err := r.entry(mostDigits)
		if err != nil {
			return prompts.Entry{}, err
		}
		n, _ := strconv.Atoi(digits)
		if e, ok := r.book.Numbered(n); ok {
			return e, nil
		}
		silent, wrong = 0, wrong+1
		r.flush()
		question = prompts.P("record-none", "record-number", "record-number-next", "record-leave")
	}
	return prompts.Entry{}, r.over()
}

// replace says a prompt, records it anew as often as is asked for, and keeps what is confirmed. errNext leads to the next prompt,
// errBack to another one.
func (r *recorder) replace(e prompts.Entry) error {
	r.step("record-" + string(e.ID))
	r.number = prompts.NumberOf(e.ID)
	for {
		if err := r.read(e); err != nil {
			return err
		}
		if err := r.take(e); !errors.Is(err, errAgain) {
			return err
		}
	}
}

// read says which prompt it is and how it goes; a key that was pressed meanwhile may lead elsewhere, and any other begins the take.
func (r *recorder) read(e prompts.Entry) error {
	if err := r.sayAnew(prompts.Join(prompts.P("record-prompt"), prompts.Digits(strconv.Itoa(r.number)))); err != nil {
		return err
	}
	if err := r.play(r.cfg.Prompts.Shipped(r.book.Language(), e.ID)); err != nil {
		return err
	}
	if err := r.say(prompts.P("record-speak")); err != nil {
		return err
	}
	switch k, err := r.key(0); {
	case errors.Is(err, ivr.ErrNoKey):
		return nil
	case err != nil:
		return err
	case k == '*':
		return r.over()
	case k == '3':
		return errNext
	}
	return nil
}

// play plays a sound; a key stops it, also one that was pressed before.
func (r *recorder) play(alaw []byte) error {
	if pressed, err := r.pressed(); pressed || err != nil {
		return err
	}
	if err := r.call.Play(r.ctx, alaw); err != nil && r.ctx.Err() == nil {
		r.cfg.Log.Warn("a prompt cannot be played", "call", r.call.Caller().ID, "error", err)
	}
	return context.Cause(r.ctx)
}

// take records a prompt once, lets it be heard as callers would, and asks what becomes of it. What is not confirmed is forgotten.
func (r *recorder) take(e prompts.Entry) error {
	r.flush()
	if err := r.speak(prompts.P(prompts.Tone), false); err != nil {
		return err
	}
	id := replaced.TakePrefix + r.cfg.NewID()
	defer r.cfg.Prompts.Forget(id)
	got, failed := r.call.Record(r.ctx, ivr.RecordRequest{ID: id, Max: replaced.Longest(e.Class) + beside})
	switch {
	case r.ctx.Err() != nil:
		return context.Cause(r.ctx)
	case failed != nil:
		return errors.Join(r.trouble("recording a prompt", failed), errBack)
	case got.End == ivr.EndedUnspoken || got.Recording.Seconds == 0:
		return r.decide(prompts.P("no-speech"), nil)
	}
	var made Take
	var why prompts.ID
	if err := r.asked(func(context.Context) (err error) {
		made, why, err = r.cfg.Prompts.Master(r.book.Language(), e, id)
		return err
	}); err != nil {
		return errors.Join(r.trouble("mastering a prompt", err), errBack)
	}
	if why != "" {
		return r.decide(prompts.P(why), nil)
	}
	return r.hear(made)
}

// beside is how much longer than the prompt a recording may be: silence at its ends is cut.
const beside = 5 * time.Second

// errAgain records a prompt anew.
var errAgain = errors.New("the prompt is recorded again")

// hear plays a take as callers would hear it, says what was changed of it, and asks what becomes of it.
func (r *recorder) hear(made Take) error {
	for {
		if err := r.say(prompts.P("record-heard")); err != nil {
			return err
		}
		if err := r.play(made.Sound); err != nil {
			return err
		}
		if err := r.decide(changes(made), &made); !errors.Is(err, errListen) {
			return err
		}
	}
}

// errListen plays a take again.
var errListen = errors.New("the take is heard again")

// changes says what the mastering changed, by how much.
func changes(made Take) (p prompts.Phrase) {
	say := func(what prompts.ID, n int) {
		if n > 0 {
			p = prompts.Join(p, prompts.P(what), prompts.Number(n), prompts.Pause(breath))
		}
	}
	say("record-raised", made.Raised)
	say("record-lowered", -made.Raised)
	say("record-cut", made.Cut)
	return p
}

// decide asks what becomes of a take; nil: there is none that could be kept.
func (r *recorder) decide(first prompts.Phrase, made *Take) error {
	options := []option{
		{'2', "record-again", "record-again", func() error { return errAgain }},
		{'3', "record-next", "record-next", func() error { return errNext }},
		{'#', "record-other", "record-other", func() error { return errBack }},
	}
	if made != nil {
		options = slices.Insert(options, 2, option{'4', "record-listen", "record-listen", func() error { return errListen }})
		options = slices.Insert(options, 0, option{'1', "record-keep", "record-keep", func() error { return r.keep(*made) }})
	}
	return r.choose(first, options)
}

// keep has callers hear a take from now on.
func (r *recorder) keep(made Take) error {
	var why prompts.ID
	now := r.call.Now()
	if err := r.asked(func(ctx context.Context) (err error) {
		why, err = r.cfg.Prompts.Keep(ctx, made.Prompt, r.who.ID, r.call.Caller().Number, now)
		return err
	}); err != nil {
		if said := r.trouble("keeping a prompt", err); said != nil {
			return said
		}
		return r.decide(nil, &made) // it may be tried again: the take is still there
	}
	if why != "" {
		return r.decide(prompts.P(why), nil)
	}
	return r.decide(prompts.P("record-kept"), nil)
}
