package sip

import (
	"context"
	"fmt"
	"net/netip"
	"sync"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/cseq"
	"hotline/sip/header"
	"hotline/sip/resolver"
	"hotline/sip/trunk"
)

// Dialog is one answered call, whoever called. Its context ends with the call and the context's cause is the ending. All
// methods are safe for concurrent use.
type Dialog struct {
	agent  *Agent
	key    dialogKey
	invite *Invite // of a call that came in
	ctx    context.Context
	cancel context.CancelCauseFunc
	ends   ends
	path   path
	order  cseq.Queue // of the other side's requests

	mu       sync.Mutex // guards what follows
	state    state
	seq      sequence
	route    route
	answer   answering
	offers   negotiation
	owner    owner
	session  sessionTimer
	reliable *reliable
	// credentials are those that the last INVITE was taken with. Our INVITEs are one at a time, and so is their use.
	credentials gosip.Header
}

// ends are the two parties as headers name them. Fixed when the dialog is made.
type ends struct {
	self  gosip.FromHeader // we, with our tag
	other gosip.ToHeader   // they, with theirs
}

// path is by which sockets the two sides meet. Fixed when the dialog is made.
type path struct {
	transport string
	contact   netip.AddrPort // our address in Contact
	socket    netip.AddrPort // our socket
	stranger  bool           // nobody vouches for him: what he says of routes and targets may be a victim's
	user      string         // of our Contact
	hop       resolver.Hop   // where our requests went so far; zero for a call that came in
	trunk     *trunk.Trunk   // nil without one
}

// route is where our requests inside the dialog go (RFC 3261 12.1).
type route struct {
	set     []gosip.Uri
	target  gosip.Uri      // remote target
	peer    netip.AddrPort // where their messages come from
	viaPeer bool           // send to peer, not to target: a connection, or behind NAT
}

// sequence numbers the requests of both sides (RFC 3261 12.2).
type sequence struct {
	local      uint32
	remote     uint32
	remoteSeen bool
}

// owner is what the owner of the call is told and asked. The dialog's mutex guards the functions, of which any may be nil; the
// methods lock it.
type owner struct {
	dialog     *Dialog
	onReinvite func(offer []byte) ([]byte, error)
	onInfo     func(contentType string, body []byte) (understood bool)
	onAnswer   func(answer []byte) error
	onActivity func()
}

// alive tells the owner that the other side lives.
func (o *owner) alive() {
	o.dialog.mu.Lock()
	f := o.onActivity
	o.dialog.mu.Unlock()
	if f != nil {
		f()
	}
}

// understands gives the owner the body of an INFO request.
func (o *owner) understands(contentType string, body []byte) bool {
	o.dialog.mu.Lock()
	f := o.onInfo
	o.dialog.mu.Unlock()
	return f != nil && f(contentType, body)
}

// answerTo asks the owner for the answer to a new offer, or for an offer where there is none. A panic of his refuses the
// offer and does not end the call.
func (o *owner) answerTo(offer []byte) (answer []byte, err error) {
	d := o.dialog
	d.mu.Lock()
	f := o.onReinvite
	d.mu.Unlock()
	if f == nil {
		return nil, fmt.Errorf("sip: nobody takes new offers in call %s", d.key.callID)
	}
	defer d.agent.life.caught("re-INVITE", d.key.callID, func() {
		answer, err = nil, fmt.Errorf("sip: answering a new offer in call %s: panic", d.key.callID)
	})
	if len(offer) == 0 {
		offer = nil
	}
	return f(offer)
}

// takeAnswer gives the owner an answer. A panic of his refuses the answer and does not end the call.
func (o *owner) takeAnswer(sdp []byte) (err error) {
	d := o.dialog
	d.mu.Lock()
	f := o.onAnswer
	d.mu.Unlock()
	switch {
	case len(sdp) == 0:
		return fmt.Errorf("sip: call %s: %w", d.key.callID, ErrNoAnswer)
	case f == nil:
		return nil
	}
	defer d.agent.life.caught("answer", d.key.callID, func() { err = fmt.Errorf("sip: taking an answer in call %s: panic", d.key.callID) })
	return f(sdp)
}

// Option sets a dialog up before anything can reach it.
type Option func(*Dialog)

// OnReinvite answers the other side's new offers (hold, resume, a moved address). A nil offer asks for ours; an error refuses
// with 488 and the call goes on.
func OnReinvite(f func(offer []byte) (answer []byte, err error)) Option {
	return func(d *Dialog) { d.OnReinvite(f) }
}

// OnAnswer takes the other side's answer to an offer of ours. We offer when a call comes without an offer, and when OnReinvite
// gives one: for a re-INVITE without an offer, or for a refresh of the session timer. It is called in the order of the wire.
func OnAnswer(f func(answer []byte) error) Option {
	return func(d *Dialog) { d.mu.Lock(); d.owner.onAnswer = f; d.mu.Unlock() }
}

// OnInfo hears the bodies of INFO requests, with their content types in lower case and without parameters. What it does not
// understand is refused with 415. It must not block.
func OnInfo(f func(contentType string, body []byte) (understood bool)) Option {
	return func(d *Dialog) { d.mu.Lock(); d.owner.onInfo = f; d.mu.Unlock() }
}

// OnActivity is called at every request inside the dialog, the ACK of an answer too: the other side lives. It must not block.
func OnActivity(f func()) Option {
	return func(d *Dialog) { d.mu.Lock(); d.owner.onActivity = f; d.mu.Unlock() }
}

// OnReinvite replaces the answer to the other side's new offers; see the option.
func (d *Dialog) OnReinvite(f func(offer []byte) (answer []byte, err error)) {
	d.mu.Lock()
	d.owner.onReinvite = f
	d.mu.Unlock()
}

// Context ends with the call; context.Cause of it is one of this package's errors.
func (d *Dialog) Context() context.Context { return d.ctx }

// ID is the Call-ID.
func (d *Dialog) ID() string { return d.key.callID }

// Answered yields, once, what OnAnswer has made of the answer to the offer in our 200; [ErrNoAnswer] where the ACK brought
// none.
func (d *Dialog) Answered() <-chan error { return d.answer.taken }

// Remote is where the other side's messages come from.
func (d *Dialog) Remote() netip.AddrPort {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.route.peer
}

func (a *Agent) newDialog(key dialogKey) *Dialog {
	d := &Dialog{agent: a, key: key}
	d.answer.taken, d.offers.turn = make(chan error, 1), make(chan struct{}, 1)
	d.answer.dialog, d.offers.dialog, d.owner.dialog, d.session.dialog = d, d, d, d
	d.ctx, d.cancel = context.WithCancelCause(a.life.ctx)
	return d
}

// incomingDialog is the dialog of a call that came in (RFC 3261 12.1.1).
func (a *Agent) incomingDialog(in *Invite, tag string) *Dialog {
	req := in.req
	to, from := req.To(), req.From()
	d := a.newDialog(dialogKey{in.ID, tag, header.Tag(from.Params)})
	d.invite = in
	d.ends = ends{self: to.AsFrom(), other: from.AsTo()}
	d.ends.self.Params.Add("tag", tag)
	if d.key.remote == "" {
		d.ends.other.Params.Remove("tag") // a caller of RFC 2543: a tag of null (RFC 3261 12.1.1)
	}
	d.path = path{
		transport: in.Transport, contact: in.Local, socket: in.entry.origin.Local, user: in.Number,
		trunk: a.trunks.Of(in.Source.Addr()), stranger: in.Stranger,
	}
	d.seq = sequence{remote: req.CSeq().SeqNo, remoteSeen: true}
	d.route = route{set: header.Routes(req, false), target: from.Address, peer: in.Source}
	if c := req.Contact(); c != nil {
		d.route.target = *c.Address.Clone()
	}
	d.route.viaPeer = len(d.route.set) == 0 && (d.path.transport != "UDP" || behindNAT(req.Via(), in.Source))
	return d
}

// behindNAT tells whether a request came from elsewhere than its Via says.
func behindNAT(via *gosip.ViaHeader, from netip.AddrPort) bool {
	ip, err := netip.ParseAddr(via.Host)
	return err == nil && ip.Unmap() != from.Addr()
}

// step makes one move of the table; on the last one the context ends.
func (d *Dialog) step(ev event) (move, bool) {
	d.mu.Lock()
	m, ok := next(d.state, ev)
	if !ok {
		d.mu.Unlock()
		return m, false
	}
	d.state = m.to
	d.answer.earlyBye = m.from == ringing && ev == byeReceived
	if m.to == ended {
		if ev != byeSent {
			d.answer.stop()
		}
		d.session.stop()
	}
	d.mu.Unlock()
	if m.to == ended { // once: the table has no move from there
		d.cancel(m.cause)
		d.leave()
	}
	return m, true
}

// leave counts the call out and lets it be forgotten in a while.
func (d *Dialog) leave() {
	if d.invite != nil {
		d.agent.calls.close(d.invite.entry)
	} else {
		d.agent.calls.end()
	}
	d.agent.calls.retire(d)
}

func (d *Dialog) contact() gosip.Header {
	return header.Contact(d.path.user, d.path.contact, d.path.transport)
}

// knows tells whether an address may speak for the other side on UDP.
func (d *Dialog) knows(from netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.route.peer.Addr() == from
}

// Hangup ends the call: the context ends at once with [ErrLocalBye]. The BYE goes out now or, when our 200 still waits for its
// ACK, right after that (RFC 3261 15). reason, when not empty, is told to the other side. Idempotent: a call that has ended
// gives nil.
func (d *Dialog) Hangup(reason string) error {
	m, ok := d.step(byeSent)
	if !ok {
		return nil
	}
	d.mu.Lock()
	if m.from == answered && d.answer.wait != nil {
		d.answer.byeOwed, d.answer.byeReason = true, reason
		d.mu.Unlock()
		return nil
	}
	d.mu.Unlock()
	if !d.sendBye(reason) {
		return fmt.Errorf("sip: hanging up call %s: %w", d.key.callID, ErrStopped)
	}
	return nil
}

// sendBye sends BYE in the background. Whatever answers it, the call is over.
func (d *Dialog) sendBye(reason string) bool {
	return d.agent.life.spawn("BYE", d.key.callID, func() {
		ctx, stop := context.WithTimeout(d.agent.life.ctx, d.agent.timers.giveUp())
		defer stop()
		_, err := d.do(ctx, gosip.BYE, func(req *gosip.Request) {
			if reason != "" {
				req.AppendHeader(header.New("Reason", `SIP;text="`+header.Printable(reason)+`"`)) // RFC 3326
			}
		})
		if err != nil {
			d.agent.log.Debug("sip: BYE", "call", d.key.callID, "error", err.Error())
		}
	})
}

// shut ends the dialog when the agent stops: 503 for what rings, BYE for the rest without waiting for an ACK that may never
// come.
func (d *Dialog) shut() {
	if d.invite != nil && d.invite.final(503, "Service Unavailable") == nil {
		return
	}
	_ = d.Hangup("shutting down")
	d.mu.Lock()
	owed, reason := d.answer.byeOwed, d.answer.byeReason
	if d.answer.byeOwed = false; owed {
		d.answer.stop()
	}
	d.mu.Unlock()
	if owed {
		d.sendBye(reason)
	}
}
