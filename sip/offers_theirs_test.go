package sip_test

import (
	"errors"
	"strings"
	"testing/synctest"

	"hotline/sip"
)

// callsOffer are the exchanges of a call that comes in, by its INVITE.
func callsOffer() []exchangeRow {
	return []exchangeRow{
		{"INVITE offers, 200 answers", "RFC 3261 13.3.1.4", func(x *exchange) {
			x.talking()
			x.owner()
			x.lives()
		}},
		{"INVITE asks, 200 offers, ACK answers", "RFC 3261 13.2.1, 13.2.2.4", func(x *exchange) {
			x.comesIn("", true)
			x.gets(200, "9000")
			x.call.Ack(at(4001))
			x.owner("answer 4001")
			if err := <-x.d.Answered(); err != nil {
				x.Error(err)
			}
			x.lives()
		}},
		{"INVITE asks, 200 offers, ACK without an answer", "RFC 3261 13.2.2.4: the owner is told, and hangs up", func(x *exchange) {
			x.comesIn("", true)
			x.gets(200, "9000")
			x.call.Ack("")
			synctest.Wait()
			if err := <-x.d.Answered(); !errors.Is(err, sip.ErrNoAnswer) {
				x.Error(err)
			}
			x.owner()
		}},
		{"INVITE asks and wants reliable answers: nothing before the 200", "RFC 3261 13.2.1: the first reliable answer would have to offer", func(x *exchange) {
			x.comesIn("", true, "Require: 100rel")
			for m := x.phone.Hear(within); ; m = x.phone.Hear(within) {
				if strings.Contains(m.Line, " 18") {
					x.Fatalf("%s without an offer", m.Line)
				}
				if strings.Contains(m.Line, " 200 ") {
					break
				}
			}
		}},
	}
}

// reinvitesOffer are those of its re-INVITEs.
func reinvitesOffer() []exchangeRow {
	return []exchangeRow{
		{"re-INVITE offers, 200 answers", "RFC 3261 14.2", func(x *exchange) {
			x.talking()
			x.call.Request("INVITE", at(4002))
			x.gets(200, "9000")
			x.call.Ack("")
			x.owner("offer 4002")
		}},
		{"re-INVITE asks, 200 offers, ACK answers", "RFC 3261 14.2, 13.2.2.4", func(x *exchange) {
			x.talking()
			x.call.Request("INVITE", "")
			x.gets(200, "9000")
			x.call.Ack(at(4002))
			x.owner("ask", "answer 4002")
			x.lives()
		}},
		{"re-INVITE asks, ACK without an answer: the session is as it was", "RFC 3261 14.2", func(x *exchange) {
			x.talking()
			x.call.Request("INVITE", "")
			x.gets(200, "9000")
			x.call.Ack("")
			x.owner("ask")
			x.lives()
		}},
		{"re-INVITE refused: the session is as it was", "RFC 3261 14.2, 20.43", func(x *exchange) {
			x.talking()
			x.deny = true
			x.call.Request("INVITE", at(4002))
			if m := x.gets(488, ""); m.Get("Warning") != `305 hotline "Incompatible media format"` {
				x.Errorf("Warning %q", m.Get("Warning"))
			}
			x.call.AckRefusal()
			x.lives()
		}},
	}
}

// updatesOffer are those of its UPDATEs, and of who was called.
func updatesOffer() []exchangeRow {
	return []exchangeRow{
		{"UPDATE offers, 200 answers", "RFC 3311 5.2", func(x *exchange) {
			x.talking()
			x.call.Request("UPDATE", at(4002))
			x.gets(200, "9000")
			x.owner("offer 4002")
			x.lives()
		}},
		{"UPDATE refused: the session is as it was", "RFC 3311 5.2", func(x *exchange) {
			x.talking()
			x.deny = true
			x.call.Request("UPDATE", at(4002))
			if m := x.gets(488, ""); m.Get("Warning") == "" {
				x.Error("no Warning")
			}
			x.lives()
		}},
		{"UPDATE without an offer", "RFC 3311 5.2, RFC 4028 7.4", func(x *exchange) {
			x.talking()
			x.call.Request("UPDATE", "")
			x.gets(200, "")
			x.owner()
		}},
		{"UPDATE offers before the ACK of our answer", "RFC 6337 2.2: the exchange of the INVITE is over with the 200", func(x *exchange) {
			x.comesIn(at(4000), true)
			x.gets(200, "9000")
			x.call.Request("UPDATE", at(4002))
			x.gets(200, "9000")
			x.owner("offer 4002")
		}},
		{"who was called offers by re-INVITE", "RFC 3261 14.1", func(x *exchange) {
			x.calledTalks()
			x.call.Request("INVITE", at(4002))
			x.gets(200, "9000")
			x.call.Ack("")
			x.owner("offer 4002")
		}},
		{"who was called asks by re-INVITE and answers in the ACK", "RFC 3261 14.2, 13.2.2.4", func(x *exchange) {
			x.calledTalks()
			x.call.Request("INVITE", "")
			x.gets(200, "9000")
			x.call.Ack(at(4002))
			x.owner("ask", "answer 4002")
		}},
		{"who was called offers by UPDATE", "RFC 3311 5.2", func(x *exchange) {
			x.calledTalks()
			x.call.Request("UPDATE", at(4002))
			x.gets(200, "9000")
			x.owner("offer 4002")
		}},
	}
}
