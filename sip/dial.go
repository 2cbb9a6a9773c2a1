package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// DialRequest is one call to make.
type DialRequest struct {
	// To is the address called: sip:user@host[:port][;transport=udp|tcp|tls].
	To string
	// Trunk, when set, names the trunk whose proxy carries the call.
	Trunk string
	// From is how we introduce ourselves; an empty Host is our own address. A
	// trunk's CallerID replaces User.
	From Party
	// OnBehalf is the caller for whom somebody is called; see [Trunk.ShowCaller].
	OnBehalf OnBehalf
	// Offer is our SDP.
	Offer []byte
	// Dead overrides [Timers.Dead]: how long there may be no response at all.
	Dead time.Duration
	// OnProgress hears each provisional answer from 101 on, with the SDP of early
	// media, which is only reported. Called one at a time; it must not block.
	OnProgress func(code int, sdp []byte)
	// OnReinvite, OnAnswer, OnInfo and OnActivity are set on the dialog; see the options.
	OnReinvite func(offer []byte) (answer []byte, err error)
	OnAnswer   func(answer []byte) error
	OnInfo     func(contentType string, body []byte) (understood bool)
	OnActivity func()
}

// Dial calls and waits for the final answer. Errors: [*FinalError] for a refusal;
// [ErrCredentials] when the other side asks for credentials that it does not get;
// [ErrDead] when nothing at all came back in time; [ErrTransport] when it could
// not be sent; ctx's cause when ctx ended. The places that the address resolves to
// are tried in order: the next one after a dead one, a broken transport or 503
// (RFC 3263 section 4.3). An attempt given up is taken back in the background:
// CANCEL as soon as a first response allows it, ACK and BYE for an answer that
// crosses it.
func (a *Agent) Dial(ctx context.Context, r DialRequest) (*Dialog, []byte, error) {
	d, answer, err := a.dial(ctx, r)
	if err != nil {
		return nil, nil, fmt.Errorf("sip: calling %s: %w", printable(r.To), err)
	}
	return d, answer, nil
}

func (a *Agent) dial(ctx context.Context, r DialRequest) (*Dialog, []byte, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, nil, err
	}
	c, err := a.callee(r)
	if err != nil {
		return nil, nil, err
	}
	hops, err := a.reachable(ctx, c.next)
	if err != nil {
		return nil, nil, err
	}
	for i, h := range hops {
		d, answer, err := a.dialAt(ctx, r, c, h)
		if err == nil {
			return d, answer, nil
		}
		if !another(err) || context.Cause(ctx) != nil || i == len(hops)-1 {
			return nil, nil, err
		}
		a.where.failed(h.to)
	}
	return nil, nil, ErrDead
}

// another tells whether the next place is worth trying.
func another(err error) bool {
	var final *FinalError
	return errors.Is(err, ErrDead) || errors.Is(err, ErrTransport) || errors.As(err, &final) && final.Code == 503
}

// callee is who is called and by which way.
type callee struct {
	target gosip.Uri
	next   gosip.Uri // whose places are looked up
	trunk  *trunk    // nil without one
}

func (a *Agent) callee(r DialRequest) (c callee, err error) {
	if c.target, err = parseURI(r.To); err != nil {
		return c, err
	}
	c.next = c.target
	if r.Trunk == "" {
		return c, nil
	}
	if c.trunk = a.trunkNamed(r.Trunk); c.trunk == nil {
		return c, fmt.Errorf("there is no trunk %q with a proxy", r.Trunk)
	}
	if c.next, err = parseURI(c.trunk.Proxy); err != nil {
		return c, err
	}
	c.next.UriParams.Add("lr", "")
	return c, nil
}

// routes are the Route headers of the call: the trunk's proxy.
func (c callee) routes() []gosip.Uri {
	if c.trunk == nil {
		return nil
	}
	return []gosip.Uri{c.next}
}

// reachable are the hops of an address that a socket of ours can reach.
func (a *Agent) reachable(ctx context.Context, u gosip.Uri) ([]hop, error) {
	all, err := a.where.find(ctx, u)
	if err != nil {
		return nil, err
	}
	var out []hop
	for _, h := range all {
		if _, ok := a.portFor(h.to.Addr()); ok {
			out = append(out, h)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no address of ours reaches %s: %w", all[0].to, ErrTransport)
	}
	return out, nil
}

// addrOf is the first of some hops, for the record.
func addrOf(hops []hop) netip.AddrPort {
	if len(hops) == 0 {
		return netip.AddrPort{}
	}
	return hops[0].to
}

// dialAt makes one attempt at one place.
func (a *Agent) dialAt(ctx context.Context, r DialRequest, c callee, h hop) (*Dialog, []byte, error) {
	g := &dialling{agent: a, request: r, result: make(chan outcome, 1), decided: make(chan struct{}), expires: a.cfg.SessionExpires}
	if !a.count() {
		return nil, nil, ErrStopped
	}
	g.early = a.uacDialog(r, c, h)
	g.proof.account = g.early.account()
	if !a.spawn("dialling", g.early.key.callID, func() { g.run(ctx) }) {
		g.uncount()
		return nil, nil, ErrStopped
	}
	o := <-g.result
	return o.dialog, o.answer, o.err
}

// Far is where a call to an address, through a trunk unless its name is empty, would be sent first.
func (a *Agent) Far(ctx context.Context, to, trunk string) (netip.AddrPort, error) {
	c, err := a.callee(DialRequest{To: to, Trunk: trunk})
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("sip: calling %s: %w", printable(to), err)
	}
	hops, err := a.reachable(ctx, c.next)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("sip: calling %s: %w", printable(to), err)
	}
	return hops[0].to, nil
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

// uacDialog is the dialog of a call of ours before its answer (RFC 3261 12.1.2).
func (a *Agent) uacDialog(r DialRequest, c callee, h hop) *Dialog {
	d := a.newDialog(dialogKey{callID: gosip.GenerateTagN(24), local: gosip.GenerateTagN(16)})
	p, _ := a.portFor(h.to.Addr())
	d.routes, d.target, d.transport, d.hop, d.trunk = c.routes(), c.target, h.transport, h, c.trunk
	d.local, d.peer, d.at = p.local, h.to, a.local(p.at(h.transport), h.to.Addr())
	from := r.shown(c.trunk)
	d.user = printable(from.User)
	host := printable(from.Host)
	if host == "" {
		host = d.at.Addr().String()
	}
	d.self = gosip.FromHeader{DisplayName: printable(from.Display), Address: gosip.Uri{Scheme: "sip", User: printable(from.User), Host: host}}
	d.self.Params.Add("tag", d.key.local)
	to := *c.target.Clone()
	to.UriParams, to.Headers = nil, nil
	d.other = gosip.ToHeader{Address: to}
	return d
}
