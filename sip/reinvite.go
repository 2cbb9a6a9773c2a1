package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// reinvited answers a new offer inside the dialog. Whatever goes wrong, the call
// keeps the session it had (RFC 3261 14.2).
func (d *Dialog) reinvited(req *gosip.Request, tx *gosip.ServerTx) {
	a := d.agent
	d.mu.Lock()
	now, busy, crossing, f := d.state, d.wait != nil, d.inviting, d.onReinvite
	d.mu.Unlock()
	switch {
	case now == ended:
		_ = tx.Respond(a.response(req, 481, "Call/Transaction Does Not Exist", "", nil))
		return
	case crossing:
		_ = tx.Respond(a.response(req, 491, "Request Pending", "", nil)) // RFC 3261 14.2
		return
	case now == ringing || busy:
		res := a.response(req, 500, "Earlier Offer Pending", "", nil) // RFC 3261 14.2
		res.AppendHeader(header("Retry-After", fmt.Sprint(rand.IntN(10))))
		_ = tx.Respond(res)
		return
	}
	answer, err := d.ask(f, req.Body())
	if err != nil {
		a.log.Info("sip: re-INVITE refused", "call", d.key.callID, "error", err.Error())
		_ = tx.Respond(a.response(req, 488, "Not Acceptable Here", "", nil))
		return
	}
	res := a.response(req, 200, "OK", "", answer)
	res.AppendHeader(d.contact())
	res.AppendHeader(header("Allow", allow))
	res.AppendHeader(header("Supported", supported))
	d.agreeSession(req, res)
	withSDP(res, answer)
	d.awaitACK(req.CSeq().SeqNo, len(req.Body()) == 0, func() error { return tx.Respond(res) })
	_ = tx.Respond(res)
}

// ask puts an offer to the owner; its panic refuses the offer, not the call.
func (d *Dialog) ask(f func([]byte) ([]byte, error), offer []byte) (answer []byte, err error) {
	if f == nil {
		return nil, fmt.Errorf("sip: nobody takes new offers in call %s", d.key.callID)
	}
	defer d.agent.caught("re-INVITE", d.key.callID, func() {
		answer, err = nil, fmt.Errorf("sip: answering a new offer in call %s: panic", d.key.callID)
	})
	if len(offer) == 0 {
		offer = nil
	}
	return f(offer)
}

// updated answers UPDATE: with SDP like a re-INVITE, without as a sign of life
// (RFC 3311 5.2).
func (d *Dialog) updated(req *gosip.Request, tx *gosip.ServerTx) {
	d.mu.Lock()
	f := d.onReinvite
	d.mu.Unlock()
	var answer []byte
	if len(req.Body()) > 0 {
		var err error
		if answer, err = d.ask(f, req.Body()); err != nil {
			_ = tx.Respond(d.agent.response(req, 488, "Not Acceptable Here", "", nil))
			return
		}
	}
	res := d.agent.response(req, 200, "OK", "", answer)
	res.AppendHeader(d.contact())
	if headerOf(req, "Session-Expires", "x") != "" {
		d.agreeSession(req, res)
	}
	withSDP(res, answer)
	_ = tx.Respond(res)
}

// Reinvite offers a new session and returns the answer, acknowledged. When the
// other side's re-INVITE crosses ours (491), it is tried again after the RFC's
// random pause, three times at most. A refusal is a [*FinalError] and leaves the
// call as it was; [Dialog.Context]'s cause when the call is over.
func (d *Dialog) Reinvite(ctx context.Context, offer []byte) (answer []byte, err error) {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("sip: re-INVITE in call %s: %w", d.key.callID, context.Cause(ctx))
	}
	for range 4 {
		if cause := context.Cause(d.ctx); cause != nil {
			return nil, fmt.Errorf("sip: re-INVITE in call %s: %w", d.key.callID, cause)
		}
		res, err := d.offer(ctx, offer)
		switch {
		case err != nil:
			return nil, err
		case res.IsSuccess():
			return res.Body(), nil
		case res.StatusCode != 491:
			return nil, &FinalError{res.StatusCode, printable(res.Reason)}
		}
		select {
		case <-time.After(d.glarePause()):
		case <-d.ctx.Done():
		case <-ctx.Done():
			return nil, fmt.Errorf("sip: re-INVITE in call %s: %w", d.key.callID, context.Cause(ctx))
		}
	}
	return nil, fmt.Errorf("sip: re-INVITE in call %s: %w", d.key.callID, ErrGlare)
}

// glarePause is 2.1 to 4 s for who made the Call-ID, 0 to 2 s for the other, in
// steps of 10 ms (RFC 3261 14.1).
func (d *Dialog) glarePause() time.Duration {
	if d.invite == nil {
		return 2100*time.Millisecond + time.Duration(rand.IntN(191))*10*time.Millisecond
	}
	return time.Duration(rand.IntN(201)) * 10 * time.Millisecond
}

// offer sends one re-INVITE and acknowledges its 2xx.
func (d *Dialog) offer(ctx context.Context, sdp []byte) (*gosip.Response, error) {
	d.setInviting(true)
	defer d.setInviting(false)
	both, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(d.ctx, func() { stop(context.Cause(d.ctx)) })()
	d.mu.Lock()
	every, ours := d.session.every, d.session.ours
	d.mu.Unlock()
	res, err := d.send(both, gosip.INVITE, func(req *gosip.Request) {
		req.AppendHeader(header("Content-Type", "application/sdp"))
		req.AppendHeader(header("Allow", allow))
		req.AppendHeader(header("Supported", supported))
		if every > 0 {
			askSession(req, every, refresherOf(ours))
		}
		req.SetBody(sdp)
	}, func(again *gosip.Response) {
		if c := again.CSeq(); c != nil {
			_ = d.sendACK(c.SeqNo)
		}
	})
	if err != nil || !res.IsSuccess() {
		return res, err
	}
	d.refresh(res)
	d.heedSession(res)
	return res, d.sendACK(res.CSeq().SeqNo)
}

// refresherOf names the refresher from the side of who sends a request.
func refresherOf(ours bool) string {
	if ours {
		return "uac"
	}
	return "uas"
}

func (d *Dialog) setInviting(on bool) {
	d.mu.Lock()
	d.inviting = on
	d.mu.Unlock()
}

// refresh learns the remote target of a 2xx (RFC 3261 12.2.1.2).
func (d *Dialog) refresh(res *gosip.Response) {
	c := res.Contact()
	if c == nil {
		return
	}
	d.mu.Lock()
	d.target = *c.Address.Clone()
	d.mu.Unlock()
}

// sendACK acknowledges a 2xx; it is a transaction of its own and may be repeated
// (RFC 3261 13.2.2.4).
func (d *Dialog) sendACK(seq uint32) error {
	d.mu.Lock()
	target := d.target
	d.mu.Unlock()
	ack := d.requestWith(gosip.ACK, seq, target)
	if d.credentials != nil {
		ack.AppendHeader(d.credentials) // RFC 3261 22.1: the ACK carries the INVITE's
	}
	if err := d.routeRequest(d.agent.ctx, ack); err != nil {
		return err
	}
	if err := d.agent.send(func() error { return d.agent.tpl.WriteMsg(ack) }); err != nil {
		return fmt.Errorf("sip: ACK of call %s: %w: %w", d.key.callID, ErrTransport, err)
	}
	return nil
}
