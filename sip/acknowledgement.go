package sip

import (
	"bytes"
	"time"

	"hotline/sip/syntax"
)

// answering is a 2xx of ours in a dialog and the ACK that it waits for. The dialog's mutex guards the fields; the methods lock
// it, except stop.
type answering struct {
	dialog    *Dialog
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

// stop ends the retransmissions, if there are any; the dialog's mutex is held.
func (a *answering) stop() {
	if a.wait != nil {
		a.wait.timer.Stop()
		a.wait = nil
	}
}

// await retransmits a 2xx until its ACK (RFC 3261 13.3.1.4); offer tells that it carries our offer.
func (a *answering) await(seq uint32, offer bool, send func() error) {
	d, t := a.dialog, a.dialog.agent.timers
	w := &ackWait{seq: seq, offer: offer, first: d.invite != nil && d.invite.req.CSeq().SeqNo == seq, send: send, interval: t.T1, deadline: time.Now().Add(t.giveUp())}
	d.mu.Lock()
	defer d.mu.Unlock()
	a.wait = w
	w.timer = time.AfterFunc(w.interval, func() { a.retransmit(w) })
}

func (a *answering) retransmit(w *ackWait) {
	d := a.dialog
	if !d.agent.life.enter() {
		return
	}
	defer d.agent.life.done()
	defer d.agent.life.caught("repeating a 200", d.key.callID, nil)
	d.mu.Lock()
	if a.wait != w {
		d.mu.Unlock()
		return
	}
	left := time.Until(w.deadline)
	if left <= 0 {
		a.wait = nil
		d.mu.Unlock()
		d.giveUpACK()
		return
	}
	w.interval = min(2*w.interval, d.agent.timers.T2)
	w.timer.Reset(min(w.interval, left))
	d.mu.Unlock()
	_ = w.send() // for a lost one there is the next retransmission
}

// giveUpACK ends a call whose 2xx was not acknowledged.
func (d *Dialog) giveUpACK() {
	d.step(ackMissing)
	d.sendBye("no ACK")
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
		d.giveUpACK()
	}
}

// acknowledged takes the ACK of a 2xx of ours; false when none waits for it. It does not block.
func (a *answering) acknowledged(m *syntax.Message) bool {
	d := a.dialog
	d.mu.Lock()
	w := a.wait
	if w == nil || w.seq != m.CSeq.Number {
		d.mu.Unlock()
		return false
	}
	a.stop()
	bye, reason := a.byeOwed, a.byeReason
	a.byeOwed = false
	d.mu.Unlock()
	d.owner.alive()
	d.step(ackReceived)
	if w.offer {
		sdp, _ := m.Description()
		a.handOver(w, bytes.Clone(sdp))
	}
	if bye {
		d.sendBye(reason)
	}
	return true
}

// handOver gives the answer in an ACK to the owner, when its turn has come: a new offer may be right behind it.
func (a *answering) handOver(w *ackWait, sdp []byte) {
	d := a.dialog
	t := d.order.Behind()
	if !d.agent.life.spawn("answer", d.key.callID, func() {
		defer d.order.Done(t)
		d.order.Wait(t, d.agent.timers.T1, d.agent.life.ctx.Done())
		err := d.owner.takeAnswer(sdp)
		switch {
		case w.first:
			select {
			case a.taken <- err:
			default:
			}
		case err != nil:
			d.agent.log.Info("sip: answer to our offer not taken, the session is as it was", "call", d.key.callID, "error", err.Error())
		}
	}) {
		d.order.Done(t)
	}
}
