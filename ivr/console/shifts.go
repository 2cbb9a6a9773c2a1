package console

import (
	"context"
	"errors"
	"time"

	"hotline/dispatch/cover"
	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// Shifts is who is on call and when. duty.Shifts implements it. Safe for concurrent use.
type Shifts interface {
	On(ctx context.Context, id oncall.EngineerID, now time.Time) (duty.OnCall, error)
	ToTake(ctx context.Context, id oncall.EngineerID, now time.Time) (duty.Shift, error)
	Own(ctx context.Context, id oncall.EngineerID, now time.Time) (duty.Shift, error)
	Running(ctx context.Context, id oncall.EngineerID, now time.Time) (duty.Shift, error)
	Take(ctx context.Context, shift duty.Shift, by oncall.EngineerID, way duty.Way, now time.Time) error
}

// Cover asks the other engineers of a rota to stand in. cover.Board implements it. Safe for concurrent use.
type Cover interface {
	Ask(ctx context.Context, asks oncall.Engineer, shift duty.Shift) error
	HandOver(ctx context.Context, asks oncall.Engineer, shift duty.Shift) error
	Answer(id oncall.EngineerID) (answer prompts.Phrase, ok bool)
}

// answer says what came of the last question to the others, where the engineer has not heard it yet: also over keys typed ahead.
func (s *session) answer() error {
	if answer, ok := s.cfg.Cover.Answer(s.who.ID); ok {
		return s.speak(answer, false)
	}
	return nil
}

// shifts is the menu of who is on call, until the engineer goes back.
func (s *session) shifts() error {
	for {
		if err := s.choose(nil, []option{
			{'1', "on-call", "console-key-who", s.onCall},
			{'2', "take-shift", "console-key-take-shift", s.takeShift},
			{'3', "cover", "console-key-cover", s.findCover},
			{'4', "hand-over", "console-key-hand-over", s.handOver},
			{'#', "back", "console-key-back", func() error { return errBack }},
		}); err != nil {
			return err
		}
	}
}

// onCall says who is on call now, and who comes next.
func (s *session) onCall() error {
	now := s.call.Now()
	var on duty.OnCall
	err := s.asked(func(ctx context.Context) (err error) {
		on, err = s.cfg.Shifts.On(ctx, s.who.ID, now)
		return err
	})
	if err != nil && !errors.Is(err, duty.ErrNoShift) {
		return s.trouble("reading who is on call", err)
	}
	said := prompts.P("console-on-call-nobody")
	for i, one := range on.Now {
		if one.Engineer == "" {
			break
		}
		if i == 0 {
			said = prompts.P("console-on-call")
		}
		said = prompts.Join(said, prompts.Engineer(string(one.Engineer), one.Who.Name), prompts.P("console-until"), prompts.When(one.Until.In(one.Zone), now.In(one.Zone)), prompts.Pause(breath))
	}
	for i, one := range on.Next {
		at := prompts.When(one.From.In(one.Zone), now.In(one.Zone))
		switch {
		case one.Engineer == "":
			said = prompts.Join(said, prompts.P("console-on-call-gap"), at)
		case i == 0:
			said = prompts.Join(said, prompts.P("console-on-call-next"), at, prompts.Engineer(string(one.Engineer), one.Who.Name))
		default:
			said = prompts.Join(said, prompts.Engineer(string(one.Engineer), one.Who.Name))
		}
	}
	return s.say(said)
}

// breath stands between two names.
const breath = 300 * time.Millisecond

// takeShift says which shift the engineer may take, and writes it into the rota on a key. Then the open blocking tickets are read.
func (s *session) takeShift() error {
	now := s.call.Now()
	var shift duty.Shift
	err := s.asked(func(ctx context.Context) (err error) {
		shift, err = s.cfg.Shifts.ToTake(ctx, s.who.ID, now)
		return err
	})
	switch {
	case errors.Is(err, duty.ErrNoShift):
		return s.sayAnew(prompts.P("console-no-shift"))
	case err != nil:
		return s.trouble("looking for a shift", err)
	}
	whose := prompts.P("console-shift-free")
	if shift.Engineer != "" {
		whose = prompts.Join(prompts.P("console-shift-of"), prompts.Engineer(string(shift.Engineer), shift.Who.Name))
	}
	return s.choose(prompts.Join(whose, prompts.P("console-from"), s.span(shift)), []option{
		{'1', "take-it", "console-key-take-it", func() error { return s.take(shift) }},
		{'#', "back", "console-key-back", func() error { return errBack }},
	})
}

func (s *session) take(shift duty.Shift) error {
	err := s.asked(func(ctx context.Context) error {
		return s.cfg.Shifts.Take(ctx, shift, s.who.ID, duty.Takes, s.call.Now())
	})
	switch {
	case errors.Is(err, duty.ErrShiftChanged):
		return s.sayAnew(prompts.P("console-shift-changed"))
	case errors.Is(err, duty.ErrAbsent):
		return s.sayAnew(prompts.P("console-shift-absent"))
	case err != nil:
		return s.trouble("taking a shift", err)
	}
	said := prompts.Join(prompts.P("console-on-call-you"), s.span(shift))
	var open []tickets.Ticket
	if err := s.asked(func(ctx context.Context) (err error) {
		open, err = Blocking(ctx, s.cfg.Desk)
		return err
	}); err != nil {
		return errors.Join(s.say(said), s.trouble("reading the open blocking tickets", err))
	}
	return s.say(prompts.Join(said, ring.OpenBlocking(open, cover.MostRead)))
}

// findCover says the engineer's own shift, and has the others asked for it on a key.
func (s *session) findCover() error {
	var shift duty.Shift
	err := s.asked(func(ctx context.Context) (err error) {
		shift, err = s.cfg.Shifts.Own(ctx, s.who.ID, s.call.Now())
		return err
	})
	switch {
	case errors.Is(err, duty.ErrNoShift):
		return s.sayAnew(prompts.P("console-no-own-shift"))
	case err != nil:
		return s.trouble("looking for an engineer's shift", err)
	}
	return s.choose(prompts.Join(prompts.P("console-your-shift", "console-from"), s.span(shift)), []option{
		{'1', "ask", "console-key-ask", func() error { return s.ask(shift, s.cfg.Cover.Ask) }},
		{'#', "back", "console-key-back", func() error { return errBack }},
	})
}

// handOver says the engineer's shift that runs, and on a key has it handed over: whoever comes next is rung first.
func (s *session) handOver() error {
	var shift duty.Shift
	err := s.asked(func(ctx context.Context) (err error) {
		shift, err = s.cfg.Shifts.Running(ctx, s.who.ID, s.call.Now())
		return err
	})
	switch {
	case errors.Is(err, duty.ErrNoShift):
		return s.sayAnew(prompts.P("console-not-on-call"))
	case err != nil:
		return s.trouble("looking for an engineer's shift that runs", err)
	}
	return s.choose(prompts.Join(prompts.P("console-your-shift", "console-from"), s.span(shift)), []option{
		{'1', "ask", "console-key-ask", func() error { return s.ask(shift, s.cfg.Cover.HandOver) }},
		{'#', "back", "console-key-back", func() error { return errBack }},
	})
}

func (s *session) ask(shift duty.Shift, others func(ctx context.Context, asks oncall.Engineer, shift duty.Shift) error) error {
	err := s.asked(func(ctx context.Context) error { return others(ctx, s.who, shift) })
	switch {
	case errors.Is(err, cover.ErrNobody):
		return s.sayAnew(prompts.P("console-cover-nobody"))
	case errors.Is(err, cover.ErrAsking):
		return s.sayAnew(prompts.P("console-cover-asked"))
	case errors.Is(err, duty.ErrShiftChanged):
		return s.sayAnew(prompts.P("console-shift-changed"))
	case err != nil:
		return s.trouble("having the others asked", err)
	}
	return s.say(prompts.P("console-cover-asks"))
}

// span is from when until when a shift is; one that runs is so from now on.
func (s *session) span(shift duty.Shift) prompts.Phrase { return cover.Span(shift, s.call.Now()) }

// Blocking are the open blocking tickets, the most urgent first.
func Blocking(ctx context.Context, d Desk) ([]tickets.Ticket, error) {
	page, err := d.List(ctx, tickets.Filter{
		States: []tickets.State{tickets.Open, tickets.Assigned, tickets.InProgress, tickets.Waiting}, Category: sla.Blocking, Sort: "due", Limit: mostWaiting,
	})
	return page.Items, err
}

// GiveBlocking gives the open blocking tickets that one engineer has in hand to another, who takes a shift over, and tells how many it
// gave; what cannot be given stays where it is.
func GiveBlocking(ctx context.Context, d Desk, from, to oncall.Engineer, now time.Time) (given int, err error) {
	open, err := Blocking(ctx, d)
	for _, t := range open {
		if t.Assignee != string(from.ID) {
			continue
		}
		_, failed := d.HandOver(ctx, t.Number, string(from.ID), string(to.ID), "handed over by "+from.Name+" "+ByTelephone, now)
		if failed == nil {
			given++
		}
		err = errors.Join(err, failed)
	}
	return given, err
}
