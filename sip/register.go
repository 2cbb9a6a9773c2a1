package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

const (
	firstRetry  = time.Second
	lastRetry   = 25 * time.Second // so that a trunk that is back is used within half a minute
	refusals    = 3                // refused credentials in a row after which only a slow retry remains
	slowRetry   = 30 * time.Minute
	contactMark = "-"              // between our user and what tells our binding from others
	leastLife   = 20 * time.Second // of a registration, whatever the registrar grants
)

// registration keeps one trunk's binding alive (RFC 3261 section 10.2). Its goroutine owns every field.
type registration struct {
	agent    *Agent
	trunk    *trunk
	callID   string
	tag      string
	seq      uint32
	expires  time.Duration
	wait     time.Duration // the pause after the next failure
	denied   int           // refusals of our credentials in a row
	standing *proof        // what the last challenge was answered with
}

func (a *Agent) keepRegistered(t *trunk) {
	r := &registration{agent: a, trunk: t, callID: gosip.GenerateTagN(24), tag: gosip.GenerateTagN(16), expires: t.Expires, wait: firstRetry}
	for {
		pause := r.once()
		select {
		case <-time.After(pause):
		case <-a.quit:
			r.leave()
			return
		case <-a.ctx.Done():
			return
		}
	}
}

// once registers and gives the time until the next try: most of the life that was granted, or a growing pause.
func (r *registration) once() time.Duration {
	ctx, stop := context.WithTimeout(r.agent.ctx, 16*time.Second)
	defer stop()
	res, h, err := r.register(ctx, r.expires)
	var final *FinalError
	switch {
	case err == nil:
		return r.granted(res, h)
	case errors.As(err, &final) && final.Code == 423: // RFC 3261 section 10.2.8
		if least, _ := sessionExpires(headerOf(res, "Min-Expires")); least > r.expires && least <= 24*time.Hour {
			r.expires = least
			return firstRetry
		}
	}
	denied := errors.Is(err, ErrCredentials) || final != nil && (final.Code == 403 || challengedCode(final.Code))
	if denied {
		r.denied++
	}
	state := TrunkFailing
	pause := r.wait
	r.wait = min(2*r.wait, lastRetry)
	if r.denied >= refusals {
		// Whoever repeats refused credentials gets locked out, or banned.
		state, pause = TrunkRefused, slowRetry
	}
	if res != nil && pause < slowRetry {
		if n, _ := sessionExpires(headerOf(res, "Retry-After")); n > 0 {
			pause = min(max(pause, n), 5*time.Minute)
		}
	}
	if r.trunk.fares(state, h.to, r.words(err)) {
		r.agent.log.Warn("sip: trunk not registered", "trunk", r.trunk.Name, "error", r.words(err), "again", pause.String())
	}
	r.trunk.expires(time.Time{})
	return pause - rand.N(pause/5+1) // spread, so that not everybody comes back in the same second
}

func challengedCode(code int) bool { return code == 401 || code == 407 }

// words tells a person what is wrong and what to do.
func (r *registration) words(err error) string {
	var final *FinalError
	switch {
	case r.denied >= refusals:
		return fmt.Sprintf("registering as %s@%s: %v; %d times in a row, so it is tried every %s only: correct user and password, then restart",
			r.trunk.Account.User, r.trunk.Domain, err, r.denied, slowRetry)
	case errors.Is(err, ErrCredentials):
		return fmt.Sprintf("registering as %s@%s: %v; check user, password and realm", r.trunk.Account.User, r.trunk.Domain, err)
	case errors.As(err, &final):
		return fmt.Sprintf("registering as %s@%s: the registrar answers %d %s", r.trunk.Account.User, r.trunk.Domain, final.Code, final.Reason)
	}
	return fmt.Sprintf("registering as %s@%s: %v; check the registrar's name and the way to it", r.trunk.Account.User, r.trunk.Domain, err)
}

// granted takes a 200 and gives the time until the refresh.
func (r *registration) granted(res *gosip.Response, h hop) time.Duration {
	life := r.lifeOf(res)
	r.denied, r.wait = 0, firstRetry
	r.trunk.learn(h.to.Addr())
	r.trunk.expires(time.Now().Add(life))
	if r.trunk.fares(TrunkRegistered, h.to, "") {
		r.agent.log.Info("sip: trunk registered", "trunk", r.trunk.Name, "at", h.to.String(), "life", life.String())
	}
	return life*4/5 - rand.N(life/20+1)
}

// lifeOf is what the registrar granted: the expires of our own Contact, else the Expires header (RFC 3261 section 10.2.4).
func (r *registration) lifeOf(res *gosip.Response) time.Duration {
	life, _ := sessionExpires(headerOf(res, "Expires"))
	for _, line := range res.GetHeaders("Contact") {
		for c := range strings.SplitSeq(line.Value(), ",") {
			if !strings.Contains(c, r.user()) {
				continue
			}
			if own, _ := sessionExpires(parameter(c, "expires")); own > 0 {
				life = own
			}
		}
	}
	return max(cmp.Or(life, r.expires), leastLife)
}

// user is the user part of our Contact; no other binding of the account has it.
func (r *registration) user() string { return printable(r.trunk.Account.User) + contactMark + r.tag }

// leave takes our binding back; one try, because the process is ending.
func (r *registration) leave() {
	if !r.trunk.registered() {
		return
	}
	ctx, stop := context.WithTimeout(r.agent.ctx, 2*r.agent.timers.T1)
	defer stop()
	_, _, _ = r.register(ctx, 0)
}

// register sends REGISTER to the registrar's hops, one after the other, and answers challenges. h is the hop that answered.
func (r *registration) register(ctx context.Context, expires time.Duration) (res *gosip.Response, h hop, err error) {
	uri, err := parseURI(r.trunk.Registrar)
	if err != nil {
		return nil, hop{}, err
	}
	hops, err := r.agent.reachable(ctx, uri)
	if err != nil {
		return nil, hop{}, err
	}
	for _, h = range hops {
		p := proof{account: r.trunk.Account}
		if res, err = r.at(ctx, h, expires, &p); err == nil || res != nil {
			return res, h, err
		}
		r.agent.where.failed(h.to)
	}
	return nil, h, err
}

// at registers at one hop.
func (r *registration) at(ctx context.Context, h hop, expires time.Duration, p *proof) (*gosip.Response, error) {
	var carry gosip.Header
	for {
		req := r.request(h, expires)
		if carry != nil {
			req.AppendHeader(carry)
		} else if r.standing != nil {
			r.standing.count++
			if c, err := r.standing.account.credentials(r.standing.last, req, r.standing.count); err == nil {
				req.AppendHeader(c) // saves the challenge (RFC 3261 section 22.2)
			}
		}
		res, err := r.agent.ask(ctx, req, h)
		switch {
		case err != nil:
			return nil, err
		case res.IsSuccess():
			return res, nil
		case !challenged(res):
			return res, &FinalError{res.StatusCode, printable(res.Reason)}
		}
		if carry, err = p.answer(res, req); err != nil {
			r.standing = nil
			return res, err
		}
		r.standing = p
	}
}

func (r *registration) request(h hop, expires time.Duration) *gosip.Request {
	r.seq++
	domain := gosip.Uri{Scheme: "sip", Host: r.trunk.Domain}
	self := gosip.Uri{Scheme: "sip", User: r.trunk.Account.User, Host: r.trunk.Domain}
	req := gosip.NewRequest(gosip.REGISTER, domain)
	from, to := gosip.FromHeader{Address: self}, gosip.ToHeader{Address: self}
	from.Params.Add("tag", r.tag)
	callID, hops := gosip.CallIDHeader(r.callID), gosip.MaxForwardsHeader(70)
	req.AppendHeader(&from)
	req.AppendHeader(&to)
	req.AppendHeader(&callID)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: r.seq, MethodName: gosip.REGISTER})
	req.AppendHeader(&hops)
	if p, ok := r.agent.portFor(h.to.Addr()); ok {
		req.AppendHeader(contact(r.user(), r.agent.local(p.at(h.transport), h.to.Addr()), h.transport))
	}
	req.AppendHeader(header("Expires", strconv.Itoa(int(expires/time.Second))))
	req.AppendHeader(header("Allow", allow))
	req.AppendHeader(header("Supported", supported))
	req.AppendHeader(header("User-Agent", r.agent.server()))
	req.SetBody(nil)
	return req
}

// transaction starts the transaction of a request that is already addressed.
func (a *Agent) transaction(ctx context.Context, req *gosip.Request) (tx *gosip.ClientTx, err error) {
	err = a.send(func() error {
		tx, err = a.txl.Request(ctx, req)
		return err
	})
	return tx, err
}

// ask sends a request outside any dialog to one hop and waits for its final answer.
func (a *Agent) ask(ctx context.Context, req *gosip.Request, h hop) (*gosip.Response, error) {
	ctx, stop := context.WithTimeoutCause(ctx, a.timers.Dead, ErrDead)
	defer stop()
	if err := a.address(ctx, req, h); err != nil {
		return nil, err
	}
	tx, err := a.transaction(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("sip: sending %s to %s: %w: %w", req.Method, h.to, ErrTransport, err)
	}
	defer tx.Terminate()
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, fmt.Errorf("sip: %s to %s: %w", req.Method, h.to, ErrDead)
		case <-ctx.Done():
			return nil, fmt.Errorf("sip: %s to %s: %w", req.Method, h.to, context.Cause(ctx))
		}
	}
}
