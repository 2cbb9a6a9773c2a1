package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/guard"
	"hotline/sip/header"
	"hotline/sip/syntax"
)

// Invite is a call that rings. Its handler answers it with Answer or Refuse. All methods are safe for concurrent use; the first
// final answer counts.
type Invite struct {
	// ID is the Call-ID.
	ID string
	// From and To are the headers; a number in them is a hint, never a proof.
	From, To Party
	// Number is the number that was dialled: the user part of the Request-URI, or what the trunk's [Dialled] says.
	Number string
	// Asserted is P-Asserted-Identity, taken from a trunk only.
	Asserted Party
	// Private: the caller asks that his number be shown to nobody (RFC 3323).
	Private bool
	// Trunk is the name of the trunk it came by; empty for a phone.
	Trunk string
	// Stranger: it came neither by a trunk, nor from an own telephone's network or this machine.
	Stranger bool
	// Source is where it came from, Local our address it reached.
	Source, Local netip.AddrPort
	// Transport is "UDP", "TCP" or "TLS".
	Transport string
	// Offer is the SDP; nil means a delayed offer: our answer then carries our offer, and [Dialog.Answered] tells of the
	// answer in the ACK.
	Offer []byte

	agent  *Agent
	req    *gosip.Request
	tx     *gosip.ServerTx
	dialog *Dialog
	entry  *entry
}

// invited makes the call of a new INVITE and runs its handler.
func (a *Agent) invited(req *gosip.Request, tx *gosip.ServerTx) {
	en := a.calls.entryOf(req.CallID().Value(), header.Tag(req.From().Params))
	if en == nil {
		a.unknown(req, tx)
		return
	}
	in := a.newInvite(req, tx, en)
	a.calls.remember(in.dialog)
	_ = tx.Respond(a.response(req, 100, "Trying", "", nil))
	if a.calls.ring(en, in) {
		in.cancelled()
		return
	}
	a.life.spawn("handler", in.ID, func() { a.handle(in) })
}

func (a *Agent) newInvite(req *gosip.Request, tx *gosip.ServerTx, en *entry) *Invite {
	from := en.origin.From
	in := &Invite{
		ID: req.CallID().Value(), Number: header.PartyOf("", req.Recipient).User,
		From:   header.PartyOf(req.From().DisplayName, req.From().Address),
		To:     header.PartyOf(req.To().DisplayName, req.To().Address),
		Source: from, Local: a.transport.Visible(en.origin.Local, from.Addr()), Transport: en.origin.Transport,
		agent: a, req: req, tx: tx, entry: en,
	}
	if t := a.trunks.Of(from.Addr()); t != nil {
		in.Trunk, in.Asserted, in.Number = t.Name, header.Asserted(req), t.DialledNumber(req)
	}
	in.Stranger, in.Private = en.Stranger, header.Private(req)
	in.Offer = header.Description(req)
	in.dialog = a.incomingDialog(in, gosip.GenerateTagN(16))
	return in
}

// handle runs the owner's handler and makes sure that the call gets an end.
func (a *Agent) handle(in *Invite) {
	defer a.life.caught("handler", in.ID, func() {
		if in.final(500, "Server Internal Error") != nil {
			_ = in.dialog.Hangup("internal error")
		}
	})
	if a.cfg.Handle != nil {
		a.cfg.Handle(in.Context(), in)
	}
	if in.final(480, "Temporarily Unavailable") != nil {
		_ = in.dialog.Hangup("")
	}
}

// Context ends with the call: with [ErrCancelled] when the caller gave up before the final answer, with [ErrRefused] after a
// refusal, else as the dialog does.
func (in *Invite) Context() context.Context { return in.dialog.ctx }

// Ring sends 180 Ringing. It may be called often.
func (in *Invite) Ring() error {
	in.dialog.mu.Lock()
	waiting := in.dialog.state == ringing
	in.dialog.mu.Unlock()
	if !waiting {
		return in.tooLate()
	}
	if wantsReliable(in.req) && in.Offer == nil {
		return nil // a reliable answer would have to bring the offer (RFC 3261 13.2.1), which the 200 does
	}
	res := in.agent.response(in.req, 180, "Ringing", in.dialog.key.local, nil)
	res.AppendHeader(in.dialog.contact())
	if wantsReliable(in.req) {
		return in.ringReliably(res)
	}
	if err := in.tx.Respond(res); err != nil {
		return fmt.Errorf("sip: ringing call %s: %w: %w", in.ID, ErrTransport, err)
	}
	return nil
}

// Refuse sends a final answer of 300 to 699; headers are "Name: value". It returns [ErrCancelled] or [ErrRefused] when the call
// was over before.
func (in *Invite) Refuse(code int, reason string, headers ...string) error {
	if code < 300 || code > 699 {
		return fmt.Errorf("sip: refusing call %s: %d is no refusal", in.ID, code)
	}
	return in.final(code, reason, headers...)
}

// final sends a non-2xx answer. Where the call has a final answer already, the error says why it ended.
func (in *Invite) final(code int, reason string, headers ...string) error {
	ev := refusalSent
	if code == 487 {
		ev = cancelReceived
	}
	if _, ok := in.dialog.step(ev); !ok && !in.owes487(code) {
		return in.tooLate()
	}
	res := in.agent.response(in.req, code, header.Printable(reason), in.dialog.key.local, nil)
	for _, h := range headers {
		if name, value, ok := strings.Cut(h, ":"); ok && syntax.IsToken(name) && !syntax.HasControl(value) {
			res.AppendHeader(header.New(name, strings.TrimSpace(value)))
		}
	}
	if err := in.tx.Respond(res); err != nil && !errors.Is(err, gosip.ErrTransactionCanceled) {
		return fmt.Errorf("sip: refusing call %s: %w: %w", in.ID, ErrTransport, err)
	}
	return nil
}

// owes487 is true once for an INVITE that a BYE in its early dialog ended.
func (in *Invite) owes487(code int) bool {
	in.dialog.mu.Lock()
	defer in.dialog.mu.Unlock()
	if code != 487 || !in.dialog.answer.earlyBye {
		return false
	}
	in.dialog.answer.earlyBye = false
	return true
}

// tooLate says why a final answer is too late.
func (in *Invite) tooLate() error {
	if cause := context.Cause(in.dialog.ctx); cause != nil {
		return fmt.Errorf("sip: answering call %s: %w", in.ID, cause)
	}
	return fmt.Errorf("sip: answering call %s: %w", in.ID, ErrRefused)
}

// cancelled takes the CANCEL: the INVITE gets 487, unless it was answered first.
func (in *Invite) cancelled() { _ = in.final(487, "Request Terminated") }

// Answer sends 200 with our SDP and returns at once, so that media may start. The 200 is retransmitted after T1, doubling up
// to T2, until the ACK comes. Without one for 64*T1 the call gets a BYE and ends with [ErrNoACK] (RFC 3261 13.3.1.4).
func (in *Invite) Answer(ctx context.Context, sdp []byte, options ...Option) (*Dialog, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("sip: answering call %s: %w", in.ID, err)
	}
	d := in.dialog
	for _, o := range options {
		o(d)
	}
	res := in.agent.response(in.req, 200, "OK", d.key.local, sdp)
	res.AppendHeader(d.contact())
	res.AppendHeader(header.New("Allow", guard.Allow))
	res.AppendHeader(header.New("Supported", guard.Supported))
	header.MarkSDP(res, sdp)
	if _, ok := d.step(answerSent); !ok {
		return nil, in.tooLate()
	}
	d.session.agree(in.req, res)
	d.answer.await(in.req.CSeq().SeqNo, in.Offer == nil, func() error { return in.tx.Respond(res) })
	if err := in.tx.Respond(res); err != nil {
		// The retransmissions may still reach the caller; the ACK's time-out decides.
		in.agent.log.Warn("sip: answer not sent", "call", in.ID, "error", err.Error())
	}
	return d, nil
}
