package e2e_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"hotline/phone"
)

// finalAnswers is what the history calls a telephone's final answer; every other one is "refused".
var finalAnswers = map[int]string{404: "unknown number", 480: "not there", 486: "busy", 600: "busy", 603: "declined", 604: "unknown number"}

// TestEveryFinalAnswerLetsTheNextTelephoneRing has a chain of telephones that sipp plays, one for each final answer, a closed port and a
// black hole. Each is called what it is, the next one rings at once, and the last one rings while the caller, on hold by then, presses
// the key to be called back.
func TestEveryFinalAnswerLetsTheNextTelephoneRing(t *testing.T) {
	t.Parallel()
	h := open(t, "--config", settingsFile(t, "escalation: {ring: 60s, dead: 2s, key: 5s, rounds: 1, leg_lost: 5s}\n"))
	hole, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", freePort(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	names := []string{"black hole", "closed port"}
	phones := []string{"sip:hole@" + hole.LocalAddr().String(), fmt.Sprintf("sip:closed@127.0.0.1:%d", freePort(t))}
	results, sippers := []string{"dead", "dead"}, []*listening{}
	add := func(name, result string, steps ...step) {
		l := listen(t, name, freePort(t), steps...)
		names, phones, results, sippers = append(names, name), append(phones, l.address()), append(results, result), append(sippers, l)
	}
	for _, code := range []int{300, 301, 305, 380, 400, 402, 403, 404, 405, 406, 408, 410, 413, 415, 416, 420, 480, 481, 482, 483, 484, 485, 486, 487, 488, 491, 493, 500, 501, 502, 503, 504, 505, 513, 580, 600, 603, 604, 606, 607, 608} {
		result, named := finalAnswers[code]
		if !named {
			result = "refused"
		}
		add(fmt.Sprintf("answering %d", code), result, rings(), answers(code, ""), isAsked("ACK"))
	}
	add("ringing on", "", rings(), answers(180, ""), isAsked("CANCEL"), answersInside(200, ""), answersTheInvite("", 487, ""), isAsked("ACK"))
	h.onCall(names, phones)
	c, _ := h.describes(t, "0612345", pin+"#1", speech(t, "en", "next-step"))
	keeps(t, c, 5*time.Second)
	var v struct {
		History []struct {
			Kind, Text string
			At         time.Time
		}
	}
	eventually(t, 40*time.Second, "the last telephone rings", func() error {
		latest, err := h.latest()
		if err != nil {
			return err
		}
		if _, err := h.call(http.MethodGet, fmt.Sprintf("/api/v1/tickets/%d", latest.Number), nil, &v); err != nil {
			return err
		}
		if !strings.Contains(fmt.Sprint(v.History), names[len(names)-2]+" at ") {
			return fmt.Errorf("history is %v", v.History)
		}
		return nil
	})
	h.asksToBeCalledBack(c)
	c.Hangup()
	history, before, slowest := fmt.Sprint(v.History), time.Time{}, time.Duration(0)
	for i, name := range names[:len(names)-1] {
		if want := name + " at " + phones[i] + ": " + results[i]; !strings.Contains(history, want) {
			t.Errorf("the history lacks %q", want)
		}
	}
	for _, e := range v.History {
		if e.Kind != "rang" {
			continue
		}
		if !before.IsZero() && !strings.HasPrefix(e.Text, "closed port") {
			slowest = max(slowest, e.At.Sub(before))
		}
		before = e.At
	}
	t.Logf("the slowest final answer cost %s", slowest)
	if slowest > 3*time.Second {
		t.Errorf("a final answer keeps the next telephone from ringing for %s", slowest)
	}
	for _, l := range sippers[:len(sippers)-1] {
		l.done(5 * time.Second)
	}
	if t.Failed() {
		t.Logf("the history is %s", history)
	}
}

// asksToBeCalledBack presses the key for it until the line has heard it: on a busy machine the message ends behind the last ring.
func (h *house) asksToBeCalledBack(c *phone.Call) {
	h.t.Helper()
	eventually(h.t, time.Minute, "who does not want to wait is to be called back", func() error {
		if err := errors.Join(c.Press(h.t.Context(), "1"), c.Wait(h.t.Context(), 3*time.Second)); err != nil {
			return err
		}
		latest, err := h.latest()
		if err == nil && !latest.has("call_back_asked") {
			err = fmt.Errorf("history is %v", latest.History)
		}
		return err
	})
}
