package line

import (
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"hotline/ivr"
	"hotline/limits"
	"hotline/media"
	"hotline/tickets"
)

// ErrFull is the error of a call for which the line has no room now.
var ErrFull = errors.New("the line has no room for this call")

// Carried is a call that comes otherwise than by SIP. Its sound and its signalling are somebody else's, and under way.
type Carried struct {
	ID     string // of the carrier, for the record
	Dialog Dialog // its context ends with ivr.ErrHungUp where the caller hangs up
	Sound  media.Carriage
	Caller ivr.Caller // Take sets ID and At
}

// Room tells whether a carried call is taken now. It is measured as a stranger's call is: those who call by telephone keep their reserve.
func (s *Switchboard) Room() bool { return !s.overloaded(true) }

// Take has the conversation with a carried call, and blocks until it is over; the call is hung up then. A panic in the conversation
// ends the call, nothing else. ErrFull where there is no room: the dialog and the socket are the caller's to close then, as after every
// error.
func (s *Switchboard) Take(c Carried) error {
	if !s.Room() {
		s.cfg.Refused()
		return ErrFull
	}
	sound, err := s.engine.Carry(c.Sound)
	if err != nil {
		s.cfg.Refused()
		return fmt.Errorf("taking a carried call: %w", err)
	}
	id, now := rand.Text(), time.Now()
	c.Caller.ID, c.Caller.At = tickets.CallID(id), now
	c.Caller.CallBack = limits.OneLine(s.cfg.E164(c.Caller.CallBack), limits.Number)
	l := &Line{leg: leg{board: s, id: id, sipID: limits.OneLine(c.ID, limits.CallID), to: "caller"}, answered: now, caller: c.Caller}
	s.connect(&l.leg, c.Dialog, sound)
	defer l.close("the conversation is over")
	defer func() {
		if fault := recover(); fault != nil {
			s.cfg.Log.Error("panic in a carried call", "call", l.id, "panic", fault, "stack", string(debug.Stack()))
		}
	}()
	s.cfg.Converse(l.ctx, l)
	return nil
}
