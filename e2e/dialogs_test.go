package e2e_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline/sip/siptest"
)

// established begins a call: an INVITE with an offer, its 200 and the ACK.
func established(extra ...string) []step {
	return []step{invites(sound(1, "sendrecv"), extra...), mayHear(100, 180), hears(200), acks("")}
}

// over ends it.
func over() []step { return []step{sends("BYE"), hears(200)} }

// call is a scenario of one call: begun, what happens in it, ended.
func call(inside ...step) []step {
	return append(append(established(), inside...), over()...)
}

// refusal is a scenario of an INVITE that is refused.
func refusal(code int, looks []look, extra ...string) []step {
	return []step{invites(sound(1, "sendrecv"), extra...), mayHear(100), hears(code, looks...), acksRefusal}
}

func manyVias() (list []string) {
	for i := range 14 {
		list = append(list, "Via: SIP/2.0/UDP proxy"+string(rune('a'+i))+".a-rather-long-name-of-a-carrier.example.com:5060;branch=z9hG4bK0123456789abcdef0123456789abcdef;received=192.0.2.77;rport=5060")
	}
	return list
}

// inTheDialog are the scenarios of one call after its answer, and of answers to an INVITE.
func inTheDialog() map[string][]step {
	const session = "Session-Expires: 90;refresher=uac\nSupported: timer"
	return map[string][]step{
		"a session that is too short is refused and asked for again": {
			invites(sound(1, "sendrecv"), "Session-Expires: 30", "Supported: timer"), mayHear(100), hears(422, says("Min-SE:", "90")), acksRefusal,
			invitesAnew(sound(1, "sendrecv"), session), mayHear(100), hears(200, says("Session-Expires:", "90;refresher=uac"), says("Require:", "timer")), acks(""),
			sends("UPDATE", session), hears(200, says("Session-Expires:", "90;refresher=uac")),
			sends("BYE"), hears(200),
		},
		"hold by sendonly, inactive and the address 0.0.0.0, each time resumed": call(
			invites(sound(2, "sendonly")), mayHear(100), hears(200, says("", "a=recvonly")), acks(""),
			invites(sound(3, "sendrecv")), mayHear(100), hears(200, says("", "a=sendrecv")), acks(""),
			invites(sound(4, "inactive")), mayHear(100), hears(200, says("", "a=inactive")), acks(""),
			invites(sound(5, "sendrecv")), mayHear(100), hears(200, says("", "a=sendrecv")), acks(""),
			invites(described(6, "sendrecv", "0.0.0.0")), mayHear(100), hears(200, says("", "a=inactive")), acks(""),
			invites(sound(7, "sendrecv")), mayHear(100), hears(200, says("", "a=sendrecv")), acks(""),
		),
		"on hold from the beginning, by the address 0.0.0.0, and resumed": append([]step{
			invites(described(1, "sendrecv", "0.0.0.0")), mayHear(100, 180), hears(200, says("", "a=inactive")), acks(""),
			invites(sound(2, "sendrecv")), mayHear(100), hears(200, says("", "a=sendrecv")), acks(""),
		}, over()...),
		"a session among other parts": append([]step{
			request("INVITE", "multipart/mixed;boundary=b1", "--b1\r\nContent-Type: application/isup\r\nContent-Disposition: signal;handling=optional\r\n\r\nx\r\n--b1\r\nContent-Type: application/sdp\r\n\r\n"+
				sound(1, "sendrecv")+"\r\n--b1--\r\n"),
			mayHear(100, 180), hears(200, says("", "m=audio")), acks(""),
		}, over()...),
		"a re-INVITE without an offer asks for ours": call(
			invites(""), mayHear(100), hears(200, says("", "m=audio [0-9]+ RTP/AVP 8 0 101")), acks(sound(2, "sendrecv")), waits(200),
		),
		"a re-INVITE without a codec of ours is refused and the call goes on": call(
			request("INVITE", "application/sdp", "v=0\r\no=- 1 2 IN IP4 [local_ip]\r\ns=-\r\nc=IN IP4 [media_ip]\r\nt=0 0\r\nm=audio [media_port] RTP/AVP 18\r\n"),
			mayHear(100), hears(488), acksRefusal,
			sends("OPTIONS"), hears(200),
		),
		"UPDATE holds, resumes and shows that one lives": call(
			request("UPDATE", "application/sdp", sound(2, "sendonly")), hears(200, says("", "a=recvonly")),
			request("UPDATE", "application/sdp", sound(3, "sendrecv")), hears(200, says("", "a=sendrecv")),
			sends("UPDATE"), hears(200),
		),
		"a re-INVITE before the ACK has to wait": {
			invites(sound(1, "sendrecv")), mayHear(100, 180), hears(200),
			invites(sound(2, "sendrecv")), mayHear(100), hears(500, says("Retry-After:", "[0-9]")), acksRefusal,
			func(s *script) { s.invited = 1 }, acks(""), sends("BYE"), hears(200),
		},
		"keys by INFO, and what is no key": call(
			request("INFO", "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"), hears(200),
			request("INFO", "application/dtmf", "#"), hears(200),
			sends("INFO"), hears(200),
			request("INFO", "application/media_control+xml", "<media_control/>"), hears(415, says("Accept:", "application/dtmf-relay")),
		),
		"REFER of an accepted call is declined": call(
			sends("REFER", "Refer-To: <sip:0900123456@evil.example>"), hears(603),
			sends("REFER", "Refer-To: <tel:+1900123456>", "Referred-By: <sip:hotline@[remote_ip]>"), hears(603),
		),
		"methods that are known and not served": call(
			request("MESSAGE", "text/plain", "hello"), hears(405, says("Allow:", "INVITE")),
			sends("SUBSCRIBE", "Event: dialog"), hears(405),
			sends("DANCE"), hears(501),
		),
		"too many hops":                                refusal(483, nil, "Max-Forwards: 0"),
		"an extension that nobody knows":               refusal(420, []look{says("Unsupported:", "replaces")}, "Require: replaces"),
		"a body that is no session":                    {request("INVITE", "application/isup", "x"), mayHear(100), hears(415, says("Accept:", "application/sdp")), acksRefusal},
		"extensions that are known":                    append(established("Require: timer", "Supported: timer, 100rel, replaces"), over()...),
		"an answer of more than 1300 octets":           append([]step{invites(sound(1, "sendrecv"), manyVias()...), mayHear(100), hears(200, says("msg", "proxyn")), acks("")}, over()...),
		"a CANCEL of nothing":                          {invites(sound(1, "sendrecv")), mayHear(100, 180), hears(200), acks(""), strangeCancel, hears(481), sends("BYE"), hears(200)},
		"requests of dialogs that nobody has":          {sends("OPTIONS"), hears(200), sends("UPDATE", "X: 1"), hears(481), sends("INFO"), hears(481), sends("PRACK", "RAck: 1 1 INVITE"), hears(481), sends("BYE"), hears(481)},
		"a BYE of a call that has ended finds nothing": append(call(sends("OPTIONS"), hears(200)), sends("BYE"), hears(481)),
		"a caller who asks for reliable ringing":       append(established("Require: 100rel"), over()...),
	}
}

// strangeCancel is a CANCEL that belongs to no INVITE: its branch was never used.
func strangeCancel(s *script) {
	s.message("", s.dialogHeaders("CANCEL", s.invited, "z9hG4bKnever-used")+"\nMax-Forwards: 70", "", "")
}

// TestEveryLineOfADialog plays what a telephone may do in a call, over UDP and TCP.
func TestEveryLineOfADialog(t *testing.T) {
	t.Parallel()
	h := open(t)
	for name, steps := range inTheDialog() {
		for _, transport := range []string{"u1", "t1"} {
			t.Run(name+" over "+transport, func(t *testing.T) {
				t.Parallel()
				play(t, h.sip, scenario(t, name, steps...), "-t", transport)
			})
		}
	}
}

// TestTheRaceOfCancelAndAnswer sends CANCEL right behind the INVITE, many times: whichever comes first, each call has one
// end, and none is left.
func TestTheRaceOfCancelAndAnswer(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := siptest.NewPhone(t, sockets{}, fmt.Sprintf("127.0.0.1:%d", freePort(t)))
	answered, cancelled := 0, 0
	for i := range 60 {
		c := p.Dial(netip.MustParseAddrPort(h.sip), "hotline", strings.ReplaceAll(siptest.SDP, "192.0.2.9", "127.0.0.1"))
		var m *siptest.Message
		if i%3 == 0 { // the answer is on its way already
			m = p.Expect(" 200 ", 30*time.Second)
		}
		c.Cancel()
		if m == nil {
			m = p.Hear(30 * time.Second)
		}
		for m != nil && (strings.Contains(m.Line, " 100 ") || strings.Contains(m.Get("CSeq"), "CANCEL")) {
			m = p.Hear(30 * time.Second)
		}
		switch {
		case m != nil && strings.Contains(m.Line, " 487 "):
			c.Remote = m.Get("To")
			c.AckRefusal()
			cancelled++
		case m != nil && strings.Contains(m.Line, " 200 "):
			c.Remote, c.URI = m.Get("To"), strings.Trim(m.Get("Contact"), "<>")
			c.Ack("")
			c.Request("BYE", "")
			for m = p.Expect(" 200 ", 30*time.Second); !strings.Contains(m.Get("CSeq"), "BYE"); m = p.Expect(" 200 ", 30*time.Second) {
			}
			answered++
		default:
			t.Fatalf("neither cancelled nor answered: %+v", m)
		}
	}
	t.Logf("%d answered, %d cancelled", answered, cancelled)
	if answered == 0 || cancelled == 0 {
		t.Errorf("%d answered, %d cancelled: one side of the race was never seen", answered, cancelled)
	}
	eventually(t, 20*time.Second, "no call is left", func() error {
		m, err := h.metrics(t.Context())
		if err == nil && m["hotline_calls_active"]+m["hotline_media_legs"] != 0 {
			err = fmt.Errorf("%v calls, %v legs", m["hotline_calls_active"], m["hotline_media_legs"])
		}
		return err
	})
}
