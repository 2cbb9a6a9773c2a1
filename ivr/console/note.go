package console

import (
	"context"
	"fmt"
	"time"

	"hotline/ivr"
	"hotline/prompts"
	"hotline/tickets"
)

// longestNote is how long an engineer may speak.
const longestNote = 3 * time.Minute

// dictate records what the engineer says and puts it on the ticket, also when he hangs up in the middle of it.
func (s *session) dictate(n tickets.Number) error {
	if err := s.say(prompts.P("console-dictate")); err != nil {
		return err
	}
	s.flush()
	if err := s.speak(prompts.P(prompts.Tone), false); err != nil {
		return err
	}
	// the id names the ticket, so that a recording that a crash cut off is found again and put on it
	got, failed := s.call.Record(s.ctx, ivr.RecordRequest{ID: fmt.Sprintf("%d-%s", n, s.cfg.NewID()), Max: longestNote})
	if got.Recording.Seconds == 0 || got.End == ivr.EndedUnspoken {
		if failed != nil && s.ctx.Err() == nil {
			return s.trouble("recording a note", failed)
		}
		return s.sayAnew(prompts.P("console-no-note"))
	}
	err := s.asked(func(ctx context.Context) error {
		_, err := s.cfg.Desk.Dictate(ctx, n, string(s.who.ID), ByTelephone, got.Recording, s.call.Now())
		return err
	})
	if err != nil {
		return s.trouble("keeping a note", err)
	}
	s.worked = n
	if failed != nil && s.ctx.Err() == nil {
		return s.trouble("recording a note to its end", failed)
	}
	return s.say(prompts.P("console-noted"))
}
