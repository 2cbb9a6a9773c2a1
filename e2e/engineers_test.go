package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// onCall puts engineers on call for ever, in this order; each name is followed by its telephone.
func (h *house) onCall(names, phones []string) {
	h.t.Helper()
	var rota struct {
		Zone      string           `json:"zone"`
		Shifts    []map[string]any `json:"shifts"`
		Overrides []any            `json:"overrides"`
		Version   int              `json:"version"`
	}
	if _, err := h.call(http.MethodGet, "/api/v1/rota", nil, &rota); err != nil {
		h.t.Fatal(err)
	}
	rota.Shifts, rota.Overrides = nil, []any{}
	for i, name := range names {
		body := map[string]any{"name": name, "phones": []string{phones[i]}, "language": "it"}
		if _, err := h.call(http.MethodPut, fmt.Sprintf("/api/v1/engineers/e%d", i), body, nil); err != nil {
			h.t.Fatal(err)
		}
		rota.Shifts = append(rota.Shifts, map[string]any{"engineer": fmt.Sprintf("e%d", i), "level": 1, "order": i + 1, "day": 0, "from": "00:00", "length": "168:00"})
	}
	if _, err := h.call(http.MethodPut, "/api/v1/rota", rota, nil); err != nil {
		h.t.Fatal(err)
	}
}

// needs calls with a plant that stands still, and waits on the line.
func (h *house) needs(t *testing.T, user string) {
	t.Helper()
	c, _ := h.describes(t, user, pin+"#1", speech(t, "en", "next-step"))
	keeps(t, c, 2*time.Second)
}

// ends waits until the search for an engineer has an end, whichever.
func (h *house) ends(t *testing.T, within time.Duration) {
	t.Helper()
	eventually(t, within, "the search has an end", func() error {
		v, err := h.latest()
		talking := err == nil && len(v.History) > 0 && v.History[len(v.History)-1].Kind == "talk_ended" // the leg's own line comes last
		if err == nil && (talking || !v.has("talk_ended") && !v.has("unreached")) {
			err = fmt.Errorf("history is %v", v.History)
		}
		return err
	})
}

// engineer is a telephone that sipp plays, and what the ticket says of it in the end.
type engineer struct {
	name, result string
	steps        []step
}

func digestAsked(header string) string {
	return header + `: Digest realm="hotline", nonce="harvest", qop="auth", algorithm=MD5`
}

// everySort are telephones that an engineer may have; canary is where one of them would have the call go.
func everySort(canary string) []engineer {
	key := func(k string) step {
		return request("INFO", "application/dtmf-relay", "Signal="+k+"\r\nDuration=200\r\n")
	}
	return []engineer{
		{"busy", "busy", []step{rings(), answers(486, ""), isAsked("ACK")}},
		{"many provisionals and early media", "declined", []step{
			rings(), answers(100, ""), answers(180, ""), answers(180, ""), answers(180, ""), answers(180, ""), answers(180, ""), answers(183, sound(1, "sendrecv")),
			answers(183, sound(1, "sendrecv")), answers(183, sound(1, "sendrecv")), answers(180, ""), answers(180, ""), answers(181, ""), answers(182, ""), answers(603, ""), isAsked("ACK"),
		}},
		{"reliable ringing", "not there", []step{
			rings(says("Supported:", "100rel")), answers(183, sound(1, "sendrecv"), "Require: 100rel", "RSeq: 17"), isAsked("PRACK", says("RAck:", "17 [0-9]+ INVITE")), answersInside(200, ""),
			answersTheInvite("", 480, ""), isAsked("ACK"),
		}},
		{"redirecting", "refused", []step{rings(), answers(302, "", "Contact: <sip:+1900123456@"+canary+">", "Diversion: <sip:+1900123456@"+canary+">"), isAsked("ACK"), waits(800)}},
		{"asking for credentials", "asks for credentials", []step{rings(lacks("msg", "Authorization")), answers(401, "", digestAsked("WWW-Authenticate")), isAsked("ACK"), waits(800)}},
		{"asking for a proxys credentials", "asks for credentials", []step{rings(lacks("msg", "Authorization")), answers(407, "", digestAsked("Proxy-Authenticate")), isAsked("ACK"), waits(800)}},
		{"too short a session", "declined", []step{
			rings(says("Session-Expires:", "1800")), answers(422, "", "Min-SE: 3600"), isAsked("ACK"), rings(says("Session-Expires:", "3600"), says("Min-SE:", "90")), answers(603, ""), isAsked("ACK"),
		}},
		{"answering after the CANCEL", "no answer", []step{
			rings(), answers(180, ""), isAsked("CANCEL"), answersInside(200, ""), answersTheInvite("", 200, sound(1, "sendrecv")), isAsked("ACK"), isAsked("BYE"), answersInside(200, ""),
		}},
		{"picked up twice", "passed", []step{
			rings(), answers(180, ""), answersTheInvite("", 200, sound(1, "sendrecv")), isAsked("ACK"), answersTheInvite("B", 200, sound(1, "sendrecv")), isAsked("ACK"),
			isAsked("BYE", says("To:", "tag=B")), answersInside(200, ""), key("2"), hears(200), isAsked("BYE", lacks("To:", "tag=B")), answersInside(200, ""),
		}},
		{"described by early media alone", "passed", []step{
			rings(), answers(183, sound(1, "sendrecv")), answers(200, ""), isAsked("ACK"), key("2"), hears(200), isAsked("BYE"), answersInside(200, ""),
		}},
		{"behind a proxy", "hung up", []step{
			rings(), answers(200, sound(1, "sendrecv"), "Record-Route: <sip:127.0.0.1:[local_port];lr;proxy=1>"), isAsked("ACK", says("Route:", "proxy=1")),
			invites(sound(2, "sendonly")), mayHear(100), hears(200, says("", "a=recvonly")), acks(""), request("UPDATE", "application/sdp", sound(3, "sendrecv")), hears(200),
			sends("REFER", "Refer-To: <sip:+1900123456@"+canary+">"), hears(603), sends("BYE"), hears(200),
		}},
		{"accepting", "accepted", []step{rings(), answers(200, sound(1, "sendrecv")), isAsked("ACK"), key("1"), hears(200), waits(10000), sends("BYE"), hears(200)}},
	}
}

// TestEngineersWithTelephonesOfEverySort lets a caller wait while the chain is called: each telephone fails in its own
// way and the next one rings, until somebody accepts.
func TestEngineersWithTelephonesOfEverySort(t *testing.T) {
	t.Parallel()
	h := open(t, "--config", settingsFile(t, "escalation: {ring: 5s, dead: 4s, key: 5s, rounds: 1, leg_lost: 5s}\n"))
	canary, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer canary.Close()
	deaf, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", freePort(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	names, phones := []string{"deaf"}, []string{"sip:deaf@" + deaf.LocalAddr().String()}
	results, sippers := []string{"dead"}, []*listening{}
	for _, e := range everySort(canary.LocalAddr().String()) {
		l := listen(t, e.name, freePort(t), e.steps...)
		names, phones, results, sippers = append(names, e.name), append(phones, l.address()), append(results, e.result), append(sippers, l)
	}
	h.onCall(names, phones)
	h.needs(t, "0612345")
	h.ends(t, 100*time.Second)
	v, err := h.latest()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range sippers {
		l.done(30 * time.Second)
	}
	history := fmt.Sprint(v.History)
	for i, name := range names {
		if want := name + " at " + phones[i] + ": " + results[i]; !strings.Contains(history, want) {
			t.Errorf("the history lacks %q: %s", want, history)
		}
	}
	_ = canary.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if n, from, err := canary.ReadFrom(make([]byte, 2000)); err == nil {
		t.Errorf("%d octets went to where a telephone redirected the call, from %v", n, from)
	}
}
