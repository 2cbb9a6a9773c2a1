package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

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
	target = *target.Clone()
	target.Headers = nil
	req := gosip.NewRequest(method, target)
	for _, r := range d.routes {
		req.AppendHeader(&gosip.RouteHeader{Address: *r.Clone()})
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

// do sends a request inside the dialog and waits for its final answer. 481 and
// 408 end the dialog (RFC 3261 12.2.1.2).
func (d *Dialog) do(ctx context.Context, req *gosip.Request) (*gosip.Response, error) {
	tx, err := d.begin(ctx, req, nil)
	if err != nil {
		return nil, err
	}
	for {
		select {
		case res := <-tx.Responses():
			if res.IsProvisional() {
				continue
			}
			if res.StatusCode == 481 || res.StatusCode == 408 {
				d.step(dialogLost)
			}
			return res, nil
		case <-tx.Done():
			return nil, fmt.Errorf("sip: %s in call %s: %w: %w", req.Method, d.key.callID, ErrTransport, tx.Err())
		case <-ctx.Done():
			tx.Terminate()
			return nil, fmt.Errorf("sip: %s in call %s: %w", req.Method, d.key.callID, context.Cause(ctx))
		}
	}
}

// begin routes a request of the dialog and starts its transaction; again hears
// repeated and forked 2xx of an INVITE.
func (d *Dialog) begin(ctx context.Context, req *gosip.Request, again func(*gosip.Response)) (*gosip.ClientTx, error) {
	if err := d.routeRequest(ctx, req); err != nil {
		return nil, err
	}
	tx, err := d.agent.txl.NewClientTransaction(ctx, req)
	if err == nil {
		if again != nil {
			tx.OnRetransmission(again)
		}
		if err = tx.Init(); err != nil {
			tx.Terminate()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("sip: sending %s of call %s: %w: %w", req.Method, d.key.callID, ErrTransport, err)
	}
	return tx, nil
}

// routeRequest decides where a request of the dialog goes and by what.
func (d *Dialog) routeRequest(ctx context.Context, req *gosip.Request) error {
	d.mu.Lock()
	peer := d.peer
	d.mu.Unlock()
	hop := req.Recipient
	if len(d.routes) > 0 {
		hop = d.routes[0]
	}
	to := peer
	transport := uriTransport(hop)
	if d.viaPeer && peer.IsValid() {
		transport = d.transport
		if transport == "TCP" && !d.agent.connected(peer) {
			to, transport = netip.AddrPort{}, uriTransport(hop)
		}
	} else {
		to = netip.AddrPort{}
	}
	if !to.IsValid() {
		var err error
		if to, err = resolve(ctx, hop, transport); err != nil {
			return fmt.Errorf("sip: %s of call %s: %w", req.Method, d.key.callID, err)
		}
	}
	return d.agent.address(ctx, req, to, transport)
}

// address fixes a request's destination, Via and socket. Requests above 1300
// octets go by TCP where that connects (RFC 3261 18.1.1).
func (a *Agent) address(ctx context.Context, req *gosip.Request, to netip.AddrPort, transport string) error {
	p, ok := a.portFor(to.Addr())
	if !ok {
		return fmt.Errorf("sip: no address of ours reaches %s: %w", to, ErrTransport)
	}
	at := a.local(p.local, to.Addr())
	via := &gosip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: transport,
		Host: at.Addr().String(), Port: int(at.Port())}
	via.Params.Add("branch", a.branch())
	via.Params.Add("rport", "")
	req.PrependHeader(via)
	if transport == "UDP" && len(req.String()) > maxDatagram && a.connect(ctx, to, p.local) == nil {
		transport = "TCP"
		via.Transport = "TCP"
	} else if transport == "TCP" {
		if err := a.connect(ctx, to, p.local); err != nil {
			return fmt.Errorf("sip: connecting to %s: %w: %w", to, ErrTransport, err)
		}
	}
	req.SetTransport(transport)
	req.SetDestination(to.String())
	if transport == "UDP" {
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

// connected tells whether a TCP connection to the address is open.
func (a *Agent) connected(to netip.AddrPort) bool {
	c, err := a.tpl.GetConnection("tcp", to.String())
	if err != nil {
		return false
	}
	_, _ = c.TryClose()
	return true
}

// connect makes sure that there is a TCP connection to the address, behind the
// guard like one that was accepted.
func (a *Agent) connect(ctx context.Context, to, local netip.AddrPort) error {
	if a.connected(to) {
		return nil
	}
	c, err := a.wire.Dial(ctx, to)
	if err != nil {
		return err
	}
	pooled, err := a.streams.add(c, local)
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

// resolve finds the address of a URI: a number, else SRV when no port is given,
// else A or AAAA (RFC 3263 4.2).
func resolve(ctx context.Context, u gosip.Uri, transport string) (netip.AddrPort, error) {
	host, portNo := strings.Trim(u.Host, "[]"), u.Port
	if portNo < 0 || portNo > 65535 {
		return netip.AddrPort{}, fmt.Errorf("sip: port of %q: %w", host, ErrTransport)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(ip.Unmap(), orSIP(portNo)), nil
	}
	if portNo == 0 {
		_, srv, err := net.DefaultResolver.LookupSRV(ctx, "sip", strings.ToLower(transport), host)
		if err == nil && len(srv) > 0 {
			host, portNo = strings.TrimSuffix(srv[0].Target, "."), int(srv[0].Port)
		}
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("sip: looking up %s: %w: %w", strconv.Quote(host), ErrTransport, err)
	}
	for _, ip := range ips {
		if ip.Unmap().Is4() {
			return netip.AddrPortFrom(ip.Unmap(), orSIP(portNo)), nil
		}
	}
	return netip.AddrPortFrom(ips[0].Unmap(), orSIP(portNo)), nil
}

func orSIP(p int) uint16 {
	if p == 0 {
		return 5060
	}
	return uint16(p)
}
