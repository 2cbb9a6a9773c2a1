package sip_test

import (
	"testing/synctest"
)

// offersWhileItRings are those that come while an INVITE waits.
func offersWhileItRings() []exchangeRow {
	return []exchangeRow{
		{"PRACK of a call whose offer waits", "RFC 3262 3, 5: it is always 200; an offer in it is out of turn and gets no answer", func(x *exchange) {
			x.comesIn(at(4000), false, "Require: 100rel")
			m := x.call.Expect(180, within)
			x.call.Extra = []string{"RAck: " + m.Get("RSeq") + " 1 INVITE"}
			x.call.Request("PRACK", at(4002))
			x.gets(200, "")
			x.owner()
		}},
		{"UPDATE offers while the INVITE's offer waits", "RFC 3311 5.2", func(x *exchange) {
			x.comesIn(at(4000), false)
			x.call.Expect(180, within)
			x.call.Request("UPDATE", at(4002))
			if m := x.gets(500, ""); m.Get("Retry-After") == "" {
				x.Error("no Retry-After")
			}
			x.owner()
		}},
		{"UPDATE without an offer while it rings", "RFC 3311 5.2", func(x *exchange) {
			x.comesIn(at(4000), false)
			x.call.Expect(180, within)
			x.call.Request("UPDATE", "")
			x.gets(200, "")
		}},
		{"a second INVITE while the first rings", "RFC 3261 14.2", func(x *exchange) {
			x.comesIn(at(4000), false)
			x.call.Expect(180, within)
			x.call.Request("INVITE", at(4002))
			x.gets(500, "")
			x.owner()
		}},
		{"a second INVITE before the ACK of the first", "RFC 3261 14.2", func(x *exchange) {
			x.comesIn(at(4000), true)
			x.gets(200, "9000")
			x.call.Request("INVITE", at(4002))
			x.gets(500, "")
			x.owner()
		}},
		{"a second INVITE while our offer waits for its answer", "RFC 3261 14.2", func(x *exchange) {
			x.comesIn("", true)
			x.gets(200, "9000")
			x.call.Request("INVITE", at(4002))
			x.gets(500, "")
			x.owner()
		}},
	}
}

// offersThatCross are those that come while another exchange is open.
func offersThatCross() []exchangeRow {
	return []exchangeRow{
		{"UPDATE offers while our offer waits for its answer", "RFC 3311 5.2", func(x *exchange) {
			x.comesIn("", true)
			x.gets(200, "9000")
			x.call.Request("UPDATE", at(4002))
			x.gets(491, "")
			x.owner()
		}},
		{"UPDATE and re-INVITE cross our re-INVITE", "RFC 3311 5.2, RFC 3261 14.2", func(x *exchange) {
			x.talking()
			done := make(chan error, 1)
			background(x.T, func() {
				_, err := x.d.Reinvite(x.Context(), []byte(at(9000)))
				done <- err
			})
			ours := x.phone.Expect("INVITE ", within)
			x.call.Request("UPDATE", at(4002))
			x.gets(491, "")
			x.call.Request("INVITE", at(4002))
			x.gets(491, "")
			x.call.AckRefusal()
			x.call.Respond(200, at(4003), ours)
			if err := <-done; err != nil {
				x.Error(err)
			}
			x.owner()
		}},
		{"who was called offers before he has described himself", "RFC 3311 5.2, RFC 3261 14.2", func(x *exchange) {
			x.goesOut()
			x.call.Respond(180, "")
			synctest.Wait()
			x.call.URI = "sip:hotline@" + line.String()
			x.call.Request("UPDATE", at(4002))
			x.gets(491, "")
			x.call.Request("INVITE", at(4002))
			x.gets(491, "")
			x.call.Request("BYE", "")
			x.gets(481, "")
			x.owner()
		}},
		{"who was called offers early, by UPDATE", "RFC 3311 5.1: his reliable answer is acknowledged", func(x *exchange) {
			x.goesOut()
			x.reliably(183, 7, at(4000))
			x.call.URI = "sip:hotline@" + line.String()
			x.call.Request("INVITE", at(4001))
			x.gets(491, "")
			x.call.Request("UPDATE", at(4002))
			x.gets(200, "9000")
			x.call.Respond(200, "")
			x.phone.Expect("ACK ", within)
			x.answered("4002")
			x.owner("offer 4002")
			x.lives()
		}},
		{"who was called offers early and is refused", "RFC 3311 5.2: the session is as it was", func(x *exchange) {
			x.goesOut()
			x.reliably(183, 7, at(4000))
			x.deny = true
			x.call.URI = "sip:hotline@" + line.String()
			x.call.Request("UPDATE", at(4002))
			x.gets(488, "")
			x.call.Respond(200, "")
			x.phone.Expect("ACK ", within)
			x.answered("4000")
		}},
	}
}
