package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	gosip "github.com/emiago/sipgo/sip"
)

// request makes a request inside the dialog (RFC 3261 12.2.1.1).
func (d *Dialog) request(method gosip.RequestMethod) *gosip.Request {
	d.mu.Lock()
	d.localSeq++
	seq, target := d.localSeq, d.target
	d.mu.Unlock()
	return d.requestWith(method, seq, target)
}

func (d *Dialog) requestWith(method gosip.RequestMethod, seq uint32, target gosip.Uri) *gosip.Request {
	d.mu.Lock()
	recipient, routes := routed(target, d.routes)
	d.mu.Unlock()
	req := gosip.NewRequest(method, recipient)
	for _, r := range routes {
		req.AppendHeader(&gosip.RouteHeader{Address: r})
	}
	from, to := d.self, d.other
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
	req.AppendHeader(header("User-Agent", d.agent.server()))
	req.SetBody(nil)
	return req
}

// routed gives the Request-URI and the Route headers of a request to a target (RFC 3261 12.2.1.1). A first router that does
// not say lr is a strict one: it is the Request-URI itself, without what may not stand there (19.1.1), and the target is
// the last of the routes (16.12.1.2 shows it on the way).
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

// do sends a request inside the dialog and waits for its final answer; dress adds what the method needs. A challenge is
// answered once with the trunk's account. 481 and 408 end the dialog (RFC 3261 12.2.1.2).
func (d *Dialog) do(ctx context.Context, method gosip.RequestMethod, dress func(*gosip.Request)) (*gosip.Response, error) {
	return d.send(ctx, method, dress, nil)
}

// send is do; i is set for an INVITE.
func (d *Dialog) send(ctx context.Context, method gosip.RequestMethod, dress func(*gosip.Request), i *invitation) (*gosip.Response, error) {
	p := proof{account: d.account()}
	var credentials gosip.Header
	for {
		req := d.request(method)
		if dress != nil {
			dress(req)
		}
		if credentials != nil {
			req.AppendHeader(credentials)
		}
		res, err := d.once(ctx, req, i)
		if err != nil {
			return nil, err
		}
		if challenged(res) {
			if c, err := p.answer(res, req); err == nil {
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
	if d.trunk == nil {
		return Account{}
	}
	return d.trunk.Account
}

// once sends one request and waits for its final answer; i is set for an INVITE.
func (d *Dialog) once(ctx context.Context, req *gosip.Request, i *invitation) (*gosip.Response, error) {
	if err := d.routeRequest(ctx, req); err != nil {
		return nil, err
	}
	var again func(*gosip.Response)
	if i != nil {
		var forget func()
		again = i.again
		i.replies, forget = d.agent.listen(branchOf(req))
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

// start starts the transaction of a routed request; again hears repeated and forked 2xx of an INVITE.
func (d *Dialog) start(ctx context.Context, req *gosip.Request, again func(*gosip.Response)) (*gosip.ClientTx, error) {
	var tx *gosip.ClientTx
	err := d.agent.send(func() (err error) {
		if tx, err = d.agent.txl.NewClientTransaction(ctx, req); err != nil {
			return err
		}
		if again != nil {
			tx.OnRetransmission(again)
		}
		if err = tx.Init(); err != nil {
			tx.Terminate()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sip: sending %s of call %s: %w: %w", req.Method, d.key.callID, ErrTransport, err)
	}
	return tx, nil
}

// routeRequest decides where a request of the dialog goes and by what: back over the way it came where there is no
// other, and always to a stranger; else to the first place of the next hop, the one in use before the others.
func (d *Dialog) routeRequest(ctx context.Context, req *gosip.Request) error {
	d.mu.Lock()
	peer, viaPeer := d.peer, d.viaPeer
	next := req.Recipient
	if len(d.routes) > 0 {
		next = d.routes[0]
	}
	d.mu.Unlock()
	if d.stranger && peer.IsValid() {
		return d.agent.address(ctx, req, hop{peer, d.transport, d.hop.name})
	}
	if viaPeer && peer.IsValid() && (d.transport == "UDP" || d.agent.connected(d.transport, peer)) {
		return d.agent.address(ctx, req, hop{peer, d.transport, d.hop.name})
	}
	hops, err := d.agent.reachable(ctx, next)
	if err != nil {
		return fmt.Errorf("sip: %s of call %s: %w", req.Method, d.key.callID, err)
	}
	for _, h := range hops {
		if h.to == d.hop.to && h.transport == d.hop.transport {
			return d.agent.address(ctx, req, h)
		}
	}
	return d.agent.address(ctx, req, hops[0])
}

// branchOf is the branch of a request of ours.
func branchOf(req *gosip.Request) string {
	b, _ := req.Via().Params.Get("branch")
	return b
}

// address fixes a request's destination, Via and socket. Requests above 1300
// octets go by TCP where that connects (RFC 3261 18.1.1).
func (a *Agent) address(ctx context.Context, req *gosip.Request, h hop) error {
	p, ok := a.portFor(h.to.Addr())
	if !ok {
		return fmt.Errorf("sip: no address of ours reaches %s: %w", h.to, ErrTransport)
	}
	at := a.local(p.at(h.transport), h.to.Addr())
	via := &gosip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: h.transport,
		Host: at.Addr().String(), Port: int(at.Port())}
	via.Params.Add("branch", a.branch())
	via.Params.Add("rport", "")
	req.PrependHeader(via)
	if h.transport == "UDP" && len(req.String()) > maxDatagram && a.connect(ctx, hop{h.to, "TCP", h.name}, p.local) == nil {
		h.transport, via.Transport = "TCP", "TCP"
	} else if h.transport != "UDP" {
		if err := a.connect(ctx, h, p.at(h.transport)); err != nil {
			return fmt.Errorf("sip: connecting to %s: %w: %w", h.to, ErrTransport, err)
		}
	}
	req.SetTransport(h.transport)
	req.SetDestination(h.to.String())
	if h.transport == "UDP" {
		req.Laddr = gosip.Addr{IP: net.IP(p.local.Addr().AsSlice()), Port: int(p.local.Port())}
	}
	return nil
}

// portFor picks the socket for a far address: same family, loopback for loopback.
func (a *Agent) portFor(to netip.Addr) (port, bool) {
	best, found := port{}, false
	for _, p := range a.ports {
		ip := p.local.Addr()
		if ip.Is4() != to.Is4() {
			continue
		}
		fits := ip.IsUnspecified() || ip.IsLoopback() == to.IsLoopback()
		if !found || fits && !(best.local.Addr().IsUnspecified() || best.local.Addr().IsLoopback() == to.IsLoopback()) {
			best, found = p, true
		}
	}
	return best, found
}

// local is our address as a far one sees it: the public one, the socket's, or for
// a socket on all addresses the one that the route to it leaves by.
func (a *Agent) local(bound netip.AddrPort, far netip.Addr) netip.AddrPort {
	if a.cfg.Public.IsValid() && !far.IsLoopback() && a.cfg.Public.Is4() == far.Is4() {
		return netip.AddrPortFrom(a.cfg.Public, bound.Port())
	}
	if !bound.Addr().IsUnspecified() {
		return bound
	}
	// Connecting a datagram socket asks the routing table and sends nothing.
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(far, 9)))
	if err != nil {
		return bound
	}
	defer c.Close()
	return netip.AddrPortFrom(addrPort(c.LocalAddr()).Addr(), bound.Port())
}

// connected tells whether a connection to the address is open.
func (a *Agent) connected(transport string, to netip.AddrPort) bool {
	c, err := a.tpl.GetConnection(transport, to.String())
	if err != nil {
		return false
	}
	_, _ = c.TryClose()
	return true
}

// connect makes sure that there is a connection to the address, behind the guard like one that was accepted.
func (a *Agent) connect(ctx context.Context, h hop, local netip.AddrPort) error {
	if a.connected(h.transport, h.to) {
		return nil
	}
	c, err := a.wire.Dial(ctx, h.to)
	if err != nil {
		return err
	}
	feed := a.streams
	if h.transport == "TLS" {
		if c, err = a.secured(ctx, c, h.name); err != nil {
			return err
		}
		feed = a.secure
	}
	pooled, err := feed.add(c, local, true)
	if err != nil {
		return err
	}
	select {
	case <-pooled:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-a.ctx.Done():
		return ErrStopped
	}
}
