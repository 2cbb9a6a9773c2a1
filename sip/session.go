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
)

// minSE is the shortest session interval that we take, the least that RFC 4028 section 5 allows.
const minSE = 90 * time.Second

// sessionTimer sees to it that a call whose other side has vanished ends (RFC 4028): one side, the refresher, shows
// every half interval that it lives; when no refresh came, the other one hangs up. Guarded by the dialog's mutex.
type sessionTimer struct {
	every  time.Duration // the interval agreed on; 0: none
	ours   bool          // we are the refresher
	update bool          // the other side takes UPDATE
	timer  *time.Timer
	round  int // counts the agreements, so that an old timer does nothing
}

// sessionExpires reads "1800;refresher=uac" (RFC 4028 section 4); 0 when there is none.
func sessionExpires(value string) (every time.Duration, refresher string) {
	seconds, _, _ := strings.Cut(value, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(seconds), 10, 31)
	if err != nil {
		return 0, ""
	}
	return time.Duration(n) * time.Second, strings.ToLower(parameter(value, "refresher"))
}

// headerOf is the value of a header under its long or its compact name; empty when it is missing.
func headerOf(msg gosip.Message, names ...string) string {
	for _, n := range names {
		if h := msg.GetHeaders(n); len(h) > 0 {
			return h[0].Value()
		}
	}
	return ""
}

// lists tells whether a header of tokens, in any number of lines, holds one.
func lists(msg gosip.Message, token string, names ...string) bool {
	for _, n := range names {
		for _, h := range msg.GetHeaders(n) {
			for t := range strings.SplitSeq(h.Value(), ",") {
				if strings.EqualFold(strings.TrimSpace(t), token) {
					return true
				}
			}
		}
	}
	return false
}

// agreeSession takes what a request of the other side asks for and adds our answer to its 2xx (RFC 4028 section 9).
// Without Session-Expires there is no timer: we need none of our own where RTP is watched.
func (d *Dialog) agreeSession(req *gosip.Request, res *gosip.Response) {
	every, refresher := sessionExpires(headerOf(req, "Session-Expires", "x"))
	if every == 0 {
		d.startSession(0, false)
		return
	}
	every = max(every, minSE)
	theirs := lists(req, "timer", "Supported", "k")
	ours := refresher == "uas" || !theirs
	who := "uac"
	if ours {
		who = "uas"
	}
	res.AppendHeader(header("Session-Expires", fmt.Sprintf("%d;refresher=%s", int(every/time.Second), who)))
	if !ours {
		res.AppendHeader(header("Require", "timer"))
	}
	d.mu.Lock()
	d.session.update = d.session.update || lists(req, "UPDATE", "Allow")
	d.mu.Unlock()
	d.startSession(every, ours)
}

// heedSession takes what the 2xx to a request of ours says (RFC 4028 section 7.2).
func (d *Dialog) heedSession(res *gosip.Response) {
	every, refresher := sessionExpires(headerOf(res, "Session-Expires", "x"))
	d.mu.Lock()
	d.session.update = d.session.update || lists(res, "UPDATE", "Allow")
	d.mu.Unlock()
	d.startSession(every, every > 0 && refresher != "uas")
}

// startSession begins the interval anew; 0 ends the timer.
func (d *Dialog) startSession(every time.Duration, ours bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.session
	if s.timer != nil {
		s.timer.Stop()
	}
	s.every, s.ours = every, ours
	s.round++
	if every == 0 || d.state == ended {
		return
	}
	round := s.round
	wait := every / 2
	if !ours {
		wait = every - min(32*time.Second, every/3) // RFC 4028 section 10
	}
	s.timer = time.AfterFunc(wait, func() { d.sessionDue(round, ours) })
}

func (d *Dialog) stopSession() {
	if d.session.timer != nil {
		d.session.timer.Stop()
	}
	d.session.round++
}

// sessionDue is the half of an interval that we refresh, or the end of one that nobody has.
func (d *Dialog) sessionDue(round int, ours bool) {
	d.mu.Lock()
	current := d.session.round == round && d.state != ended
	d.mu.Unlock()
	if !current {
		return
	}
	d.agent.spawn("session timer", d.key.callID, func() {
		if ours {
			if d.refreshSession() == nil {
				return
			}
		}
		if _, ok := d.step(sessionOver); ok {
			d.sendBye("session timer expired")
		}
	})
}

// refreshSession shows that we live: by UPDATE without a body where the other side takes it, else by a re-INVITE with
// the session as it is.
func (d *Dialog) refreshSession() error {
	d.mu.Lock()
	byUpdate, every, f := d.session.update, d.session.every, d.onReinvite
	d.mu.Unlock()
	ctx, stop := context.WithTimeout(d.ctx, d.agent.timers.giveUp())
	defer stop()
	if byUpdate {
		res, err := d.do(ctx, gosip.UPDATE, func(r *gosip.Request) { askSession(r, every, "uac") })
		switch {
		case err != nil:
			return err
		case res.IsSuccess():
			d.heedSession(res)
			return nil
		case res.StatusCode != 405 && res.StatusCode != 501:
			return &FinalError{res.StatusCode, printable(res.Reason)}
		}
	}
	offer, err := d.ask(f, nil)
	if err != nil {
		return err
	}
	answer, err := d.Reinvite(ctx, offer)
	if err != nil {
		return err
	}
	if len(answer) > 0 {
		err = d.answered(answer)
	}
	return err
}

// askSession asks for a session timer in a request of ours (RFC 4028 section 7.1).
func askSession(req *gosip.Request, every time.Duration, refresher string) {
	value := strconv.Itoa(int(every / time.Second))
	if refresher != "" {
		value += ";refresher=" + refresher
	}
	req.AppendHeader(header("Session-Expires", value))
	req.AppendHeader(header("Min-SE", strconv.Itoa(int(minSE/time.Second))))
}

var errSession = errors.New("the other side asks for an impossible session interval")

// longer is the interval that a 422 asks for (RFC 4028 section 7.3).
func longer(res *gosip.Response, asked time.Duration) (time.Duration, error) {
	every, _ := sessionExpires(headerOf(res, "Min-SE"))
	if every <= asked || every > 24*time.Hour {
		return 0, fmt.Errorf("%w: %s after %s", errSession, cmp.Or(every, 0), asked)
	}
	return every, nil
}
