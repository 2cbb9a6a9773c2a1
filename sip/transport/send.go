package transport

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/resolver"
)

// The way out: requests are addressed and sent here, and connections opened for them.

// maxDatagram is the largest request sent by UDP, octets (RFC 3261 18.1.1).
const maxDatagram = 1300

// Address fixes a request's Via, destination and socket for one hop. A request above 1300 octets goes by TCP where that
// connects (RFC 3261 18.1.1).
func (l *Layer) Address(ctx context.Context, req *gosip.Request, h resolver.Hop) error {
	p, ok := l.portFor(h.To.Addr())
	if !ok {
		return fmt.Errorf("sip: no address of ours reaches %s: %w", h.To, ErrTransport)
	}
	at := l.Visible(p.at(h.Transport), h.To.Addr())
	via := &gosip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: h.Transport,
		Host: at.Addr().String(), Port: int(at.Port())}
	via.Params.Add("branch", l.mark+gosip.GenerateTagN(16))
	via.Params.Add("rport", "")
	req.PrependHeader(via)
	if h.Transport == "UDP" && len(req.String()) > maxDatagram && l.connect(ctx, resolver.Hop{To: h.To, Transport: "TCP", Name: h.Name}, p.local) == nil {
		h.Transport, via.Transport = "TCP", "TCP"
	} else if h.Transport != "UDP" {
		if err := l.connect(ctx, h, p.at(h.Transport)); err != nil {
			return fmt.Errorf("sip: connecting to %s: %w: %w", h.To, ErrTransport, err)
		}
	}
	req.SetTransport(h.Transport)
	req.SetDestination(h.To.String())
	if h.Transport == "UDP" {
		req.Laddr = gosip.Addr{IP: net.IP(p.local.Addr().AsSlice()), Port: int(p.local.Port())}
	}
	return nil
}

// Transaction starts the client transaction of a request that Address has addressed. onRetransmission hears repeated and
// forked 2xx of an INVITE, in a goroutine of sipgo's; nil for nobody.
func (l *Layer) Transaction(ctx context.Context, req *gosip.Request, onRetransmission func(*gosip.Response)) (*gosip.ClientTx, error) {
	var tx *gosip.ClientTx
	err := l.whileOpen(func() (err error) {
		if tx, err = l.transactions.NewClientTransaction(ctx, req); err != nil {
			return err
		}
		if onRetransmission != nil {
			tx.OnRetransmission(onRetransmission)
		}
		if err = tx.Init(); err != nil {
			tx.Terminate()
		}
		return err
	})
	return tx, err
}

// Write sends a request that is no transaction: the ACK of a 2xx.
func (l *Layer) Write(req *gosip.Request) error {
	return l.whileOpen(func() error { return l.transports.WriteMsg(req) })
}

// whileOpen runs f, which hands a request to sipgo, unless the sockets are closed: sipgo would open others of its own.
func (l *Layer) whileOpen(f func() error) error {
	l.sending.RLock()
	defer l.sending.RUnlock()
	if l.closed || l.transactions == nil {
		return ErrStopped
	}
	return f()
}

// Connected tells whether a connection to the address is open.
func (l *Layer) Connected(transport string, to netip.AddrPort) bool {
	c, err := l.transports.GetConnection(transport, to.String())
	if err != nil {
		return false
	}
	_, _ = c.TryClose()
	return true
}

// connect makes sure that there is a connection to the hop, behind the guard like one that was accepted.
func (l *Layer) connect(ctx context.Context, h resolver.Hop, local netip.AddrPort) error {
	if l.Connected(h.Transport, h.To) {
		return nil
	}
	c, err := l.wire.Dial(ctx, h.To)
	if err != nil {
		return err
	}
	pool := l.tcp
	if h.Transport == "TLS" {
		if c, err = l.handshake(ctx, c, h.Name); err != nil {
			return err
		}
		pool = l.tls
	}
	pooled, err := pool.add(c, local, true)
	if err != nil {
		return err
	}
	select {
	case <-pooled:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.done:
		return ErrStopped
	}
}

// Ping sends a double CRLF to a hop (RFC 5626 section 3.5.1): by UDP, or on a connection that is open already.
func (l *Layer) Ping(h resolver.Hop) {
	p, ok := l.portFor(h.To.Addr())
	switch {
	case !ok:
	case h.Transport == "UDP":
		_, _ = p.packet.PacketConn.WriteTo([]byte("\r\n\r\n"), net.UDPAddrFromAddrPort(h.To))
	default:
		if c, err := l.transports.GetConnection(h.Transport, h.To.String()); err == nil {
			if w, ok := c.(interface{ Write([]byte) (int, error) }); ok {
				_, _ = w.Write([]byte("\r\n\r\n"))
			}
			_, _ = c.TryClose()
		}
	}
}
