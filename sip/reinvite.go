package sip

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/guard"
	"hotline/sip/header"
)

// New offers inside a dialog: those of the other side by re-INVITE and UPDATE, which serve.go hands over, and ours by
// Reinvite.

// reinvited answers a new offer inside the dialog. Whatever goes wrong, the call keeps the session it had (RFC 3261 14.2).
func (n *negotiation) reinvited(req *gosip.Request, tx *gosip.ServerTx) {
	d, a := n.dialog, n.dialog.agent
	d.mu.Lock()
	over := d.state == ended
	d.mu.Unlock()
	if over {
		a.unknown(req, tx)
		return
	}
	offer := header.Description(req)
	if !n.timely(req, tx, offer != nil) {
		return
	}
	answer, err := d.owner.answerTo(offer)
	if err != nil {
		n.refuse(req, tx, err)
		return
	}
	res := a.response(req, 200, "OK", "", answer)
	res.AppendHeader(d.contact())
	res.AppendHeader(header.New("Allow", guard.Allow))
	res.AppendHeader(header.New("Supported", guard.Supported))
	d.session.agree(req, res)
	header.MarkSDP(res, answer)
	d.answer.await(req.CSeq().SeqNo, offer == nil, func() error { return tx.Respond(res) })
	_ = tx.Respond(res)
}

// updated answers UPDATE: with SDP like a re-INVITE, without as a sign of life (RFC 3311 5.2).
func (n *negotiation) updated(req *gosip.Request, tx *gosip.ServerTx) {
	d := n.dialog
	d.mu.Lock()
	over, rings := d.state == ended, d.state == ringing
	d.mu.Unlock()
	if over {
		d.agent.unknown(req, tx)
		return
	}
	offer := header.Description(req)
	if !n.timely(req, tx, offer != nil) {
		return
	}
	var answer []byte
	if offer != nil {
		var err error
		if answer, err = d.owner.answerTo(offer); err != nil {
			n.refuse(req, tx, err)
			return
		}
	}
	if offer != nil && rings {
		d.mu.Lock()
		n.early = bytes.Clone(offer)
		d.mu.Unlock()
	}
	res := d.agent.response(req, 200, "OK", "", answer)
	res.AppendHeader(d.contact())
	if !rings && header.Value(req, "Session-Expires", "x") != "" {
		d.session.agree(req, res)
	}
	header.MarkSDP(res, answer)
	_ = tx.Respond(res)
}

// Reinvite offers a new session and returns the answer, acknowledged. When the other side's re-INVITE crosses ours (491), it is
// tried again after the RFC's random pause, three times at most. A refusal is a [*FinalError] and leaves the call as it was.
// When the call is over, the error is the cause of [Dialog.Context].
func (d *Dialog) Reinvite(ctx context.Context, offer []byte) (answer []byte, err error) {
	return d.offers.reinvite(ctx, offer)
}

func (n *negotiation) reinvite(ctx context.Context, offer []byte) (answer []byte, err error) {
	d := n.dialog
	failed := func(cause error) error { return fmt.Errorf("sip: re-INVITE in call %s: %w", d.key.callID, cause) }
	select {
	case n.turn <- struct{}{}:
		defer func() { <-n.turn }()
	case <-ctx.Done():
		return nil, failed(context.Cause(ctx))
	}
	for range 4 {
		if cause := context.Cause(d.ctx); cause != nil {
			return nil, failed(cause)
		}
		res, answer, err := n.offer(ctx, offer)
		switch {
		case err != nil:
			return nil, err
		case res.IsSuccess():
			return answer, nil
		case res.StatusCode != 491:
			return nil, finalError(res)
		}
		select {
		case <-time.After(n.glarePause()):
		case <-d.ctx.Done():
		case <-ctx.Done():
			return nil, failed(context.Cause(ctx))
		}
	}
	return nil, failed(ErrGlare)
}

// glarePause is 2.1 to 4 s for who made the Call-ID, 0 to 2 s for the other, in steps of 10 ms (RFC 3261 14.1).
func (n *negotiation) glarePause() time.Duration {
	if n.dialog.invite == nil {
		return 2100*time.Millisecond + time.Duration(rand.IntN(191))*10*time.Millisecond
	}
	return time.Duration(rand.IntN(201)) * 10 * time.Millisecond
}

// offer sends one re-INVITE, acknowledges its 2xx and gives its answer.
func (n *negotiation) offer(ctx context.Context, sdp []byte) (*gosip.Response, []byte, error) {
	d := n.dialog
	n.setInviting(true)
	defer n.setInviting(false)
	both, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(d.ctx, func() { stop(context.Cause(d.ctx)) })()
	d.mu.Lock()
	every, ours := d.session.every, d.session.ours
	d.mu.Unlock()
	r := &reinvite{dialog: d, again: func(again *gosip.Response) {
		if c := again.CSeq(); c != nil {
			_ = d.sendACK(c.SeqNo)
		}
	}}
	res, err := d.send(both, gosip.INVITE, func(req *gosip.Request) {
		req.AppendHeader(header.New("Content-Type", "application/sdp"))
		req.AppendHeader(header.New("Allow", guard.Allow))
		req.AppendHeader(header.New("Supported", guard.Supported))
		if every > 0 {
			askSession(req, every, refresherOf(ours))
		}
		req.SetBody(sdp)
	}, r)
	if err != nil || !res.IsSuccess() {
		return res, nil, err
	}
	d.refresh(res)
	d.session.heed(res)
	return res, r.early.final(res), d.sendACK(res.CSeq().SeqNo)
}

func (n *negotiation) setInviting(on bool) {
	n.dialog.mu.Lock()
	n.inviting = on
	n.dialog.mu.Unlock()
}

// reinvite is a re-INVITE of ours under way.
type reinvite struct {
	dialog  *Dialog
	again   func(*gosip.Response) // hears retransmitted 2xx
	early   *earlyAnswer
	pracked uint32 // the last RSeq acknowledged
}

// provisional acknowledges one that came reliably (RFC 3262 section 4).
func (r *reinvite) provisional(req *gosip.Request, res *gosip.Response) {
	number, ok := reliableNumber(res)
	if !ok || number <= r.pracked {
		return
	}
	r.pracked = number
	d := r.dialog
	rack := fmt.Sprintf("%d %d INVITE", number, req.CSeq().SeqNo)
	d.agent.life.spawn("PRACK", d.key.callID, func() {
		ctx, stop := context.WithTimeout(d.agent.life.ctx, d.agent.timers.giveUp())
		defer stop()
		if _, err := d.do(ctx, gosip.PRACK, func(req *gosip.Request) { req.AppendHeader(header.New("RAck", rack)) }); err != nil {
			d.agent.log.Debug("sip: PRACK", "call", d.key.callID, "error", err.Error())
		}
	})
}

// refresherOf names the refresher from the side of who sends a request.
func refresherOf(ours bool) string {
	if ours {
		return "uac"
	}
	return "uas"
}

// refresh learns the remote target of a 2xx (RFC 3261 12.2.1.2).
func (d *Dialog) refresh(res *gosip.Response) {
	c := res.Contact()
	if c == nil {
		return
	}
	d.mu.Lock()
	d.route.target = *c.Address.Clone()
	d.mu.Unlock()
}

// sendACK acknowledges a 2xx; it is a transaction of its own and may be repeated
// (RFC 3261 13.2.2.4).
func (d *Dialog) sendACK(seq uint32) error {
	d.mu.Lock()
	target := d.route.target
	d.mu.Unlock()
	ack := d.requestWith(gosip.ACK, seq, target)
	if d.credentials != nil {
		ack.AppendHeader(d.credentials) // RFC 3261 22.1: the ACK carries the INVITE's
	}
	if err := d.routeRequest(d.agent.life.ctx, ack); err != nil {
		return err
	}
	if err := d.agent.transport.Write(ack); err != nil {
		return fmt.Errorf("sip: ACK of call %s: %w: %w", d.key.callID, ErrTransport, err)
	}
	return nil
}
