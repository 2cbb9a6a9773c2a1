package console

import (
	"context"
	"errors"
	"time"

	"hotline/ivr"
	"hotline/oncall"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/tickets"
)

var _ ring.Menu = (*Console)(nil)

// DuringTalk is the menu that an engineer opens in the middle of a talk, while the customer hears music: the keys of the ticket
// that can be meant then. Whoever presses nothing goes back to the customer. third tells whether a colleague may be asked to join. It
// tells what the engineer wants.
func (k *Console) DuringTalk(t ring.Telephone, a oncall.Attempt, n tickets.Number, third bool) ring.Wish {
	s := &session{
		cfg: k.cfg, ctx: t.Context(), call: aside{t}, lang: prompts.Language(a.Language), talk: true,
		who: oncall.Engineer{ID: a.Engineer, Name: a.Name, Language: a.Language},
	}
	err := s.guarded(func() error { return s.during(n, third) })
	switch {
	case errors.Is(err, errHandOver):
		return ring.HandOver
	case errors.Is(err, errThird):
		return ring.AddThird
	case err != nil && !errors.Is(err, errBack) && s.ctx.Err() == nil:
		k.cfg.Log.Error("the menu of a talk broke; the engineer goes back to the customer", "ticket", n, "engineer", a.Engineer, "error", err)
	}
	return ring.GoBack
}

// during is the menu of a talk, until the engineer leaves it.
func (s *session) during(n tickets.Number, third bool) error {
	first := prompts.P("console-talk")
	for {
		t, _, err := s.read(n)
		if err != nil {
			return s.trouble("reading a ticket", err)
		}
		options := s.actsOf(t)
		if third {
			options = append(options, option{'2', "third", "console-add-third", func() error { return errThird }})
		}
		options = append(options, option{'0', "hand-over", "console-hand-over", func() error { return errHandOver }},
			option{'#', "back", "console-talk-back", func() error { return errBack }})
		if err := s.choose(first, options); err != nil {
			return err
		}
		first = nil
	}
}

// aside is an engineer's telephone during a talk, as the console's call. Nothing is recorded there.
type aside struct{ ring.Telephone }

func (aside) Caller() ivr.Caller { return ivr.Caller{} }
func (aside) Now() time.Time     { return time.Now() }

func (a aside) Key(ctx context.Context, wait time.Duration) (byte, error) {
	k, err := a.Telephone.Key(ctx, wait)
	if errors.Is(err, ring.ErrNoKey) {
		err = ivr.ErrNoKey
	}
	return k, err
}

func (a aside) Flush() {
	for {
		if _, err := a.Telephone.Key(a.Context(), 0); err != nil {
			return
		}
	}
}

func (aside) Record(context.Context, ivr.RecordRequest) (ivr.Recorded, error) {
	return ivr.Recorded{End: ivr.EndedUnspoken}, errors.New("nothing is recorded during a talk")
}

func (aside) Play(context.Context, []byte) error {
	return errors.New("no sound is played during a talk")
}

func (aside) Music(context.Context) (stop func()) { return func() {} }
