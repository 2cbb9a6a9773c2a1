package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/digest"
	"hotline/sip/header"
	"hotline/sip/resolver"
	"hotline/sip/trunk"
)

// Calls of ours: whom one is for, by which trunk and which places. line and phone call Dial; what becomes of the INVITE at
// one place is in client_invite.go.

// DialRequest is one call to make.
type DialRequest struct {
	// To is the address called: sip:user@host[:port][;transport=udp|tcp|tls].
	To string
	// Trunk, when set, names the trunk whose proxy carries the call.
	Trunk string
	// From is how we introduce ourselves; an empty Host is our own address. A trunk's CallerID replaces User.
	From Party
	// OnBehalf is the caller for whom somebody is called; see [Trunk.ShowCaller].
	OnBehalf OnBehalf
	// Offer is our SDP.
	Offer []byte
	// Dead overrides [Timers.Dead]: how long there may be no response at all.
	Dead time.Duration
	// OnInvite hears the Call-ID of each INVITE before it is sent, in Dial's own goroutine: a call may need several of them, one after the other.
	OnInvite func(callID string)
	// OnProgress hears each provisional answer from 101 on, with the SDP of early media, which is only reported. It is called
	// one at a time and must not block.
	OnProgress func(code int, sdp []byte)
	// OnAnswered takes the answer to Offer, before the ACK goes out: nothing that the other side sends afterwards finds the old
	// terms. Where it refuses, the call is acknowledged and hung up (RFC 3261 13.2.2.4), and Dial returns its error. It must not
	// block for long.
	OnAnswered func(answer []byte) error
	// OnReinvite, OnAnswer, OnInfo and OnActivity are set on the dialog; see the options.
	OnReinvite func(offer []byte) (answer []byte, err error)
	OnAnswer   func(answer []byte) error
	OnInfo     func(contentType string, body []byte) (understood bool)
	OnActivity func()
}

// Dial calls and waits for the final answer. It returns [*FinalError] for a refusal, [ErrCredentials] when the other side does not take our
// credentials, and [ErrDead] when nothing came back in time. It returns [ErrTransport] when the INVITE could not be sent, and ctx's cause when
// ctx ended. It tries the places that the address resolves to in order: after a dead one, a broken transport or 503 it tries the next (RFC
// 3263 section 4.3). An abandoned attempt is ended in the background: by CANCEL as soon as a first response allows it, by ACK and BYE where an
// answer crosses the CANCEL.
func (a *Agent) Dial(ctx context.Context, r DialRequest) (*Dialog, []byte, error) {
	d, answer, err := a.dial(ctx, r)
	if err != nil {
		return nil, nil, fmt.Errorf("sip: calling %s: %w", header.Printable(r.To), err)
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
	hops, err := a.requests.Reachable(ctx, c.next)
	if err != nil {
		return nil, nil, err
	}
	for i, h := range hops {
		d, answer, err := a.dialAt(ctx, r, c, h)
		if err == nil {
			return d, answer, nil
		}
		if !tryNext(err) || context.Cause(ctx) != nil || i == len(hops)-1 {
			return nil, nil, err
		}
		a.requests.Failed(h.To)
	}
	return nil, nil, ErrDead
}

// tryNext tells whether the next place is worth trying.
func tryNext(err error) bool {
	var final *FinalError
	return errors.Is(err, ErrDead) || errors.Is(err, ErrTransport) || errors.As(err, &final) && final.Code == 503
}

// callee is who is called and by which way.
type callee struct {
	target gosip.Uri
	next   gosip.Uri    // whose places are looked up
	trunk  *trunk.Trunk // nil without one
}

func (a *Agent) callee(r DialRequest) (c callee, err error) {
	if c.target, err = header.ParseURI(r.To); err != nil {
		return c, err
	}
	c.next = c.target
	if r.Trunk == "" {
		return c, nil
	}
	if c.trunk = a.trunks.Named(r.Trunk); c.trunk == nil {
		return c, fmt.Errorf("there is no trunk %q with a proxy", r.Trunk)
	}
	if c.next, err = header.ParseURI(c.trunk.Proxy); err != nil {
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

// dialAt calls at one place. Where a trunk refuses at once a call that shows the customer's number, the same call follows with
// ours: a carrier's filter lets it pass, and a telephone refuses it again. What the trunk took is remembered.
func (a *Agent) dialAt(ctx context.Context, r DialRequest, c callee, h resolver.Hop) (*Dialog, []byte, error) {
	if c.trunk == nil || !c.trunk.ShowsCaller(r.OnBehalf, time.Now()) {
		r.OnBehalf = OnBehalf{}
		return a.attempt(ctx, r, c, h)
	}
	began := time.Now()
	shown, first := listened(r)
	d, answer, err := a.attempt(ctx, shown, c, h)
	code := finalCode(err)
	switch {
	case err == nil || first.rang.Load():
		if c.trunk.CallerShown() {
			a.log.Info("sip: the trunk takes the customer's number again", "trunk", c.trunk.Name)
		}
		return d, answer, err
	case !trunk.MayRefuseCaller(code) || time.Since(began) > trunk.AtOnce || context.Cause(ctx) != nil:
		return d, answer, err
	}
	own, second := listened(r)
	own.OnBehalf = OnBehalf{}
	d, answer, err = a.attempt(ctx, own, c, h)
	last := finalCode(err)
	passed := err == nil || last == 486 || last == 600 || second.progress.Load() && !trunk.MayRefuseCaller(last) // busy is a telephone's word
	if passed && c.trunk.CallerRefused(code, time.Now()) {
		a.log.Warn("sip: the trunk refuses the customer's number and takes ours: calls show ours for a while", "trunk", c.trunk.Name, "answer", code)
	}
	return d, answer, err
}

// heard is which provisional answers came.
type heard struct{ progress, rang atomic.Bool }

// listened is a call that also tells which provisional answers come.
func listened(r DialRequest) (DialRequest, *heard) {
	h, next := &heard{}, r.OnProgress
	r.OnProgress = func(code int, sdp []byte) {
		h.progress.Store(true)
		if code == 180 {
			h.rang.Store(true)
		}
		if next != nil {
			next(code, sdp)
		}
	}
	return r, h
}

// finalCode is the final answer in an error; 0 for none.
func finalCode(err error) int {
	var final *FinalError
	if errors.As(err, &final) {
		return final.Code
	}
	return 0
}

// attempt makes one attempt at one place.
func (a *Agent) attempt(ctx context.Context, r DialRequest, c callee, h resolver.Hop) (*Dialog, []byte, error) {
	early := a.outgoingDialog(r, c, h)
	if r.OnInvite != nil {
		r.OnInvite(early.key.callID)
	}
	i := &clientInvite{
		agent: a, request: r, early: early, credentials: digest.NewClient(early.account()), expires: a.cfg.SessionExpires,
		result: make(chan outcome, 1), decided: make(chan struct{}),
	}
	a.calls.begin()
	if !a.life.spawn("dialling", early.key.callID, func() { i.untilFinal(ctx) }) {
		a.calls.end()
		return nil, nil, ErrStopped
	}
	o := <-i.result
	return o.dialog, o.answer, o.err
}

// FirstHop is where a call to an address, through a trunk unless its name is empty, would be sent first.
func (a *Agent) FirstHop(ctx context.Context, to, trunk string) (netip.AddrPort, error) {
	c, err := a.callee(DialRequest{To: to, Trunk: trunk})
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("sip: calling %s: %w", header.Printable(to), err)
	}
	hops, err := a.requests.Reachable(ctx, c.next)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("sip: calling %s: %w", header.Printable(to), err)
	}
	return hops[0].To, nil
}

// outgoingDialog is the dialog of a call of ours before its answer (RFC 3261 12.1.2).
func (a *Agent) outgoingDialog(r DialRequest, c callee, h resolver.Hop) *Dialog {
	d := a.newDialog(dialogKey{callID: gosip.GenerateTagN(24), local: gosip.GenerateTagN(16)})
	from := r.From
	if c.trunk != nil {
		from = c.trunk.Shown(r.From, r.OnBehalf)
	}
	d.path = path{
		transport: h.Transport, hop: h, trunk: c.trunk, user: header.Printable(from.User),
		socket: a.transport.Socket(h.To.Addr()), contact: a.transport.LocalFor(h.Transport, h.To.Addr()),
	}
	d.route = route{set: c.routes(), target: c.target, peer: h.To}
	host := header.Printable(from.Host)
	if host == "" {
		host = d.path.contact.Addr().String()
	}
	d.ends.self = gosip.FromHeader{DisplayName: header.Printable(from.Display), Address: gosip.Uri{Scheme: "sip", User: header.UserPart(d.path.user), Host: host}}
	d.ends.self.Params.Add("tag", d.key.local)
	to := *c.target.Clone()
	to.UriParams, to.Headers = nil, nil
	d.ends.other = gosip.ToHeader{Address: to}
	return d
}
