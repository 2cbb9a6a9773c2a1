package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestASessionIsRefreshedByUsAndAGlareIsWaitedOut asks the house to be the refresher of a session of 90 s: after half of
// it a re-INVITE comes. One of the caller's that crosses it gets 491, the house's own gets 491 too, and is tried again.
// The call is on hold meanwhile, so that nobody waits for sound.
func TestASessionIsRefreshedByUsAndAGlareIsWaitedOut(t *testing.T) {
	t.Parallel()
	const timer = "Session-Expires: 90;refresher=uas\nSupported: timer"
	h := open(t)
	play(t, h.sip, scenario(t, "refreshed",
		invites(sound(1, "sendrecv"), timer), mayHear(100), hears(200, says("Session-Expires:", "90;refresher=uas")), acks(""),
		invites(sound(2, "inactive"), timer), mayHear(100), hears(200, says("", "a=inactive"), says("Session-Expires:", "90;refresher=uas")), acks(""),
		isAsked("INVITE", says("Session-Expires:", "90;refresher=uac"), look0("Via:", ".*", "via"), look0("CSeq:", ".*", "theirs")),
		invites(sound(3, "inactive"), timer), mayHear(100), hears(491), acksRefusal,
		crossed(491), isAsked("ACK"),
		isAsked("INVITE", says("Session-Expires:", "90;refresher=uac"), says("", "m=audio")), answersInside(200, sound(4, "inactive"), "Session-Expires: 90;refresher=uac", "Require: timer"), isAsked("ACK"),
		sends("BYE"), hears(200),
	))
}

// crossed refuses the house's INVITE, of which Via and CSeq were kept, after another answer has been heard.
func crossed(code int) step {
	return func(s *script) {
		s.answer("SIP/2.0 491 Request Pending\nVia: [$via]\nFrom: <sip:hotline@[remote_ip]:[remote_port]>[peer_tag_param]\nTo: \"Rossi\" <sip:[service]@[local_ip]:[local_port]>;tag=[pid]SIPpTag00[call_number]\nCall-ID: [call_id]\nCSeq: [$theirs]", code, "", nil)
	}
}

// TestNobodyRefreshesAndTheCallEnds leaves the refreshing to the caller, who does not: the house hangs up before the 90 s
// are over.
func TestNobodyRefreshesAndTheCallEnds(t *testing.T) {
	t.Parallel()
	const timer = "Session-Expires: 90;refresher=uac\nSupported: timer"
	h := open(t)
	began := time.Now()
	play(t, h.sip, scenario(t, "not refreshed",
		invites(sound(1, "sendrecv"), timer), mayHear(100), hears(200), acks(""),
		invites(sound(2, "inactive"), timer), mayHear(100), hears(200, says("Session-Expires:", "90;refresher=uac")), acks(""),
		isAsked("BYE", says("Reason:", "session timer expired")), answersInside(200, ""),
	))
	if took := time.Since(began); took < 55*time.Second || took > 80*time.Second {
		t.Errorf("the house hung up after %v, want 60 s", took)
	}
}

// TestTheLineDrains stops the program in mid-call: new calls and signs of life get 503, the call goes on, and the program
// ends when it does.
func TestTheLineDrains(t *testing.T) {
	t.Parallel()
	h := open(t, "--drain", "60s")
	c := h.dial(t, telephone(t, "0612345"))
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the line has begun to drain", func() error {
		if !strings.Contains(h.log.String(), "stopping: no new calls") {
			return errors.New("the log does not say so")
		}
		return nil
	})
	play(t, h.sip, scenario(t, "late", refusal(503, []look{says("Retry-After:", "[0-9]+")})...))
	play(t, h.sip, scenario(t, "sign of life", sends("OPTIONS"), hears(503, says("Retry-After:", "[0-9]+"))))
	if err := c.Wait(t.Context(), 2*time.Second); err != nil {
		t.Errorf("the running call ended: %v", err)
	}
	in := c.Sound().PacketsIn
	eventually(t, 10*time.Second, "a second of sound during the drain", func() error {
		if n := c.Sound().PacketsIn - in; n < 50 {
			return fmt.Errorf("%d packets", n)
		}
		return context.Cause(c.Context())
	})
	c.Hangup()
	select {
	case err := <-h.done:
		h.done <- err
		if err != nil {
			t.Errorf("the program ended with %v", err)
		}
	case <-time.After(15 * time.Second): // and not when the drain is over
		t.Error("the program goes on 15 s after its last call")
	}
}

// TestAFullLineSaysSo takes two calls and no third one, until one of them is over.
func TestAFullLineSaysSo(t *testing.T) {
	t.Parallel()
	h := open(t, "--config", settingsFile(t, "sip: {max_calls: 2}\n"))
	p := telephone(t, "0612345")
	first, second := h.dial(t, p), h.dial(t, p)
	play(t, h.sip, scenario(t, "one too many", refusal(503, []look{says("Retry-After:", "[0-9]+")})...))
	first.Hangup()
	play(t, h.sip, scenario(t, "in the free place", call()...))
	second.Hangup()
}
