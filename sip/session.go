package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/guard"
	"hotline/sip/header"
	"hotline/sip/syntax"
)

// sessionTimer ends a call whose other side has vanished (RFC 4028). One side, the refresher, shows every half interval that
// it lives. When no refresh comes, the other side hangs up. The dialog's mutex guards the fields; the methods lock it, except
// stop.
type sessionTimer struct {
	dialog *Dialog
	every  time.Duration // the interval agreed on; 0: none
	ours   bool          // we are the refresher
	update bool          // the other side takes UPDATE
	timer  *time.Timer
	round  int // counts the agreements, so that an old timer does nothing
}

// sessionExpires reads "1800;refresher=uac" (RFC 4028 section 4); 0 when there is none.
func sessionExpires(msg gosip.Message) (every time.Duration, refresher string) {
	value := header.Value(msg, "Session-Expires", "x")
	if every = syntax.Seconds(value); every == 0 {
		return 0, ""
	}
	return every, strings.ToLower(syntax.Parameter(value, "refresher"))
}

// agree takes what a request of the other side asks for and adds our answer to its 2xx (RFC 4028 section 9). Without
// Session-Expires there is no timer: we need none of our own where RTP is watched.
func (s *sessionTimer) agree(req *gosip.Request, res *gosip.Response) {
	every, refresher := sessionExpires(req)
	if every == 0 {
		s.start(0, false)
		return
	}
	every = max(every, guard.MinSE)
	theirs := header.Lists(req, "timer", "Supported", "k")
	ours := refresher == "uas" || !theirs
	who := "uac"
	if ours {
		who = "uas"
	}
	res.AppendHeader(header.New("Session-Expires", fmt.Sprintf("%d;refresher=%s", int(every/time.Second), who)))
	if !ours {
		res.AppendHeader(header.New("Require", "timer"))
	}
	s.learn(req)
	s.start(every, ours)
}

// heed takes what the 2xx to a request of ours says (RFC 4028 section 7.2).
func (s *sessionTimer) heed(res *gosip.Response) {
	every, refresher := sessionExpires(res)
	s.learn(res)
	s.start(every, every > 0 && refresher != "uas")
}

// learn notes that the other side takes UPDATE, where a message says so.
func (s *sessionTimer) learn(msg gosip.Message) {
	s.dialog.mu.Lock()
	s.update = s.update || header.Lists(msg, "UPDATE", "Allow")
	s.dialog.mu.Unlock()
}

// start begins the interval anew; 0 ends the timer.
func (s *sessionTimer) start(every time.Duration, ours bool) {
	s.dialog.mu.Lock()
	defer s.dialog.mu.Unlock()
	s.stop()
	s.every, s.ours = every, ours
	if every == 0 || s.dialog.state == ended {
		return
	}
	round := s.round
	wait := every / 2
	if !ours {
		wait = every - min(32*time.Second, every/3) // RFC 4028 section 10
	}
	s.timer = time.AfterFunc(wait, func() { s.due(round, ours) })
}

// stop ends the timer; the dialog's mutex is held.
func (s *sessionTimer) stop() {
	if s.timer != nil {
		s.timer.Stop()
	}
	s.round++
}

// due is the half of an interval that we refresh, or the end of one that nobody has refreshed.
func (s *sessionTimer) due(round int, ours bool) {
	d := s.dialog
	d.mu.Lock()
	current := s.round == round && d.state != ended
	d.mu.Unlock()
	if !current {
		return
	}
	d.agent.life.spawn("session timer", d.key.callID, func() {
		if ours {
			if s.refresh() == nil {
				return
			}
		}
		if _, ok := d.step(sessionOver); ok {
			d.sendBye("session timer expired")
		}
	})
}

// refresh shows that we live: by UPDATE without a body where the other side takes it, else by a re-INVITE with the session
// as it is.
func (s *sessionTimer) refresh() error {
	d := s.dialog
	d.mu.Lock()
	byUpdate, every := s.update, s.every
	d.mu.Unlock()
	ctx, stop := context.WithTimeout(d.ctx, d.agent.timers.giveUp())
	defer stop()
	if byUpdate {
		res, err := d.do(ctx, gosip.UPDATE, func(r *gosip.Request) { askSession(r, every, "uac") })
		switch {
		case err != nil:
			return err
		case res.IsSuccess():
			s.heed(res)
			return nil
		case res.StatusCode != 405 && res.StatusCode != 501:
			return finalError(res)
		}
	}
	offer, err := d.owner.answerTo(nil)
	if err != nil {
		return err
	}
	answer, err := d.Reinvite(ctx, offer)
	if err != nil {
		return err
	}
	if len(answer) > 0 {
		err = d.owner.takeAnswer(answer)
	}
	return err
}

// askSession asks for a session timer in a request of ours (RFC 4028 section 7.1).
func askSession(req *gosip.Request, every time.Duration, refresher string) {
	value := strconv.Itoa(int(every / time.Second))
	if refresher != "" {
		value += ";refresher=" + refresher
	}
	req.AppendHeader(header.New("Session-Expires", value))
	req.AppendHeader(header.New("Min-SE", strconv.Itoa(int(guard.MinSE/time.Second))))
}

var errSession = errors.New("the other side asks for an impossible session interval")

// longerSession is the interval that a 422 asks for (RFC 4028 section 7.3).
func longerSession(res *gosip.Response, asked time.Duration) (time.Duration, error) {
	every := syntax.Seconds(header.Value(res, "Min-SE"))
	if every <= asked || every > 24*time.Hour {
		return 0, fmt.Errorf("%w: %s after %s", errSession, cmp.Or(every, 0), asked)
	}
	return every, nil
}
