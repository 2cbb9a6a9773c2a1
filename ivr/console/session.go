package console

import (
	"context"
	"errors"
	"slices"
	"time"

	"hotline/ivr"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/tickets"
)

// How a call in the console goes on when a part of it is over.
var (
	errCaller   = errors.New("the call goes on as a caller's")
	errBack     = errors.New("back to the main menu")
	errNext     = errors.New("on to the next ticket")
	errHandOver = errors.New("the customer is handed over to a colleague")
	errThird    = errors.New("a colleague is asked to join the talk")
	errOver     = errors.New("the engineer presses nothing any more")
)

// The spans of the console.
const (
	firstKey   = 8 * time.Second        // for a key of a menu, or the first one of a number
	nextKey    = 4 * time.Second        // between two keys of a number
	soon       = 200 * time.Millisecond // a store that takes longer is waited for with words
	storeTime  = 5 * time.Second        // and no longer than this
	mostDigits = 15                     // of a number that is keyed
	silences   = 3                      // menus without a key, one after the other, until the call ends
	mistakes   = 12                     // wrong keys, one after the other, until the call ends
)

// session is one engineer's call. One goroutine uses it.
type session struct {
	cfg    Config
	ctx    context.Context // ends with the call
	call   ivr.Call
	lang   prompts.Language
	talk   bool            // the customer waits: silence ends a menu soon
	leaves bool            // * ends the call and does not repeat
	who    oncall.Engineer // who has keyed the PIN, or accepted
	typed  []byte          // for the caller's conversation
	held   []byte          // keys that were looked at and not acted on yet
	seen   map[tickets.Number]bool
	worked tickets.Number // the last ticket that a key changed
	steps  []string       // what was asked for; never a key
}

// language is that of the one engineer who has the telephone, else of the number that was called.
func language(c ivr.Config, caller ivr.Caller, who []oncall.Engineer) prompts.Language {
	spoken := prompts.Language(who[0].Language)
	if len(who) == 1 && slices.Contains(prompts.Languages(), spoken) {
		return spoken
	}
	if c.Language != nil {
		return c.Language(caller.Dialled)
	}
	return prompts.Italian
}

// actor is the engineer in a ticket's history.
func (s *session) actor() string { return "engineer:" + string(s.who.ID) }

// after is a context for what must be done though the engineer has hung up: a key that was pressed counts.
func (s *session) after() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(s.ctx), storeTime)
}

// step notes what was asked for.
func (s *session) step(name string) {
	if len(s.steps) < mostSteps {
		s.steps = append(s.steps, "console-"+name)
	}
}

const mostSteps = 200 // of one call's record

// say speaks; a key stops it. Only the call's end is an error: a sound that is missing is passed over.
func (s *session) say(p prompts.Phrase) error { return s.speak(p, true) }

// speak speaks, with or without a key that may stop it.
func (s *session) speak(p prompts.Phrase, bargeIn bool) error {
	if bargeIn && len(s.held) > 0 {
		return context.Cause(s.ctx)
	}
	if err := s.call.Say(s.ctx, s.lang, p, bargeIn); err != nil && s.ctx.Err() == nil {
		s.cfg.Log.Error("the console cannot say something", "call", s.call.Caller().ID, "error", err)
	}
	return context.Cause(s.ctx)
}

// sayAnew speaks what must be heard: keys that were typed ahead of it are forgotten.
func (s *session) sayAnew(p prompts.Phrase) error {
	s.flush()
	return s.say(p)
}

// flush forgets the keys typed ahead.
func (s *session) flush() {
	s.held = nil
	s.call.Flush()
}

// key takes the next key; ivr.ErrNoKey after wait.
func (s *session) key(wait time.Duration) (byte, error) {
	if len(s.held) > 0 {
		k := s.held[0]
		s.held = s.held[1:]
		return k, nil
	}
	k, err := s.call.Key(s.ctx, wait)
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	return k, err
}

// pressed tells whether a key waits, which stays the next one.
func (s *session) pressed() (bool, error) {
	k, err := s.key(0)
	if errors.Is(err, ivr.ErrNoKey) {
		return false, nil
	}
	if err == nil {
		s.held = append([]byte{k}, s.held...)
	}
	return err == nil, err
}

// entry takes digits until #, or until none comes any more; * begins anew. The answer is empty for # alone, * alone and silence.
func (s *session) entry(most int) (string, error) {
	var got []byte
	for wait := firstKey; len(got) < most; wait = nextKey {
		k, err := s.key(wait)
		switch {
		case errors.Is(err, ivr.ErrNoKey), err == nil && k == '#':
			return string(got), nil
		case err != nil:
			return "", err
		case k == '*' && len(got) == 0:
			return "", nil
		case k == '*':
			got = nil
		default:
			got = append(got, k)
		}
	}
	return string(got), nil
}

// asked asks a store, and says that it takes a moment where it does: an engineer who has pressed a key is never left in silence.
// ask has the time until storeTime is over.
func (s *session) asked(ask func(ctx context.Context) error) error {
	ctx, cancel := s.after()
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.guarded(func() error { return ask(ctx) }) }()
	late := time.NewTimer(soon)
	defer late.Stop()
	select {
	case err := <-done:
		return err
	case <-late.C:
	}
	_ = s.speak(prompts.P("console-moment"), false) // who has hung up meanwhile is found by what is said next: the answer counts
	return <-done
}
