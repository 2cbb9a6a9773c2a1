package sip

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/turns"
)

// Dialog is one answered call, whoever called. Its context ends with the call and
// the context's cause is the ending. All methods are safe for concurrent use.
type Dialog struct {
	agent  *Agent
	key    dialogKey
	invite *Invite // of a call that came in
	ctx    context.Context
	cancel context.CancelCauseFunc
	acks   chan error    // what became of the answer in the first ACK, one deep
	turn   chan struct{} // one re-INVITE of ours at a time
	turns  turns.Queue   // of the other side's requests

	// Fixed when the dialog is made.
	self      gosip.FromHeader // we, with our tag
	other     gosip.ToHeader   // they, with theirs
	transport string
	at        netip.AddrPort // our address in Contact
	local     netip.AddrPort // our socket
	stranger  bool           // nobody vouches for him: what he says of routes and targets may be a victim's
	user      string         // of our Contact
	hop       hop            // where our requests went so far; zero for a call that came in
	trunk     *trunk         // nil without one

	mu         sync.Mutex
	state      state
	routes     []gosip.Uri
	viaPeer    bool           // send to peer, not to target: a connection, or behind NAT
	replies    *replies       // of a call of ours that rings
	latest     []byte         // the offer of the other side that was answered while it rang
	target     gosip.Uri      // remote target (RFC 3261 12.1)
	peer       netip.AddrPort // where their messages come from
	localSeq   uint32
	remoteSeq  uint32
	remoteSeen bool
	wait       *ackWait
	byeOwed    bool // our BYE waits for the ACK (RFC 3261 15)
	byeReason  string
	earlyBye   bool
	inviting   bool // a re-INVITE of ours is under way
	ended      bool // counted out
	onReinvite func(offer []byte) ([]byte, error)
	onInfo     func(contentType string, body []byte) (understood bool)
	onAnswer   func(answer []byte) error
	onActivity func()
	session    sessionTimer
	reliable   *reliable
	// credentials are those that the last INVITE was taken with. Our INVITEs are one at a time, and so is their use.
	credentials gosip.Header
}

// Option sets a dialog up before anything can reach it.
type Option func(*Dialog)

// OnReinvite answers the other side's new offers (hold, resume, a moved address).
// A nil offer asks for ours; an error refuses with 488 and the call goes on.
func OnReinvite(f func(offer []byte) (answer []byte, err error)) Option {
	return func(d *Dialog) { d.OnReinvite(f) }
}

// OnAnswer takes the other side's answer to an offer of ours: that of an answer to a call without one, or one that
// OnReinvite gave, for a re-INVITE without an offer or a session timer's refresh. It is called in the order of the wire.
func OnAnswer(f func(answer []byte) error) Option {
	return func(d *Dialog) { d.mu.Lock(); d.onAnswer = f; d.mu.Unlock() }
}

// OnInfo hears the bodies of INFO requests, with their content types in small letters and without parameters. What it does
// not understand is refused with 415. It must not block.
func OnInfo(f func(contentType string, body []byte) (understood bool)) Option {
	return func(d *Dialog) { d.mu.Lock(); d.onInfo = f; d.mu.Unlock() }
}

// OnActivity is called at every request inside the dialog, the ACK of an answer too: the other side lives. It must not
// block.
func OnActivity(f func()) Option {
	return func(d *Dialog) { d.mu.Lock(); d.onActivity = f; d.mu.Unlock() }
}

// OnReinvite replaces the answer to the other side's new offers; see the option.
func (d *Dialog) OnReinvite(f func(offer []byte) (answer []byte, err error)) {
	d.mu.Lock()
	d.onReinvite = f
	d.mu.Unlock()
}

// Context ends with the call; context.Cause of it is one of this package's errors.
func (d *Dialog) Context() context.Context { return d.ctx }

// ID is the Call-ID.
func (d *Dialog) ID() string { return d.key.callID }

// Answered yields, once, what OnAnswer has made of the answer to the offer in our 200; [ErrNoAnswer] where the ACK
// brought none.
func (d *Dialog) Answered() <-chan error { return d.acks }

// Remote is where the other side's messages come from.
func (d *Dialog) Remote() netip.AddrPort {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.peer
}

// uasDialog is the dialog of a call that came in (RFC 3261 12.1.1).
func (a *Agent) uasDialog(in *Invite, tag string) *Dialog {
	req := in.req
	to, from := req.To(), req.From()
	d := a.newDialog(dialogKey{in.ID, tag, tagOf(from.Params)})
	d.invite = in
	d.self = to.AsFrom()
	d.self.Params.Add("tag", tag)
	if d.other = from.AsTo(); d.key.remote == "" {
		d.other.Params.Remove("tag") // a caller of RFC 2543: a tag of null (RFC 3261 12.1.1)
	}
	d.routes = routesOf(req, false)
	d.transport, d.peer, d.at, d.local = in.Transport, in.Source, in.Local, in.entry.origin.local
	d.remoteSeq, d.remoteSeen = req.CSeq().SeqNo, true
	d.user = in.Number
	d.target = from.Address
	if c := req.Contact(); c != nil {
		d.target = *c.Address.Clone()
	}
	d.viaPeer = len(d.routes) == 0 && (d.transport != "UDP" || behindNAT(req.Via(), in.Source))
	d.trunk, d.stranger = a.trunkOf(in.Source.Addr()), in.Stranger
	return d
}

// behindNAT tells whether a request came from elsewhere than its Via says.
func behindNAT(via *gosip.ViaHeader, from netip.AddrPort) bool {
	ip, err := netip.ParseAddr(via.Host)
	return err == nil && ip.Unmap() != from.Addr()
}

func (a *Agent) newDialog(key dialogKey) *Dialog {
	d := &Dialog{agent: a, key: key, acks: make(chan error, 1), turn: make(chan struct{}, 1)}
	d.ctx, d.cancel = context.WithCancelCause(a.ctx)
	return d
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
	d.earlyBye = m.from == ringing && ev == byeReceived
	if m.to == ended && ev != byeSent && d.wait != nil {
		d.wait.timer.Stop()
		d.wait = nil
	}
	if m.to == ended {
		d.stopSession()
	}
	last := m.to == ended && !d.ended
	d.ended = d.ended || last
	d.mu.Unlock()
	if last {
		d.cancel(m.cause)
		d.leave()
	}
	return m, true
}

// leave counts the call out and lets it be forgotten in a while.
func (d *Dialog) leave() {
	if d.invite != nil {
		d.agent.closeEntry(d.invite.entry)
	} else {
		d.agent.mu.Lock()
		d.agent.leave()
		d.agent.mu.Unlock()
	}
	d.agent.retire(d)
}

func (d *Dialog) contact() gosip.Header { return contact(d.user, d.at, d.transport) }

// knows tells whether an address may speak for the other side on UDP.
func (d *Dialog) knows(from netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.peer.Addr() == from
}

// ackWait is one 2xx of ours that waits for its ACK.
type ackWait struct {
	seq      uint32
	answer   bool // the ACK carries the answer to our offer
	first    bool // of the call's INVITE, not of a re-INVITE
	send     func() error
	interval time.Duration
	deadline time.Time
	timer    *time.Timer
}

// awaitACK repeats a 2xx until its ACK (RFC 3261 13.3.1.4).
func (d *Dialog) awaitACK(seq uint32, answer bool, send func() error) {
	t := d.agent.timers
	w := &ackWait{seq: seq, answer: answer, first: d.invite != nil && d.invite.req.CSeq().SeqNo == seq, send: send, interval: t.T1, deadline: time.Now().Add(t.giveUp())}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wait = w
	w.timer = time.AfterFunc(w.interval, func() { d.repeat(w) })
}

func (d *Dialog) repeat(w *ackWait) {
	if !d.agent.enter() {
		return
	}
	defer d.agent.done()
	defer d.agent.caught("repeating a 200", d.key.callID, nil)
	d.mu.Lock()
	if d.wait != w {
		d.mu.Unlock()
		return
	}
	left := time.Until(w.deadline)
	if left <= 0 {
		d.wait = nil
		d.mu.Unlock()
		d.step(ackMissing)
		d.sendBye("no ACK")
		return
	}
	w.interval = min(2*w.interval, d.agent.timers.T2)
	w.timer.Reset(min(w.interval, left))
	d.mu.Unlock()
	_ = w.send() // a lost answer is what the next repeat is for
}

// evict ends a call that was never acknowledged before its time: another caller needs its place.
func (d *Dialog) evict() {
	if d.invite.final(503, "Too Many Unanswered Calls", "Retry-After: 10") == nil {
		return
	}
	d.mu.Lock()
	w := d.wait
	if w == nil { // its ACK or its end came meanwhile
		d.mu.Unlock()
		return
	}
	w.timer.Stop()
	d.wait = nil
	d.mu.Unlock()
	d.step(ackMissing)
	d.sendBye("no ACK")
}

// acknowledged is the ACK of a 2xx of ours; false when none waits for it. It does
// not block.
func (d *Dialog) acknowledged(e *envelope) bool {
	d.mu.Lock()
	w := d.wait
	if w == nil || w.seq != e.seq {
		d.mu.Unlock()
		return false
	}
	w.timer.Stop()
	d.wait = nil
	bye, reason, alive := d.byeOwed, d.byeReason, d.onActivity
	d.byeOwed = false
	d.mu.Unlock()
	if alive != nil {
		alive()
	}
	d.step(ackReceived)
	if w.answer {
		sdp, _ := e.description()
		d.answerCame(w, bytes.Clone(sdp))
	}
	if bye {
		d.sendBye(reason)
	}
	return true
}

// answerCame hands the answer in an ACK to the owner, when its turn has come: a new offer may be right behind it.
func (d *Dialog) answerCame(w *ackWait, sdp []byte) {
	t := d.turns.Behind()
	if !d.agent.spawn("answer", d.key.callID, func() {
		defer d.turns.Done(t)
		d.turns.Wait(t, d.agent.timers.T1, d.agent.ctx.Done())
		err := d.answered(sdp)
		switch {
		case w.first:
			select {
			case d.acks <- err:
			default:
			}
		case err != nil:
			d.agent.log.Info("sip: answer to our offer not taken, the session is as it was", "call", d.key.callID, "error", err.Error())
		}
	}) {
		d.turns.Done(t)
	}
}

// answered puts an answer to the owner; his panic refuses it, not the call.
func (d *Dialog) answered(sdp []byte) (err error) {
	d.mu.Lock()
	f := d.onAnswer
	d.mu.Unlock()
	switch {
	case len(sdp) == 0:
		return fmt.Errorf("sip: call %s: %w", d.key.callID, ErrNoAnswer)
	case f == nil:
		return nil
	}
	defer d.agent.caught("answer", d.key.callID, func() { err = fmt.Errorf("sip: taking an answer in call %s: panic", d.key.callID) })
	return f(sdp)
}

// Hangup ends the call: the context ends at once with [ErrLocalBye], the BYE goes
// out now or, when our 200 still waits for its ACK, right after it (RFC 3261 15).
// reason, when not empty, is told to the other side. Idempotent: a call that has
// ended gives nil.
func (d *Dialog) Hangup(reason string) error {
	m, ok := d.step(byeSent)
	if !ok {
		return nil
	}
	d.mu.Lock()
	if m.from == answered && d.wait != nil {
		d.byeOwed, d.byeReason = true, reason
		d.mu.Unlock()
		return nil
	}
	d.mu.Unlock()
	if !d.sendBye(reason) {
		return fmt.Errorf("sip: hanging up call %s: %w", d.key.callID, ErrStopped)
	}
	return nil
}

// sendBye sends BYE in the background; whatever answers it, the call is over.
func (d *Dialog) sendBye(reason string) bool {
	return d.agent.spawn("BYE", d.key.callID, func() {
		ctx, stop := context.WithTimeout(d.agent.ctx, d.agent.timers.giveUp())
		defer stop()
		_, err := d.do(ctx, gosip.BYE, func(req *gosip.Request) {
			if reason != "" {
				req.AppendHeader(header("Reason", `SIP;text="`+printable(reason)+`"`)) // RFC 3326
			}
		})
		if err != nil {
			d.agent.log.Debug("sip: BYE", "call", d.key.callID, "error", err.Error())
		}
	})
}

// shut ends the dialog when the agent stops: 503 for what rings, BYE for the rest
// without waiting for an ACK that may never come.
func (d *Dialog) shut() {
	if d.invite != nil && d.invite.final(503, "Service Unavailable") == nil {
		return
	}
	_ = d.Hangup("shutting down")
	d.mu.Lock()
	owed, reason := d.byeOwed, d.byeReason
	d.byeOwed = false
	if owed && d.wait != nil {
		d.wait.timer.Stop()
		d.wait = nil
	}
	d.mu.Unlock()
	if owed {
		d.sendBye(reason)
	}
}
