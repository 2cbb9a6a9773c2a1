package console

import (
	"context"
	"time"

	"hotline/oncall"
	"hotline/prompts"
	"hotline/sla"
)

// Reach is whether engineers can be reached. duty.Reach implements it. Safe for concurrent use.
type Reach interface {
	Zone() *time.Location
	Away(ctx context.Context, id oncall.EngineerID, now time.Time) (until time.Time, away bool, err error)
	Leave(ctx context.Context, id oncall.EngineerID, until, now time.Time) error
	Return(ctx context.Context, id oncall.EngineerID, now time.Time) error
}

// reach lets the engineer say until when he cannot be reached, or that he can be again.
func (s *session) reach() error {
	now, zone := s.call.Now(), s.cfg.Reach.Zone()
	var until time.Time
	var away bool
	err := s.asked(func(ctx context.Context) (err error) {
		until, away, err = s.cfg.Reach.Away(ctx, s.who.ID, now)
		return err
	})
	switch {
	case err != nil:
		return s.trouble("reading an engineer's absences", err)
	case away:
		return s.choose(prompts.Join(prompts.P("console-away"), prompts.When(until.In(zone), now.In(zone))), []option{
			{'1', "return", "console-key-return", s.comeBack},
			{'#', "back", "console-key-back", func() error { return errBack }},
		})
	}
	if err := s.say(prompts.P("console-enter-time")); err != nil {
		return err
	}
	digits, err := s.entry(4)
	if err != nil || digits == "" {
		return err
	}
	until, ok := nextTime(digits, zone, now)
	if !ok {
		return s.sayAnew(prompts.P("console-no-time"))
	}
	if err := s.asked(func(ctx context.Context) error { return s.cfg.Reach.Leave(ctx, s.who.ID, until, now) }); err != nil {
		return s.trouble("writing an engineer's absence", err)
	}
	return s.say(prompts.Join(prompts.P("console-away"), prompts.When(until.In(zone), now.In(zone))))
}

func (s *session) comeBack() error {
	now := s.call.Now()
	if err := s.asked(func(ctx context.Context) error { return s.cfg.Reach.Return(ctx, s.who.ID, now) }); err != nil {
		return s.trouble("ending an engineer's absence", err)
	}
	return s.say(prompts.P("console-returned"))
}

// nextTime is when the wall clock next shows a time that was keyed as hours and minutes, "930" or "1430".
func nextTime(digits string, zone *time.Location, now time.Time) (time.Time, bool) {
	if len(digits) == 3 {
		digits = "0" + digits
	}
	at, err := time.Parse("1504", digits)
	if err != nil {
		return time.Time{}, false
	}
	y, m, d := now.In(zone).Date()
	for later := range 3 {
		wall := time.Date(y, m, d+later, at.Hour(), at.Minute(), 0, 0, time.UTC)
		if next := sla.WallClock(zone, wall); next.After(now) {
			return next, true
		}
	}
	return time.Time{}, false
}
