package sip_test

import (
	"errors"
	"time"

	"hotline/sip"
	"hotline/sip/siptest"
)

// said is a call of ours that is answered.
func said(name, rule, want string, say func(x *exchange)) exchangeRow {
	return exchangeRow{name, rule, func(x *exchange) {
		x.goesOut()
		say(x)
		x.phone.Expect("ACK ", within)
		x.answered(want)
		x.lives()
	}}
}

// ourOffers are those of the INVITEs that we send.
func ourOffers() []exchangeRow {
	return []exchangeRow{
		said("INVITE offers, 200 answers", "RFC 3261 13.2.1", "4000", func(x *exchange) { x.call.Respond(200, at(4000)) }),
		said("183 answers, 200 says nothing", "RFC 3261 13.2.1: the first description is the answer", "4000", func(x *exchange) {
			x.call.Respond(183, at(4000))
			x.call.Respond(200, "")
		}),
		said("180 answers, 200 says nothing", "RFC 3261 13.2.1", "4000", func(x *exchange) {
			x.call.Respond(180, at(4000))
			x.phone.Hear(5 * time.Second)
			x.call.Respond(200, "")
		}),
		said("several provisional answers: the first counts", "RFC 3261 13.2.1", "4000", func(x *exchange) {
			x.call.Respond(180, "")
			x.call.Respond(183, at(4000))
			x.call.Respond(183, at(4001))
			x.call.Respond(180, "")
			x.call.Respond(200, "")
		}),
		said("183 previews, 200 says it again", "RFC 3261 13.2.1", "4000", func(x *exchange) {
			x.call.Respond(183, at(4000))
			x.call.Respond(200, at(4000))
		}),
		said("183 of an announcement, 200 of the telephone behind it", "RFC 6337 3.1: what came unreliably is a preview", "4001", func(x *exchange) {
			x.call.Respond(183, at(4000))
			x.call.Respond(200, at(4001))
		}),
		said("183 answers reliably, 200 says nothing", "RFC 3262 5", "4000", func(x *exchange) {
			x.reliably(183, 7, at(4000))
			x.call.Respond(200, "")
		}),
		said("183 answers reliably, 200 says something else", "RFC 3262 5: the answer has been given", "4000", func(x *exchange) {
			x.reliably(183, 7, at(4000))
			x.call.Respond(200, at(4001))
		}),
		said("a preview, then the reliable answer", "RFC 3262 5", "4001", func(x *exchange) {
			x.call.Respond(183, at(4000))
			x.reliably(183, 7, at(4001))
			x.call.Respond(200, "")
		}),
		said("two reliable answers, the second without a description", "RFC 3262 4", "4000", func(x *exchange) {
			x.reliably(183, 7, at(4000))
			x.reliably(180, 8, "")
			x.call.Respond(200, "")
		}),
		said("forks: the one that answers counts", "RFC 3261 13.2.2.4", "4002", func(x *exchange) {
			x.call.RespondAs("desk", 183, at(4001))
			x.call.RespondAs("mobile", 183, at(4002))
			x.call.RespondAs("mobile", 200, "")
			x.call.From = x.call.Invite.Get("To") + ";tag=mobile"
		}),
		said("forks: one that has said nothing takes the call's first", "RFC 3261 13.2.1, and somebody is reached", "4001", func(x *exchange) {
			x.call.RespondAs("desk", 183, at(4001))
			x.call.RespondAs("mobile", 200, "")
			x.call.From = x.call.Invite.Get("To") + ";tag=mobile"
		}),
	}
}

// ourOffersRefused are those that end otherwise, and our re-INVITEs.
func ourOffersRefused() []exchangeRow {
	return []exchangeRow{
		{"200 says nothing, and nothing did before", "RFC 3261 13.2.2.4: the owner hangs up", func(x *exchange) {
			x.goesOut()
			x.call.Respond(200, "")
			x.phone.Expect("ACK ", within)
			x.answered("")
		}},
		{"INVITE refused", "RFC 3261 13.2.2.3", func(x *exchange) {
			x.goesOut()
			x.call.Respond(183, at(4000))
			x.call.Respond(488, "")
			x.phone.Expect("ACK ", within)
			var final *sip.FinalError
			if got := <-x.out; !errors.As(got.err, &final) || final.Code != 488 {
				x.Error(got.err)
			}
			x.call.URI = "sip:hotline@" + line.String()
			x.call.Request("UPDATE", at(4002)) // the early dialog is over
			x.gets(481, "")
		}},
		{"our re-INVITE is answered by a provisional, 200 says nothing", "RFC 3261 13.2.1", func(x *exchange) {
			x.reoffers(func(m *siptest.Message) {
				x.call.Respond(183, at(4003), m)
				x.call.Respond(200, "", m)
			}, "4003")
		}},
		{"our re-INVITE is answered reliably", "RFC 3262 4: it is acknowledged", func(x *exchange) {
			x.reoffers(func(m *siptest.Message) {
				x.call.Extra = []string{"Require: 100rel", "RSeq: 9"}
				x.call.Respond(183, at(4003), m)
				x.call.Extra = nil
				prack := x.phone.Expect("PRACK ", within)
				if got := prack.Get("RAck"); got != "9 "+m.Get("CSeq") {
					x.Errorf("acknowledges %q", got)
				}
				x.call.Respond(200, "", prack)
				x.call.Respond(200, "", m)
			}, "4003")
		}},
		{"our re-INVITE is refused", "RFC 3261 14.1: the session is as it was", func(x *exchange) {
			x.reoffers(func(m *siptest.Message) { x.call.Respond(488, "", m) }, "")
		}},
	}
}

// reoffers sends a re-INVITE of ours in a call that came in.
func (x *exchange) reoffers(answer func(m *siptest.Message), want string) {
	x.Helper()
	x.talking()
	done := make(chan string, 1)
	background(x.T, func() {
		got, err := x.d.Reinvite(x.Context(), []byte(at(9000)))
		var final *sip.FinalError
		if err != nil && !errors.As(err, &final) {
			x.Error(err)
		}
		done <- portOf(string(got))
	})
	answer(x.phone.Expect("INVITE ", within))
	x.phone.Expect("ACK ", within)
	if got := <-done; got != want {
		x.Errorf("the answer is %q, want %q", got, want)
	}
	x.lives()
}
