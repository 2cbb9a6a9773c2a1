package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// outcome is the end of a dialled INVITE.
type outcome struct {
	dialog *Dialog
	answer []byte
	err    error
}

// dialling is one INVITE of ours under way; its own goroutine owns every field.
type dialling struct {
	agent   *Agent
	request DialRequest
	early   *Dialog // the dialog in the making: no remote tag yet
	invite  *gosip.Request
	tx      *gosip.ClientTx
	result  chan outcome // one deep
	proof   proof
	expires time.Duration      // the session interval asked for
	longer  bool               // a 422 has made it longer
	pracked map[string]uint32  // the last RSeq acknowledged, by the tag of the fork
	forks   map[string]*Dialog // early dialogs, by their tags
	replies *replies           // what described the other side so far
	unheard func()             // ends the listening for replies
	decided chan struct{}      // closed when run is over

	provisional bool // a response came: CANCEL is allowed (RFC 3261 9.1)
	abandoned   bool // the caller of Dial has left
	cancelSent  bool
}

// send sends the INVITE, with credentials when there are any.
func (g *dialling) send(ctx context.Context, credentials gosip.Header) error {
	req := g.early.request(gosip.INVITE)
	req.AppendHeader(header("Allow", allow))
	req.AppendHeader(header("Supported", supported))
	askSession(req, g.expires, "")
	g.request.introduce(req, g.early.trunk)
	if credentials != nil {
		req.AppendHeader(credentials)
	}
	req.AppendHeader(header("Content-Type", "application/sdp"))
	req.SetBody(g.request.Offer)
	if err := g.agent.address(ctx, req, g.early.hop); err != nil {
		return err
	}
	if g.unheard != nil {
		g.unheard()
	}
	g.replies, g.unheard = g.agent.listen(branchOf(req))
	tx, err := g.early.start(ctx, req, g.again)
	if err != nil {
		return err
	}
	g.invite, g.tx, g.early.credentials = req, tx, credentials
	g.provisional, g.cancelSent = false, false
	return nil
}

// run owns the INVITE until it has its end: answered, refused, dead, or abandoned
// and taken back.
func (g *dialling) run(ctx context.Context) {
	defer close(g.decided)
	defer func() {
		if g.unheard != nil {
			g.unheard()
		}
	}()
	if err := g.send(ctx, nil); err != nil {
		g.finish(outcome{err: err})
		return
	}
	wait := g.request.Dead
	if wait <= 0 {
		wait = g.agent.timers.Dead
	}
	dead := time.NewTimer(wait)
	defer dead.Stop()
	over := time.NewTimer(time.Hour)
	over.Stop()
	defer over.Stop()
	give := func(cause error) {
		if g.abandoned {
			return
		}
		g.report(outcome{err: cause})
		g.abandoned = true
		g.takeBack()
		over.Reset(g.agent.timers.giveUp())
	}
	left, quit := ctx.Done(), g.agent.quit
	for {
		select {
		case res := <-g.tx.Responses():
			switch g.response(ctx, res) {
			case done:
				return
			case anew:
				dead.Reset(wait)
			}
		case <-g.tx.Done():
			g.finish(outcome{err: g.timeout()})
			return
		case <-dead.C:
			if !g.provisional {
				give(ErrDead)
			}
		case <-left:
			left = nil
			give(context.Cause(ctx))
		case <-quit:
			quit = nil
			give(ErrStopped)
		case <-over.C:
			g.tx.Terminate()
			g.finish(outcome{err: ErrDead})
			return
		case <-g.agent.ctx.Done():
			g.tx.Terminate()
			g.finish(outcome{err: ErrStopped})
			return
		}
	}
}

// timeout tells a silent far end from a broken transport.
func (g *dialling) timeout() error {
	if err := g.tx.Err(); err != nil && !g.provisional {
		return fmt.Errorf("%w: %w", ErrTransport, err)
	}
	return ErrDead
}

// progress is what a response means for the INVITE.
type progress uint8

const (
	waits progress = iota
	anew           // it was sent again
	done
)

// response handles one answer.
func (g *dialling) response(ctx context.Context, res *gosip.Response) progress {
	switch {
	case res.IsProvisional():
		g.provisional = true
		if f := g.fork(res); f != nil {
			g.acknowledge(res, f)
		}
		if g.abandoned {
			g.takeBack()
		} else if f := g.request.OnProgress; f != nil && res.StatusCode > 100 {
			f(res.StatusCode, descriptionOf(res))
		}
		g.credited(res.StatusCode, nil)
		return waits
	case res.IsSuccess():
		g.credited(res.StatusCode, nil)
		g.succeed(res)
		return done
	}
	err := error(&FinalError{res.StatusCode, printable(res.Reason)})
	if !g.abandoned {
		again, why := g.retry(ctx, res)
		if again {
			return anew
		}
		err = errors.Join(err, why)
	}
	g.credited(res.StatusCode, err)
	g.finish(outcome{err: err})
	return done
}

// retry sends the INVITE again where a refusal says how: with credentials (RFC 3261 22.2, 22.3) or with a longer
// session interval (RFC 4028 7.3).
func (g *dialling) retry(ctx context.Context, res *gosip.Response) (again bool, why error) {
	credentials := g.early.credentials
	switch {
	case challenged(res):
		if credentials, why = g.proof.answer(res, g.invite); why != nil {
			return false, why
		}
	case res.StatusCode == 422 && !g.longer:
		g.longer = true
		if g.expires, why = longer(res, g.expires); why != nil {
			return false, why
		}
	case res.StatusCode == 403 && g.proof.tries > 0:
		return false, fmt.Errorf("the other side answers 403 to the credentials of %q: %w", g.proof.account.User, ErrCredentials)
	default:
		return false, nil
	}
	why = g.send(ctx, credentials)
	return why == nil, why
}

// credited notes on the trunk whether an answer from 101 on means that our credentials were taken.
func (g *dialling) credited(code int, err error) {
	t := g.early.trunk
	switch {
	case t == nil || code == 100 || g.abandoned && challengedCode(code):
	case errors.Is(err, ErrCredentials):
		words := fmt.Sprintf("a call as %q was refused: %d, %v; check user, password, realm, and by which user the other side finds us (the trunk's setting from)",
			g.early.user, code, err)
		t.callRefused(words)
		g.agent.log.Warn("sip: call refused for its credentials", "trunk", t.Name, "call", g.early.key.callID, "error", words)
	case code < 500 && code != 403 && code != 422: // these say nothing of the credentials
		t.callTaken()
	}
}

// succeed acknowledges the first 2xx. One that crossed our CANCEL is hung up at
// once (RFC 3261 9.1, 15).
func (g *dialling) succeed(res *gosip.Response) {
	d := g.fork(res)
	if d == nil {
		d = g.newFork(res)
	}
	g.forget(d)
	d.confirm(res)
	d.mu.Lock()
	d.localSeq, d.credentials = g.early.localSeq, g.early.credentials
	answer := d.latest
	d.mu.Unlock()
	if answer == nil {
		answer = g.replies.answer(res)
	}
	g.agent.remember(d)
	d.step(answerReceived)
	g.early.cancel(nil)
	d.heedSession(res)
	if err := d.sendACK(g.invite.CSeq().SeqNo); err != nil {
		g.agent.log.Warn("sip: ACK not sent", "call", d.key.callID, "error", err.Error())
	}
	if g.abandoned {
		_ = d.Hangup("cancelled")
		return
	}
	g.report(outcome{dialog: d, answer: answer})
}

// confirm fills in what a response with a tag says (RFC 3261 12.1.2).
func (d *Dialog) confirm(res *gosip.Response) {
	d.mu.Lock()
	if d.key.remote == "" {
		d.other.Params = res.To().Params.Clone()
		d.key.remote = tagOf(res.To().Params)
	}
	d.routes = routesOf(res, true)
	if src, err := netip.ParseAddrPort(res.Source()); err == nil {
		d.peer = netip.AddrPortFrom(src.Addr().Unmap(), src.Port())
	}
	d.viaPeer = len(d.routes) == 0 && d.transport != "UDP"
	d.mu.Unlock()
	d.refresh(res)
}

// again hears 2xx after the first: a repeat gets our ACK again, a fork's own 2xx
// gets ACK and BYE (RFC 3261 13.2.2.4). sipgo calls it in a goroutine of its own.
func (g *dialling) again(res *gosip.Response) {
	if res.To() == nil || res.CSeq() == nil || !g.agent.enter() {
		return
	}
	defer g.agent.done()
	defer g.agent.caught("repeated 2xx", g.early.key.callID, nil)
	select {
	case <-g.decided:
	case <-g.agent.ctx.Done():
		return
	}
	seq := res.CSeq().SeqNo
	tag := tagOf(res.To().Params)
	g.agent.mu.Lock()
	known := g.agent.dialogs[dialogKey{g.early.key.callID, g.early.key.local, tag}]
	g.agent.mu.Unlock()
	if known != nil {
		_ = known.sendACK(seq)
		return
	}
	if !g.agent.count() {
		return
	}
	stray := g.newFork(res)
	stray.localSeq = seq
	g.agent.remember(stray)
	stray.step(answerReceived)
	_ = stray.sendACK(seq)
	_ = stray.Hangup("answered elsewhere")
}

// takeBack sends CANCEL once a response allows it (RFC 3261 9.1).
func (g *dialling) takeBack() {
	if !g.provisional || g.cancelSent {
		return
	}
	g.cancelSent = true
	req := g.cancelRequest()
	g.agent.spawn("CANCEL", g.early.key.callID, func() {
		tx, err := g.agent.transaction(g.agent.ctx, req)
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
			case <-g.agent.ctx.Done():
				return
			}
		}
	})
}

// cancelRequest is the INVITE's CANCEL: same Request-URI, Via, Route, From, To,
// Call-ID and CSeq number (RFC 3261 9.1).
func (g *dialling) cancelRequest() *gosip.Request {
	inv := g.invite
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
func (g *dialling) report(o outcome) {
	select {
	case g.result <- o:
	default:
	}
}

// finish ends an INVITE that made no dialog.
func (g *dialling) finish(o outcome) {
	g.forget(nil)
	g.uncount()
	g.early.cancel(o.err)
	g.report(o)
}
