package sip

import (
	"bytes"
	"fmt"
	"time"

	"hotline/sip/syntax"
)

// answering is a dialog's 2xx of ours and the ACK that it waits for. The dialog's mutex guards it.
type answering struct {
	wait      *ackWait   // nil: no 2xx waits
	taken     chan error // what became of the answer in the first ACK, one deep
	byeOwed   bool       // our BYE waits for the ACK (RFC 3261 15)
	byeReason string
	earlyBye  bool // a BYE has ended the early dialog, whose INVITE still wants its 487
}

// ackWait is one 2xx of ours that waits for its ACK.
type ackWait struct {
	seq      uint32
	offer    bool // the 2xx carries our offer, and the ACK its answer
	first    bool // of the call's INVITE, not of a re-INVITE
	send     func() error
	interval time.Duration
	deadline time.Time
	timer    *time.Timer
}

// stop ends the retransmissions, if there are any.
func (a *answering) stop() {
	if a.wait != nil {
		a.wait.timer.Stop()
		a.wait = nil
	}
}

// awaitACK retransmits a 2xx until its ACK (RFC 3261 13.3.1.4).
func (d *Dialog) awaitACK(seq uint32, offer bool, send func() error) {
	t := d.agent.timers
	w := &ackWait{seq: seq, offer: offer, first: d.invite != nil && d.invite.req.CSeq().SeqNo == seq, send: send, interval: t.T1, deadline: time.Now().Add(t.giveUp())}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer.wait = w
	w.timer = time.AfterFunc(w.interval, func() { d.retransmit(w) })
}

func (d *Dialog) retransmit(w *ackWait) {
	if !d.agent.life.enter() {
		return
	}
	defer d.agent.life.done()
	defer d.agent.life.caught("repeating a 200", d.key.callID, nil)
	d.mu.Lock()
	if d.answer.wait != w {
		d.mu.Unlock()
		return
	}
	left := time.Until(w.deadline)
	if left <= 0 {
		d.answer.wait = nil
		d.mu.Unlock()
		d.step(ackMissing)
		d.sendBye("no ACK")
		return
	}
	w.interval = min(2*w.interval, d.agent.timers.T2)
	w.timer.Reset(min(w.interval, left))
	d.mu.Unlock()
	_ = w.send() // for a lost one there is the next retransmission
}

// evict ends a call that was never acknowledged before its time: another caller needs its place.
func (d *Dialog) evict() {
	if d.invite.final(503, "Too Many Unanswered Calls", "Retry-After: 10") == nil {
		return
	}
	d.mu.Lock()
	waits := d.answer.wait != nil
	d.answer.stop()
	d.mu.Unlock()
	if waits { // else its ACK or its end came meanwhile
		d.step(ackMissing)
		d.sendBye("no ACK")
	}
}

// acknowledged takes the ACK of a 2xx of ours; false when none waits for it. It does not block.
func (d *Dialog) acknowledged(m *syntax.Message) bool {
	d.mu.Lock()
	w := d.answer.wait
	if w == nil || w.seq != m.CSeq.Number {
		d.mu.Unlock()
		return false
	}
	d.answer.stop()
	bye, reason, alive := d.answer.byeOwed, d.answer.byeReason, d.owner.onActivity
	d.answer.byeOwed = false
	d.mu.Unlock()
	if alive != nil {
		alive()
	}
	d.step(ackReceived)
	if w.offer {
		sdp, _ := m.Description()
		d.answerCame(w, bytes.Clone(sdp))
	}
	if bye {
		d.sendBye(reason)
	}
	return true
}

// answerCame hands the answer in an ACK to the owner, when its turn has come: a new offer may be right behind it.
func (d *Dialog) answerCame(w *ackWait, sdp []byte) {
	t := d.order.Behind()
	if !d.agent.life.spawn("answer", d.key.callID, func() {
		defer d.order.Done(t)
		d.order.Wait(t, d.agent.timers.T1, d.agent.life.ctx.Done())
		err := d.takeAnswer(sdp)
		switch {
		case w.first:
			select {
			case d.answer.taken <- err:
			default:
			}
		case err != nil:
			d.agent.log.Info("sip: answer to our offer not taken, the session is as it was", "call", d.key.callID, "error", err.Error())
		}
	}) {
		d.order.Done(t)
	}
}

// takeAnswer gives an answer to the owner; his panic refuses it, not the call.
func (d *Dialog) takeAnswer(sdp []byte) (err error) {
	d.mu.Lock()
	f := d.owner.onAnswer
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
