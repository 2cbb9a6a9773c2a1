package sip

import (
	"context"
	"fmt"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/digest"
	"hotline/sip/header"
	"hotline/sip/resolver"
)

// Requests of ours inside a dialog: how one is made, where it goes, and the wait for its final answer. Hangup, re-INVITEs,
// the session timer and PRACKs send them.

// request makes a request inside the dialog (RFC 3261 12.2.1.1).
func (d *Dialog) request(method gosip.RequestMethod) *gosip.Request {
	d.mu.Lock()
	d.seq.local++
	seq, target := d.seq.local, d.route.target
	d.mu.Unlock()
	return d.requestWith(method, seq, target)
}

func (d *Dialog) requestWith(method gosip.RequestMethod, seq uint32, target gosip.Uri) *gosip.Request {
	d.mu.Lock()
	recipient, routes := routed(target, d.route.set)
	d.mu.Unlock()
	req := gosip.NewRequest(method, recipient)
	for _, r := range routes {
		req.AppendHeader(&gosip.RouteHeader{Address: r})
	}
	from, to := d.ends.self, d.ends.other
	from.Params, to.Params = from.Params.Clone(), to.Params.Clone()
	callID := gosip.CallIDHeader(d.key.callID)
	hops := gosip.MaxForwardsHeader(70)
	req.AppendHeader(&from)
	req.AppendHeader(&to)
	req.AppendHeader(&callID)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: seq, MethodName: method})
	req.AppendHeader(&hops)
	if method == gosip.INVITE || method == gosip.UPDATE || method == gosip.ACK {
		req.AppendHeader(d.contact())
	}
	req.AppendHeader(header.New("User-Agent", d.agent.cfg.UserAgent))
	req.SetBody(nil)
	return req
}

// routed gives the Request-URI and the Route headers of a request to a target (RFC 3261 12.2.1.1). A first router whose URI has
// no lr is a strict router. Its URI becomes the Request-URI, without the parts that may not stand there (19.1.1). The target
// becomes the last of the routes (16.12.1.2 has an example).
func routed(target gosip.Uri, set []gosip.Uri) (recipient gosip.Uri, routes []gosip.Uri) {
	for _, r := range set {
		routes = append(routes, *r.Clone())
	}
	recipient = *target.Clone()
	if len(set) > 0 && !set[0].UriParams.Has("lr") {
		routes = append(routes[1:], recipient)
		recipient = *set[0].Clone()
		recipient.UriParams.Remove("method")
	}
	recipient.Headers = nil
	return recipient, routes
}

// do sends a request inside the dialog and waits for its final answer; add puts in what the method needs. A challenge is
// answered once with the trunk's account. 481 and 408 end the dialog (RFC 3261 12.2.1.2).
func (d *Dialog) do(ctx context.Context, method gosip.RequestMethod, add func(*gosip.Request)) (*gosip.Response, error) {
	return d.send(ctx, method, add, nil)
}

// send is do; i is set for an INVITE.
func (d *Dialog) send(ctx context.Context, method gosip.RequestMethod, add func(*gosip.Request), i *reinvite) (*gosip.Response, error) {
	client := digest.NewClient(d.account())
	var credentials gosip.Header
	for {
		req := d.request(method)
		if add != nil {
			add(req)
		}
		if credentials != nil {
			req.AppendHeader(credentials)
		}
		res, err := d.once(ctx, req, i)
		if err != nil {
			return nil, err
		}
		if digest.Challenged(res.StatusCode) {
			if c, err := client.Answer(res, req); err == nil {
				credentials = c
				continue
			}
		}
		if res.StatusCode == 481 || res.StatusCode == 408 {
			d.step(dialogLost)
		}
		if res.IsSuccess() && method == gosip.INVITE {
			d.credentials = credentials
		}
		return res, nil
	}
}

// account is what we prove ourselves with inside the dialog: the trunk's, nobody's without one.
func (d *Dialog) account() Account {
	if d.path.trunk == nil {
		return Account{}
	}
	return d.path.trunk.Account
}

// once sends one request and waits for its final answer; i is set for an INVITE.
func (d *Dialog) once(ctx context.Context, req *gosip.Request, i *reinvite) (*gosip.Response, error) {
	if err := d.routeRequest(ctx, req); err != nil {
		return nil, err
	}
	var again func(*gosip.Response)
	if i != nil {
		var forget func()
		again = i.again
		i.early, forget = d.agent.early.expect(header.Branch(req))
		defer forget()
	}
	tx, err := d.start(ctx, req, again)
	if err != nil {
		return nil, err
	}
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
			if i != nil {
				i.provisional(req, res)
			}
		case <-tx.Done():
			return nil, fmt.Errorf("sip: %s in call %s: %w: %w", req.Method, d.key.callID, ErrTransport, tx.Err())
		case <-ctx.Done():
			tx.Terminate()
			return nil, fmt.Errorf("sip: %s in call %s: %w", req.Method, d.key.callID, context.Cause(ctx))
		}
	}
}

// start starts the transaction of a routed request; again hears retransmitted and forked 2xx of an INVITE.
func (d *Dialog) start(ctx context.Context, req *gosip.Request, again func(*gosip.Response)) (*gosip.ClientTx, error) {
	tx, err := d.agent.transport.Transaction(ctx, req, again)
	if err != nil {
		return nil, fmt.Errorf("sip: sending %s of call %s: %w: %w", req.Method, d.key.callID, ErrTransport, err)
	}
	return tx, nil
}

// routeRequest decides where a request of the dialog goes and by which transport. To a stranger it always goes back the way
// his came, and to others where there is no other way. Else it goes to the hops that the route leads to: to the one in use
// before, or else to the first.
func (d *Dialog) routeRequest(ctx context.Context, req *gosip.Request) error {
	d.mu.Lock()
	peer, viaPeer := d.route.peer, d.route.viaPeer
	next := req.Recipient
	if len(d.route.set) > 0 {
		next = d.route.set[0]
	}
	d.mu.Unlock()
	if d.path.stranger && peer.IsValid() {
		return d.agent.transport.Address(ctx, req, resolver.Hop{To: peer, Transport: d.path.transport, Name: d.path.hop.Name})
	}
	if viaPeer && peer.IsValid() && (d.path.transport == "UDP" || d.agent.transport.Connected(d.path.transport, peer)) {
		return d.agent.transport.Address(ctx, req, resolver.Hop{To: peer, Transport: d.path.transport, Name: d.path.hop.Name})
	}
	hops, err := d.agent.requests.Reachable(ctx, next)
	if err != nil {
		return fmt.Errorf("sip: %s of call %s: %w", req.Method, d.key.callID, err)
	}
	for _, h := range hops {
		if h.To == d.path.hop.To && h.Transport == d.path.hop.Transport {
			return d.agent.transport.Address(ctx, req, h)
		}
	}
	return d.agent.transport.Address(ctx, req, hops[0])
}
