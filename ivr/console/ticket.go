package console

import (
	"context"
	"slices"

	"hotline/prompts"
	"hotline/tickets"
)

// open is one ticket: its account, then its menu, until the engineer goes back or on to another.
func (s *session) open(n tickets.Number, first prompts.Phrase) error {
	t, lines, err := s.read(n)
	if err != nil {
		return s.trouble("reading a ticket", err)
	}
	first = prompts.Join(first, s.account(t, lines))
	for {
		if err := s.choose(first, s.optionsOf(t)); err != nil {
			return err
		}
		first = nil
		if t, _, err = s.read(n); err != nil {
			return s.trouble("reading a ticket", err)
		}
	}
}

// read reads a ticket and its history as they stand now.
func (s *session) read(n tickets.Number) (t tickets.Ticket, lines []tickets.Event, err error) {
	err = s.asked(func(ctx context.Context) (err error) {
		if t, err = s.cfg.Desk.Ticket(ctx, n); err != nil {
			return err
		}
		lines, err = s.cfg.Desk.History(ctx, n)
		return err
	})
	return t, lines, err
}

// optionsOf are the keys of a ticket. They are always the same; only those that make sense in the ticket's state are offered.
func (s *session) optionsOf(t tickets.Ticket) []option {
	heard := prompts.ID("")
	if len(t.Recordings) > 0 {
		heard = "console-key-recordings"
	}
	callable := prompts.ID("")
	if t.State.Live() || t.State == tickets.Restored {
		callable = "console-key-call"
	}
	list := []option{
		{'1', "account", "console-key-account", func() error { return s.tell(t.Number) }},
		{'2', "recordings", heard, func() error { return s.play(t) }},
	}
	return append(append(list, s.actsOf(t)...),
		option{'7', "note", "console-key-note", func() error { return s.dictate(t.Number) }},
		option{'8', "call", callable, func() error { return s.callCustomer(t) }},
		option{'9', "next", "console-key-on", func() error { return errNext }},
		option{'#', "back", "console-key-back", func() error { return errBack }},
	)
}

// actsOf are the keys that change a ticket; of two acts with one key it is the one that fits, else the last one.
func (s *session) actsOf(t tickets.Ticket) []option {
	var list []option
	known := map[byte]int{}
	for _, a := range acts() {
		o := option{key: a.key, name: a.name, doing: func() error { return s.perform(a, t.Number) }}
		if a.fits(t, string(s.who.ID)) {
			o.says = a.says
		}
		if at, twice := known[a.key]; !twice {
			known[a.key] = len(list)
			list = append(list, o)
		} else if o.says != "" || list[at].says == "" {
			list[at] = o
		}
	}
	return list
}

// tell says the account anew.
func (s *session) tell(n tickets.Number) error {
	t, lines, err := s.read(n)
	if err != nil {
		return s.trouble("reading a ticket", err)
	}
	return s.say(s.account(t, lines))
}

// play plays the recordings of a ticket, the newest first. A key ends it and is the menu's next one.
func (s *session) play(t tickets.Ticket) error {
	if len(t.Recordings) == 0 {
		return s.sayAnew(prompts.P("console-no-recordings"))
	}
	for _, r := range slices.Backward(t.Recordings) {
		if err := s.say(prompts.Join(prompts.P("console-recording"), s.when(t, r.At))); err != nil {
			return err
		}
		if pressed, err := s.pressed(); pressed || err != nil {
			return err
		}
		now := s.call.Now()
		if err := s.asked(func(ctx context.Context) error { return s.cfg.Accessed(ctx, r.ID, s.actor(), tickets.Listened, now) }); err != nil {
			return s.trouble("noting who hears a recording", err) // nobody listens unseen, as over the API
		}
		if err := s.call.Replay(s.ctx, r.ID); err != nil && s.ctx.Err() == nil {
			s.cfg.Log.Warn("a recording cannot be played", "recording", r.ID, "error", err)
			if err := s.say(prompts.P("console-no-sound")); err != nil {
				return err
			}
		}
		if pressed, err := s.pressed(); pressed || err != nil {
			return err
		}
	}
	return nil
}
