package trunk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/digest"
	"hotline/sip/guard"
	"hotline/sip/header"
	"hotline/sip/resolver"
	"hotline/sip/syntax"
	"hotline/sip/transport"
)

// Registration with a trunk (RFC 3261 section 10). The agent runs MaintainRegistration in a goroutine for each trunk that
// wants it.

const (
	firstRetry  = time.Second
	lastRetry   = 25 * time.Second // so that a trunk that is back is used within half a minute
	maxDenied   = 3                // refusals of our credentials in a row after which only a slow retry remains
	slowRetry   = 30 * time.Minute
	contactMark = "-"              // between our user and what tells our binding from others
	minLife     = 20 * time.Second // of a registration, whatever the registrar grants
	askTimeout  = 16 * time.Second // of one try at all hops
)

// registration keeps one trunk's binding alive (RFC 3261 section 10.2). Its goroutine owns every field.
type registration struct {
	trunk   *Trunk
	agent   Agent
	callID  string
	tag     string
	seq     uint32
	expires time.Duration
	wait    time.Duration  // the pause after the next failure
	denied  int            // refusals of our credentials in a row
	client  *digest.Client // what answered the last challenge; nil before one
}

// MaintainRegistration keeps us registered with the trunk until quit is closed, which takes the binding back, or ctx ends.
func (t *Trunk) MaintainRegistration(ctx context.Context, quit <-chan struct{}, a Agent) {
	r := &registration{trunk: t, agent: a, callID: gosip.GenerateTagN(24), tag: gosip.GenerateTagN(16), expires: t.Expires, wait: firstRetry}
	for {
		pause := r.once(ctx)
		select {
		case <-time.After(pause):
		case <-quit:
			r.withdraw(ctx)
			return
		case <-ctx.Done():
			return
		}
	}
}

// once registers and gives the time until the next try: most of the life that was granted, or a growing pause.
func (r *registration) once(ctx context.Context) time.Duration {
	ctx, stop := context.WithTimeout(ctx, askTimeout)
	defer stop()
	res, h, err := r.register(ctx, r.expires)
	var final *transport.FinalError
	switch {
	case err == nil:
		return r.granted(res, h)
	case errors.As(err, &final) && final.Code == 423: // RFC 3261 section 10.2.8
		if least := syntax.Seconds(header.Value(res, "Min-Expires")); least > r.expires && least <= 24*time.Hour {
			r.expires = least
			return firstRetry
		}
	}
	denied := errors.Is(err, digest.ErrCredentials) || final != nil && (final.Code == 403 || digest.Challenged(final.Code))
	if denied {
		r.denied++
	}
	state := Failing
	pause := r.wait
	r.wait = min(2*r.wait, lastRetry)
	if r.denied >= maxDenied {
		// Whoever repeats refused credentials gets locked out, or banned.
		state, pause = Refused, slowRetry
	}
	if res != nil && pause < slowRetry {
		if n := syntax.Seconds(header.Value(res, "Retry-After")); n > 0 {
			pause = min(max(pause, n), 5*time.Minute)
		}
	}
	if r.trunk.setState(state, h.To, troubleOf(err), r.words(err)) {
		r.agent.Log().Warn("sip: trunk not registered", "trunk", r.trunk.Name, "error", r.words(err), "again", pause.String())
	}
	r.trunk.setExpires(time.Time{})
	return pause - rand.N(pause/5+1) // spread, so that not everybody comes back in the same second
}

// troubleOf is the kind of an error.
func troubleOf(err error) Trouble {
	var final *transport.FinalError
	var name *net.DNSError
	switch {
	case errors.Is(err, digest.ErrCredentials), errors.As(err, &final) && digest.Challenged(final.Code):
		return BadCredentials
	case final != nil && final.Code == 403:
		return Denied
	case final != nil:
		return BadAnswer
	case errors.As(err, &name):
		return NoSuchHost
	}
	return NoAnswer
}

// words tells a person what is wrong and what to do.
func (r *registration) words(err error) string {
	var final *transport.FinalError
	switch {
	case r.denied >= maxDenied:
		return fmt.Sprintf("registering as %s@%s: %v; %d times in a row, so it is tried every %s only: correct user and password, then save them in the browser, or restart where they stand in the configuration file",
			r.trunk.Account.User, r.trunk.Domain, err, r.denied, slowRetry)
	case errors.Is(err, digest.ErrCredentials):
		return fmt.Sprintf("registering as %s@%s: %v; check user, password and realm", r.trunk.Account.User, r.trunk.Domain, err)
	case errors.As(err, &final):
		return fmt.Sprintf("registering as %s@%s: the registrar answers %d %s", r.trunk.Account.User, r.trunk.Domain, final.Code, final.Reason)
	}
	return fmt.Sprintf("registering as %s@%s: %v; check the registrar's name and the way to it", r.trunk.Account.User, r.trunk.Domain, err)
}

// granted takes a 200 and gives the time until the refresh.
func (r *registration) granted(res *gosip.Response, h resolver.Hop) time.Duration {
	life := r.lifeOf(res)
	r.denied, r.wait = 0, firstRetry
	r.trunk.learn(h.To.Addr())
	r.trunk.setExpires(time.Now().Add(life))
	if r.trunk.setState(Registered, h.To, "", "") {
		r.agent.Log().Info("sip: trunk registered", "trunk", r.trunk.Name, "at", h.To.String(), "life", life.String())
	}
	return life*4/5 - rand.N(life/20+1)
}

// lifeOf is what the registrar granted: the expires of our own Contact, else the Expires header (RFC 3261 section 10.2.4).
func (r *registration) lifeOf(res *gosip.Response) time.Duration {
	life := syntax.Seconds(header.Value(res, "Expires"))
	for _, line := range res.GetHeaders("Contact") {
		for c := range strings.SplitSeq(line.Value(), ",") {
			if !strings.Contains(c, r.user()) {
				continue
			}
			if own := syntax.Seconds(syntax.Parameter(c, "expires")); own > 0 {
				life = own
			}
		}
	}
	return max(cmp.Or(life, r.expires), minLife)
}

// user is the user part of our Contact; no other binding of the account has it.
func (r *registration) user() string {
	return header.Printable(r.trunk.Account.User) + contactMark + r.tag
}

// withdraw takes our binding back. It tries once, because the process is ending.
func (r *registration) withdraw(ctx context.Context) {
	if !r.trunk.registered() {
		return
	}
	ctx, stop := context.WithTimeout(ctx, 2*r.agent.RoundTrip())
	defer stop()
	_, _, _ = r.register(ctx, 0)
}

// register sends REGISTER to the registrar's hops, one after the other, and answers challenges. h is the hop that answered.
func (r *registration) register(ctx context.Context, expires time.Duration) (res *gosip.Response, h resolver.Hop, err error) {
	uri, err := header.ParseURI(r.trunk.Registrar)
	if err != nil {
		return nil, resolver.Hop{}, err
	}
	hops, err := r.agent.Reachable(ctx, uri)
	if err != nil {
		return nil, resolver.Hop{}, err
	}
	for _, h = range hops {
		if res, err = r.at(ctx, h, expires); err == nil || res != nil {
			return res, h, err
		}
		r.agent.Failed(h.To)
	}
	return nil, h, err
}

// at registers at one hop.
func (r *registration) at(ctx context.Context, h resolver.Hop, expires time.Duration) (*gosip.Response, error) {
	client := digest.NewClient(r.trunk.Account)
	var credentials gosip.Header
	for {
		req := r.request(h, expires)
		if credentials != nil {
			req.AppendHeader(credentials)
		} else if r.client != nil {
			if c, err := r.client.Again(req); err == nil {
				req.AppendHeader(c) // saves the challenge (RFC 3261 section 22.2)
			}
		}
		res, err := r.agent.Ask(ctx, req, h)
		switch {
		case err != nil:
			return nil, err
		case res.IsSuccess():
			return res, nil
		case !digest.Challenged(res.StatusCode):
			return res, &transport.FinalError{Code: res.StatusCode, Reason: header.Printable(res.Reason)}
		}
		if credentials, err = client.Answer(res, req); err != nil {
			r.client = nil
			return res, err
		}
		r.client = client
	}
}

func (r *registration) request(h resolver.Hop, expires time.Duration) *gosip.Request {
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
	req.AppendHeader(r.agent.Contact(r.user(), h))
	req.AppendHeader(header.New("Expires", strconv.Itoa(int(expires/time.Second))))
	req.AppendHeader(header.New("Allow", guard.Allow))
	req.AppendHeader(header.New("Supported", guard.Supported))
	req.AppendHeader(header.New("User-Agent", r.agent.UserAgent()))
	req.SetBody(nil)
	return req
}
