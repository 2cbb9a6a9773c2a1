package sip

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// DialRequest is one call to make.
type DialRequest struct {
	// To is the address called: sip:user@host[:port][;transport=tcp].
	To string
	// Trunk, when set, names the trunk whose proxy carries the call.
	Trunk string
	// From is how we introduce ourselves; an empty Host is our own address. A
	// trunk's CallerID replaces User.
	From Party
	// Offer is our SDP.
	Offer []byte
	// Dead overrides [Timers.Dead]: how long there may be no response at all.
	Dead time.Duration
	// OnProgress hears each provisional answer from 101 on, with the SDP of early
	// media, which is only reported. Called one at a time; it must not block.
	OnProgress func(code int, sdp []byte)
	// OnReinvite, OnInfo and OnActivity are set on the dialog; see the options.
	OnReinvite func(offer []byte) (answer []byte, err error)
	OnInfo     func(contentType string, body []byte)
	OnActivity func()
}

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

	provisional bool // a response came: CANCEL is allowed (RFC 3261 9.1)
	abandoned   bool // the caller of Dial has left
	cancelSent  bool
}

// Dial calls and waits for the final answer. Errors: [*FinalError] for a refusal;
// [ErrDead] when nothing at all came back in time; [ErrTransport] when it could
// not be sent; ctx's cause when ctx ended. After the last two of these the attempt
// is taken back in the background: CANCEL as soon as a first response allows it,
// ACK and BYE for an answer that crosses it.
func (a *Agent) Dial(ctx context.Context, r DialRequest) (*Dialog, []byte, error) {
	g := &dialling{agent: a, request: r, result: make(chan outcome, 1)}
	if err := g.prepare(ctx); err != nil {
		return nil, nil, fmt.Errorf("sip: calling %s: %w", printable(r.To), err)
	}
	if !a.spawn("dialling", g.early.key.callID, func() { g.run(ctx) }) {
		g.uncount()
		return nil, nil, fmt.Errorf("sip: calling %s: %w", printable(r.To), ErrStopped)
	}
	o := <-g.result
	if o.err != nil {
		return nil, nil, fmt.Errorf("sip: calling %s: %w", printable(r.To), o.err)
	}
	return o.dialog, o.answer, nil
}

// prepare builds the INVITE and starts nothing yet.
func (g *dialling) prepare(ctx context.Context) error {
	a, r := g.agent, g.request
	if err := context.Cause(ctx); err != nil {
		return err
	}
	target, err := parseURI(r.To)
	if err != nil {
		return err
	}
	hop, routes := target, []gosip.Uri(nil)
	if r.Trunk != "" {
		t, ok := a.trunkNamed(r.Trunk)
		if !ok {
			return fmt.Errorf("there is no trunk %q with a proxy", r.Trunk)
		}
		if hop, err = parseURI(t.Proxy); err != nil {
			return err
		}
		hop.UriParams.Add("lr", "")
		routes = []gosip.Uri{hop}
		if t.CallerID != "" {
			r.From.User = t.CallerID
		}
	}
	to, err := resolve(ctx, hop, uriTransport(hop))
	if err != nil {
		return err
	}
	p, ok := a.portFor(to.Addr())
	if !ok {
		return fmt.Errorf("no address of ours reaches %s: %w", to, ErrTransport)
	}
	if !a.count() {
		return ErrStopped
	}
	g.early = a.uacDialog(r.From, target, uacRoute{routes: routes, to: to, bound: p.local, transport: uriTransport(hop)})
	g.invite = g.early.request(gosip.INVITE)
	g.invite.AppendHeader(header("Allow", allow))
	g.invite.AppendHeader(header("Content-Type", "application/sdp"))
	g.invite.SetBody(r.Offer)
	return nil
}

func (a *Agent) trunkNamed(name string) (Trunk, bool) {
	for _, t := range a.cfg.Trunks {
		if t.Name == name && t.Proxy != "" {
			return t, true
		}
	}
	return Trunk{}, false
}

// count counts a call of ours in; false when the agent does not run.
func (a *Agent) count() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped || a.txl == nil {
		return false
	}
	a.live++
	return true
}

func (g *dialling) uncount() {
	g.agent.mu.Lock()
	defer g.agent.mu.Unlock()
	g.agent.leave()
}

// uacRoute is how a dialled call leaves.
type uacRoute struct {
	routes    []gosip.Uri
	to, bound netip.AddrPort
	transport string
}

// uacDialog is the dialog of a call of ours before its answer (RFC 3261 12.1.2).
func (a *Agent) uacDialog(from Party, target gosip.Uri, r uacRoute) *Dialog {
	d := a.newDialog(dialogKey{callID: gosip.GenerateTagN(24), local: gosip.GenerateTagN(16)})
	d.routes, d.target, d.transport = r.routes, target, r.transport
	d.local, d.peer, d.at = r.bound, r.to, a.local(r.bound, r.to.Addr())
	d.user = printable(from.User)
	host := printable(from.Host)
	if host == "" {
		host = d.at.Addr().String()
	}
	d.self = gosip.FromHeader{DisplayName: printable(from.Display), Address: gosip.Uri{Scheme: "sip", User: d.user, Host: host}}
	d.self.Params.Add("tag", d.key.local)
	to := *target.Clone()
	to.UriParams, to.Headers = nil, nil
	d.other = gosip.ToHeader{Address: to}
	return d
}

// run owns the INVITE until it has its end: answered, refused, dead, or abandoned
// and taken back.
func (g *dialling) run(ctx context.Context) {
	tx, err := g.early.begin(ctx, g.invite, g.again)
	if err != nil {
		g.finish(outcome{err: err})
		return
	}
	g.tx = tx
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
		g.report(outcome{err: cause})
		g.abandoned = true
		g.takeBack()
		over.Reset(g.agent.timers.giveUp())
	}
	left, quit := ctx.Done(), g.agent.quit
	for {
		select {
		case res := <-tx.Responses():
			if g.response(res) {
				return
			}
		case <-tx.Done():
			g.finish(outcome{err: g.timeout()})
			return
		case <-dead.C:
			if !g.provisional && !g.abandoned {
				give(ErrDead)
			}
		case <-left:
			left = nil
			if !g.abandoned {
				give(context.Cause(ctx))
			}
		case <-quit:
			quit = nil
			if !g.abandoned {
				give(ErrStopped)
			}
		case <-over.C:
			tx.Terminate()
			g.finish(outcome{err: ErrDead})
			return
		case <-g.agent.ctx.Done():
			tx.Terminate()
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

// response handles one answer; true when the INVITE is done.
func (g *dialling) response(res *gosip.Response) bool {
	switch {
	case res.IsProvisional():
		g.provisional = true
		if g.abandoned {
			g.takeBack()
		} else if f := g.request.OnProgress; f != nil && res.StatusCode > 100 {
			f(res.StatusCode, res.Body())
		}
		return false
	case res.IsSuccess():
		g.succeed(res)
		return true
	}
	g.finish(outcome{err: &FinalError{res.StatusCode, printable(res.Reason)}})
	return true
}

// succeed acknowledges the first 2xx. One that crossed our CANCEL is hung up at
// once (RFC 3261 9.1, 15).
func (g *dialling) succeed(res *gosip.Response) {
	d := g.early
	d.confirm(res)
	d.mu.Lock()
	d.onReinvite, d.onInfo, d.onActivity = g.request.OnReinvite, g.request.OnInfo, g.request.OnActivity
	d.mu.Unlock()
	g.agent.remember(d)
	d.step(answerReceived)
	if err := d.sendACK(g.invite.CSeq().SeqNo); err != nil {
		g.agent.log.Warn("sip: ACK not sent", "call", d.key.callID, "error", err.Error())
	}
	if g.abandoned {
		_ = d.Hangup("cancelled")
		return
	}
	g.report(outcome{dialog: d, answer: res.Body()})
}

// confirm fills in what the 2xx says (RFC 3261 12.1.2).
func (d *Dialog) confirm(res *gosip.Response) {
	d.other.Params = res.To().Params.Clone()
	d.key.remote = tagOf(res.To().Params)
	d.routes = routesOf(res, true)
	if src, err := netip.ParseAddrPort(res.Source()); err == nil {
		d.mu.Lock()
		d.peer = netip.AddrPortFrom(src.Addr().Unmap(), src.Port())
		d.mu.Unlock()
	}
	d.viaPeer = len(d.routes) == 0 && d.transport == "TCP"
	d.refresh(res)
}

// again hears 2xx after the first: a repeat gets our ACK again, a fork's own 2xx
// gets ACK and BYE (RFC 3261 13.2.2.4). sipgo calls it in a goroutine of its own.
func (g *dialling) again(res *gosip.Response) {
	if res.To() == nil || !g.agent.enter() {
		return
	}
	defer g.agent.wg.Done()
	defer g.agent.caught("repeated 2xx", g.early.key.callID, nil)
	seq := g.invite.CSeq().SeqNo
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
	stray := g.agent.newDialog(dialogKey{callID: g.early.key.callID, local: g.early.key.local})
	stray.self, stray.other, stray.user = g.early.self, g.early.other, g.early.user
	stray.transport, stray.local, stray.at = g.early.transport, g.early.local, g.early.at
	stray.localSeq = seq
	stray.confirm(res)
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
		tx, err := g.agent.txl.Request(g.agent.ctx, req)
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
	g.uncount()
	g.early.cancel(o.err)
	g.report(o)
}
