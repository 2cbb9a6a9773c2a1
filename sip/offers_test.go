package sip_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	rows := slices.Concat(callsOffer(), reinvitesOffer(), updatesOffer(), offersWhileItRings(), offersThatCross(), ourOffers(), ourOffersRefused())
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
