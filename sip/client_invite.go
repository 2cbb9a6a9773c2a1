package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/digest"
	"hotline/sip/guard"
	"hotline/sip/header"
)

// outcome is the end of a dialled INVITE.
type outcome struct {
	dialog *Dialog
	answer []byte
	err    error
}

// clientInvite is one INVITE of ours under way: it is sent, sent again with what a refusal asks for, cancelled when nobody
// wants it any more, and acknowledged. Dial starts one for each place that it tries. Its own goroutine owns every field.
type clientInvite struct {
	agent       *Agent
	request     DialRequest
	early       *Dialog // the dialog in the making: no remote tag yet
	invite      *gosip.Request
	tx          *gosip.ClientTx
	result      chan outcome // one deep
	credentials *digest.Client
	expires     time.Duration      // the session interval asked for
	longer      bool               // a 422 has made it longer
	pracked     map[string]uint32  // the last RSeq acknowledged, by the tag of the fork
	forks       map[string]*Dialog // early dialogs, by their tags
	expected    *earlyAnswer       // what described the other side so far
	unexpect    func()             // ends the noting of early answers
	decided     chan struct{}      // closed when the INVITE has its end

	provisional bool // a response came: CANCEL is allowed (RFC 3261 9.1)
	abandoned   bool // the caller of Dial has left
	cancelSent  bool
}

// send sends the INVITE, with credentials when there are any.
func (c *clientInvite) send(ctx context.Context, credentials gosip.Header) error {
	req := c.early.request(gosip.INVITE)
	req.AppendHeader(header.New("Allow", guard.Allow))
	req.AppendHeader(header.New("Supported", guard.Supported))
	askSession(req, c.expires, "")
	if t := c.early.path.trunk; t != nil {
		t.Introduce(req, c.request.OnBehalf)
	}
	if credentials != nil {
		req.AppendHeader(credentials)
	}
	req.AppendHeader(header.New("Content-Type", "application/sdp"))
	req.SetBody(c.request.Offer)
	if err := c.agent.transport.Address(ctx, req, c.early.path.hop); err != nil {
		return err
	}
	if c.unexpect != nil {
		c.unexpect()
	}
	c.expected, c.unexpect = c.agent.early.expect(header.Branch(req))
	tx, err := c.early.start(ctx, req, c.again)
	if err != nil {
		return err
	}
	c.invite, c.tx, c.early.credentials = req, tx, credentials
	c.provisional, c.cancelSent = false, false
	return nil
}

// untilFinal owns the INVITE until it has its end: answered, refused, dead, or abandoned and cancelled.
func (c *clientInvite) untilFinal(ctx context.Context) {
	defer close(c.decided)
	defer func() {
		if c.unexpect != nil {
			c.unexpect()
		}
	}()
	if err := c.send(ctx, nil); err != nil {
		c.finish(outcome{err: err})
		return
	}
	c.await(ctx)
}

// await handles what happens to an INVITE that was sent: responses, the end of the context, and its timers.
func (c *clientInvite) await(ctx context.Context) {
	wait := c.request.Dead
	if wait <= 0 {
		wait = c.agent.timers.Dead
	}
	dead := time.NewTimer(wait)
	defer dead.Stop()
	over := time.NewTimer(time.Hour)
	over.Stop()
	defer over.Stop()
	abandon := func(cause error) {
		if c.abandoned {
			return
		}
		c.report(outcome{err: cause})
		c.abandoned = true
		c.sendCancel()
		over.Reset(c.agent.timers.giveUp())
	}
	left, quit := ctx.Done(), c.agent.life.quit
	for {
		select {
		case res := <-c.tx.Responses():
			switch c.response(ctx, res) {
			case done:
				return
			case sentAgain:
				dead.Reset(wait)
			}
		case <-c.tx.Done():
			c.finish(outcome{err: c.timeout()})
			return
		case <-dead.C:
			if !c.provisional {
				abandon(ErrDead)
			}
		case <-left:
			left = nil
			abandon(context.Cause(ctx))
		case <-quit:
			quit = nil
			abandon(ErrStopped)
		case <-over.C:
			c.tx.Terminate()
			c.finish(outcome{err: ErrDead})
			return
		case <-c.agent.life.ctx.Done():
			c.tx.Terminate()
			c.finish(outcome{err: ErrStopped})
			return
		}
	}
}

// timeout is the error of an INVITE without a final answer: the far end was silent, or the transport broke.
func (c *clientInvite) timeout() error {
	if err := c.tx.Err(); err != nil && !c.provisional {
		return fmt.Errorf("%w: %w", ErrTransport, err)
	}
	return ErrDead
}

// progress is what a response means for the INVITE.
type progress uint8

const (
	waits     progress = iota
	sentAgain          // with what a refusal asked for
	done
)

// response handles one answer.
func (c *clientInvite) response(ctx context.Context, res *gosip.Response) progress {
	switch {
	case res.IsProvisional():
		c.provisional = true
		if f := c.fork(res); f != nil {
			c.acknowledge(res, f)
		}
		if c.abandoned {
			c.sendCancel()
		} else if f := c.request.OnProgress; f != nil && res.StatusCode > 100 {
			f(res.StatusCode, header.Description(res))
		}
		c.noteCredentials(res.StatusCode, nil)
		return waits
	case res.IsSuccess():
		c.noteCredentials(res.StatusCode, nil)
		c.succeed(res)
		return done
	}
	err := error(finalError(res))
	if !c.abandoned {
		again, why := c.retry(ctx, res)
		if again {
			return sentAgain
		}
		err = errors.Join(err, why)
	}
	c.noteCredentials(res.StatusCode, err)
	c.finish(outcome{err: err})
	return done
}

// retry sends the INVITE again where a refusal says how: with credentials (RFC 3261 22.2, 22.3) or with a longer
// session interval (RFC 4028 7.3).
func (c *clientInvite) retry(ctx context.Context, res *gosip.Response) (again bool, why error) {
	credentials := c.early.credentials
	switch {
	case digest.Challenged(res.StatusCode):
		if credentials, why = c.credentials.Answer(res, c.invite); why != nil {
			return false, why
		}
	case res.StatusCode == 422 && !c.longer:
		c.longer = true
		if c.expires, why = longerSession(res, c.expires); why != nil {
			return false, why
		}
	case res.StatusCode == 403 && c.credentials.Tried() && !c.showsCaller(): // where it does, the number may be what is refused
		return false, fmt.Errorf("the other side answers 403 to the credentials of %q: %w", c.credentials.User(), ErrCredentials)
	default:
		return false, nil
	}
	why = c.send(ctx, credentials)
	return why == nil, why
}

// showsCaller tells whether the INVITE shows the customer's number.
func (c *clientInvite) showsCaller() bool {
	return c.early.path.trunk != nil && c.request.OnBehalf != (OnBehalf{})
}

// noteCredentials notes on the trunk whether an answer from 101 on means that our credentials were taken.
func (c *clientInvite) noteCredentials(code int, err error) {
	t := c.early.path.trunk
	switch {
	case t == nil || code == 100 || c.abandoned && digest.Challenged(code):
	case errors.Is(err, ErrCredentials):
		words := fmt.Sprintf("a call as %q was refused: %d, %v; check user, password, realm, and by which user the other side finds us (the trunk's setting from)",
			c.early.path.user, code, err)
		t.CallRefused(words)
		c.agent.log.Warn("sip: call refused for its credentials", "trunk", t.Name, "call", c.early.key.callID, "error", words)
	case code < 500 && code != 403 && code != 422: // these say nothing of the credentials
		t.CallTaken()
	}
}

// succeed acknowledges the first 2xx. A call whose 2xx crossed our CANCEL is hung up at once (RFC 3261 9.1, 15).
func (c *clientInvite) succeed(res *gosip.Response) {
	d := c.fork(res)
	if d == nil {
		d = c.newFork(res)
	}
	c.forget(d)
	d.confirm(res)
	d.mu.Lock()
	d.seq.local, d.credentials = c.early.seq.local, c.early.credentials
	answer := d.offers.early
	d.mu.Unlock()
	if answer == nil {
		answer = c.expected.final(res)
	}
	c.agent.calls.remember(d)
	d.step(answerReceived)
	c.early.cancel(nil)
	d.session.heed(res)
	refused := c.answered(d, answer)
	if err := d.sendACK(c.invite.CSeq().SeqNo); err != nil {
		c.agent.log.Warn("sip: ACK not sent", "call", d.key.callID, "error", err.Error())
	}
	if c.abandoned {
		_ = d.Hangup("cancelled")
		return
	}
	if refused != nil {
		_ = d.Hangup("answer not taken")
		c.report(outcome{err: refused})
		return
	}
	c.report(outcome{dialog: d, answer: answer})
}

// answered gives Dial's caller the answer. A panic of his refuses it and ends this call alone.
func (c *clientInvite) answered(d *Dialog, sdp []byte) (err error) {
	if c.abandoned || c.request.OnAnswered == nil {
		return nil
	}
	defer c.agent.life.caught("answer", d.key.callID, func() { err = fmt.Errorf("sip: taking the answer of call %s: panic", d.key.callID) })
	return c.request.OnAnswered(sdp)
}

// confirm fills in what a response with a tag says (RFC 3261 12.1.2).
func (d *Dialog) confirm(res *gosip.Response) {
	d.mu.Lock()
	if d.key.remote == "" {
		d.ends.other.Params = res.To().Params.Clone()
		d.key.remote = header.Tag(res.To().Params)
	}
	d.route.set = header.Routes(res, true)
	if src, err := netip.ParseAddrPort(res.Source()); err == nil {
		d.route.peer = netip.AddrPortFrom(src.Addr().Unmap(), src.Port())
	}
	d.route.viaPeer = len(d.route.set) == 0 && d.path.transport != "UDP"
	d.mu.Unlock()
	d.refresh(res)
}

// again hears 2xx after the first: a retransmission gets our ACK again, the 2xx of another fork gets ACK and BYE
// (RFC 3261 13.2.2.4). sipgo calls it in a goroutine of its own.
func (c *clientInvite) again(res *gosip.Response) {
	if res.To() == nil || res.CSeq() == nil || !c.agent.life.enter() {
		return
	}
	defer c.agent.life.done()
	defer c.agent.life.caught("repeated 2xx", c.early.key.callID, nil)
	select {
	case <-c.decided:
	case <-c.agent.life.ctx.Done():
		return
	}
	seq := res.CSeq().SeqNo
	tag := header.Tag(res.To().Params)
	known := c.agent.calls.dialog(dialogKey{c.early.key.callID, c.early.key.local, tag})
	if known != nil {
		_ = known.sendACK(seq)
		return
	}
	if c.agent.life.isStopped() {
		return
	}
	c.agent.calls.begin()
	stray := c.newFork(res)
	stray.seq.local = seq
	c.agent.calls.remember(stray)
	stray.step(answerReceived)
	_ = stray.sendACK(seq)
	_ = stray.Hangup("answered elsewhere")
}

// sendCancel sends CANCEL once a response allows it (RFC 3261 9.1).
func (c *clientInvite) sendCancel() {
	if !c.provisional || c.cancelSent {
		return
	}
	c.cancelSent = true
	req := c.cancelRequest()
	c.agent.life.spawn("CANCEL", c.early.key.callID, func() {
		tx, err := c.agent.transport.Transaction(c.agent.life.ctx, req, nil)
		if err != nil {
			return
		}
		for {
			select {
			case res := <-tx.Responses():
				if !res.IsProvisional() {
					return
				}
			case <-tx.Done():
				return
			case <-c.agent.life.ctx.Done():
				return
			}
		}
	})
}

// cancelRequest is the INVITE's CANCEL: same Request-URI, Via, Route, From, To, Call-ID and CSeq number (RFC 3261 9.1).
func (c *clientInvite) cancelRequest() *gosip.Request {
	inv := c.invite
	req := gosip.NewRequest(gosip.CANCEL, *inv.Recipient.Clone())
	req.AppendHeader(inv.Via().Clone())
	for _, name := range []string{"Route", "From", "To", "Call-ID", "Max-Forwards"} {
		gosip.CopyHeaders(name, inv, req)
	}
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: inv.CSeq().SeqNo, MethodName: gosip.CANCEL})
	req.SetBody(nil)
	req.SetTransport(inv.Transport())
	req.SetDestination(inv.Destination())
	req.Laddr = inv.Laddr
	return req
}

// report tells Dial's caller, once.
func (c *clientInvite) report(o outcome) {
	select {
	case c.result <- o:
	default:
	}
}

// finish ends an INVITE that made no dialog.
func (c *clientInvite) finish(o outcome) {
	c.forget(nil)
	c.agent.calls.end()
	c.early.cancel(o.err)
	c.report(o)
}
