package sip_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/sip"
	"hotline/sip/siptest"
)

// exchange walks one row of the table of offers and answers.
type exchange struct {
	*testing.T
	wire  *siptest.Wire
	agent *sip.Agent
	phone *siptest.Phone
	call  *siptest.Call // of the telephone, in either direction
	// done are the owner's part in order: "offer 4002" for an offer of the other side that he answered, "ask" for one that
	// he was asked for, "answer 4002" for an answer that he took, "end" of the call.
	done []string
	out  <-chan outgoing
	d    *sip.Dialog
	deny bool // the owner refuses what he is offered
}

type outgoing struct {
	d      *sip.Dialog
	answer string
	err    error
}

// at is a description whose sound is at a port.
func at(port int) string {
	return strings.Replace(siptest.SDP, "m=audio 4000", fmt.Sprintf("m=audio %d", port), 1)
}

func portOf(sdp string) string {
	_, rest, _ := strings.Cut(sdp, "m=audio ")
	port, _, _ := strings.Cut(rest, " ")
	return port
}

func (x *exchange) onOffer(offer []byte) ([]byte, error) {
	if x.deny {
		return nil, &sip.Unacceptable{Err: errors.New("no codec"), Warning: `305 hotline "Incompatible media format"`}
	}
	if offer == nil {
		x.done = append(x.done, "ask")
	} else {
		x.done = append(x.done, "offer "+portOf(string(offer)))
	}
	return []byte(at(9000)), nil
}

func (x *exchange) onAnswer(answer []byte) error {
	x.done = append(x.done, "answer "+portOf(string(answer)))
	return nil
}

// comesIn has the telephone call, with an offer unless sdp is empty; answered tells whether the owner answers at once.
func (x *exchange) comesIn(sdp string, answered bool, extra ...string) {
	x.Helper()
	x.agent = start(x.T, x.wire, func(ctx context.Context, in *sip.Invite) {
		_ = in.Ring()
		if !answered {
			select {
			case <-time.After(10 * time.Second):
			case <-ctx.Done():
			}
		}
		d, err := in.Answer(ctx, []byte(at(9000)), sip.OnReinvite(x.onOffer), sip.OnAnswer(x.onAnswer))
		if err != nil {
			return
		}
		x.d = d
		<-d.Context().Done()
		x.done = append(x.done, "end")
	})
	x.call = x.phone.Call(line, "1")
	x.call.Extra = extra
	x.call.SendInvite(sdp)
	x.call.Extra = nil
}

// talking is a call that came in with an offer and was acknowledged.
func (x *exchange) talking() {
	x.Helper()
	x.comesIn(at(4000), true)
	x.gets(200, "9000")
	x.call.Ack("")
	synctest.Wait()
}

// goesOut has the line call the telephone.
func (x *exchange) goesOut() {
	x.Helper()
	x.agent = start(x.T, x.wire, nil)
	out := make(chan outgoing, 1)
	background(x.T, func() {
		d, answer, err := x.agent.Dial(x.Context(), sip.DialRequest{To: "sip:anna@192.0.2.9", Offer: []byte(at(9000)), OnReinvite: x.onOffer, OnAnswer: x.onAnswer})
		out <- outgoing{d, portOf(string(answer)), err}
	})
	x.out = out
	x.call = x.phone.Incoming(within)
	// requests of the one who was called: our INVITE's From is their To
	x.call.To = line
}

// calledTalks is a call of ours that was answered.
func (x *exchange) calledTalks() {
	x.Helper()
	x.goesOut()
	x.call.Respond(200, at(4000))
	x.phone.Expect("ACK ", within)
	x.answered("4000")
}

// answered is the end of Dial.
func (x *exchange) answered(port string) {
	x.Helper()
	got := <-x.out
	if got.err != nil || got.answer != port {
		x.Fatalf("the call's answer is %q, %v, want %q", got.answer, got.err, port)
	}
	x.d = got.d
}

// gets waits for a final answer whose description is at a port, "" for none.
func (x *exchange) gets(status int, port string) *siptest.Message {
	x.Helper()
	m := x.call.Expect(status, within)
	if got := portOf(m.Body); got != port {
		x.Fatalf("%s with a description at %q, want %q", m.Line, got, port)
	}
	return m
}

// owner checks his part so far.
func (x *exchange) owner(want ...string) {
	x.Helper()
	synctest.Wait()
	if fmt.Sprint(x.done) != fmt.Sprint(want) {
		x.Fatalf("the owner's part was %q, want %q", x.done, want)
	}
}

// lives checks that the call goes on, by another offer.
func (x *exchange) lives() {
	x.Helper()
	x.deny, x.done = false, nil
	x.call.Request("INVITE", at(4999))
	x.gets(200, "9000")
	x.call.Ack("")
	x.owner("offer 4999")
}

// reliably answers our INVITE provisionally and acknowledges its PRACK.
func (x *exchange) reliably(status, number int, sdp string) {
	x.Helper()
	x.call.Extra = []string{"Require: 100rel", fmt.Sprintf("RSeq: %d", number)}
	x.call.Respond(status, sdp)
	x.call.Extra = nil
	prack := x.phone.Expect("PRACK ", within)
	if got, want := prack.Get("RAck"), fmt.Sprintf("%d %s", number, x.call.Invite.Get("CSeq")); got != want {
		x.Fatalf("acknowledges %q, want %q", got, want)
	}
	x.call.Respond(200, "", prack)
	synctest.Wait()
}

// RFC 3264, RFC 6337: who offers and who answers, in which message, early, late and refused.
func TestEveryExchangeOfOfferAndAnswer(t *testing.T) {
	rows := append(append(theirOffers(), theirOffersAtAWrongTime()...), ourOffers()...)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if !strings.HasPrefix(row.rule, "RFC ") {
				t.Fatal("a row without a rule")
			}
			synctest.Test(t, func(t *testing.T) {
				w := siptest.NewWire(1)
				x := &exchange{T: t, wire: w, phone: siptest.NewPhone(t, w, "192.0.2.9:5060")}
				row.walk(x)
			})
		})
	}
}

type exchangeRow struct {
	name, rule string
	walk       func(x *exchange)
}

// theirOffers are those that come to us.
func theirOffers() []exchangeRow {
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

// theirOffersAtAWrongTime are those that come while another exchange is open.
func theirOffersAtAWrongTime() []exchangeRow {
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

// ourOffers are those of the INVITEs that we send.
func ourOffers() []exchangeRow {
	said := func(name, rule, want string, say func(x *exchange)) exchangeRow {
		return exchangeRow{name, rule, func(x *exchange) {
			x.goesOut()
			say(x)
			x.phone.Expect("ACK ", within)
			x.answered(want)
			x.lives()
		}}
	}
	return []exchangeRow{
		said("INVITE offers, 200 answers", "RFC 3261 13.2.1", "4000", func(x *exchange) { x.call.Respond(200, at(4000)) }),
		said("183 answers, 200 says nothing", "RFC 3261 13.2.1: the first description is the answer", "4000", func(x *exchange) {
			x.call.Respond(183, at(4000))
			x.call.Respond(200, "")
		}),
		said("180 answers, 200 says nothing", "RFC 3261 13.2.1", "4000", func(x *exchange) {
			x.call.Respond(180, at(4000))
			time.Sleep(5 * time.Second)
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
