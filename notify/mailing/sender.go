package mailing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/alarm"
	"hotline/notify"
)

// Sender brings out the letters of one kind, which are noted as values of L. All of it is required. Used by one goroutine.
type Sender[L any] struct {
	// Claim gives what waits and is due, as much as goes out in one letter, and puts it off until an instant, so that nobody else gets it
	// before. Each claim counts as a try. None: nothing is due.
	Claim func(ctx context.Context, now, until time.Time) ([]L, error)
	// Put writes how a letter stands that waits; of one that does not wait any more nothing is written.
	Put func(ctx context.Context, l L) error
	// Standing is the part of a letter that is written here.
	Standing func(l *L) *Standing
	// Write makes one letter of what was claimed, under an ID that the same always get. What does not stand in it is left: it is moot, unless
	// its state says why else. Where nothing is told there is no letter.
	Write func(ctx context.Context, claimed []L, now time.Time) (m notify.Message, told, left []L, err error)
	// Send hands a letter to the mail server; an error that wraps notify.ErrRefused is for ever. It takes no longer than a claim lasts beyond
	// the time in which letters of a round begin: else another node sends the same.
	Send  func(ctx context.Context, m notify.Message) error
	Alarm alarm.Func
}

// The times of a letter.
const (
	Claimed    = 2 * time.Minute    // for the sending of one letter; a node that dies meanwhile lets others try it then
	KeepTrying = 7 * 24 * time.Hour // what the mail server does not take: four days (RFC 5321 section 4.5.4.1) behind a long weekend
	LongestGap = time.Hour          // between two tries
	beginTime  = time.Minute        // of a round, in which letters begin: what is claimed in it counts from its first instant
	mostAtOnce = 50                 // letters in one round
)

// Round looks what is to be noted, and then sends what is due.
func (s Sender[L]) Round(ctx context.Context, now time.Time, look func(ctx context.Context, now time.Time) error) error {
	fresh, cancel := context.WithTimeout(ctx, beginTime)
	defer cancel()
	if err := look(ctx, now); err != nil {
		return err
	}
	for range mostAtOnce {
		if fresh.Err() != nil {
			break
		}
		if some, err := s.send(ctx, now); err != nil || !some {
			return err
		}
	}
	return nil
}

// send writes one letter, if one is due.
func (s Sender[L]) send(ctx context.Context, now time.Time) (some bool, err error) {
	list, err := s.Claim(ctx, now, now.Add(Claimed))
	if err != nil || len(list) == 0 {
		return false, err
	}
	m, told, left, err := s.Write(ctx, list, now)
	if err != nil {
		return false, err
	}
	if err := s.put(ctx, left, func(l *Standing) { l.settle(Moot, nil, now) }); err != nil || len(told) == 0 {
		return true, err
	}
	switch err := s.Send(ctx, m); {
	case err == nil:
		return true, s.put(ctx, told, func(l *Standing) { l.settle(Sent, nil, now) })
	case errors.Is(err, notify.ErrRefused) || now.Sub(s.Standing(&told[0]).Noted) > KeepTrying:
		s.Alarm(alarm.Mail, fmt.Sprintf("%q is not delivered to %s: %v", m.Subject, m.To, err))
		return true, s.put(ctx, told, func(l *Standing) { l.settle(Failed, err, now) })
	default:
		return true, s.put(ctx, told, func(l *Standing) {
			l.Error, l.Due = err.Error(), now.Add(min(time.Minute<<min(l.Tries, 10), LongestGap))
		})
	}
}

// put writes how letters stand after a change, although the program stops meanwhile: the mail server has said what it says.
func (s Sender[L]) put(ctx context.Context, list []L, change func(l *Standing)) error {
	var failed []error
	ctx = context.WithoutCancel(ctx)
	for _, l := range list {
		change(s.Standing(&l))
		failed = append(failed, s.Put(ctx, l))
	}
	return errors.Join(failed...)
}

// settle is the last state of a letter: the one that it has already, or else the given one.
func (l *Standing) settle(s State, why error, now time.Time) {
	if l.State == Waiting {
		l.State = s
	}
	l.Settled, l.Error = now, ""
	if why != nil {
		l.Error = why.Error()
	}
}
