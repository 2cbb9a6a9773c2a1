package sip

import (
	"context"
	"fmt"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// tendTrunks starts what keeps each trunk alive; Stop waits for all of it.
func (a *Agent) tendTrunks() {
	for _, t := range a.trunks {
		if t.Register {
			a.spawn("registration", t.Name, func() { a.keepRegistered(t) })
		}
		if t.Proxy != "" && t.KeepAlive > 0 {
			a.spawn("keep-alive", t.Name, func() { a.keepAlive(t) })
		}
	}
}

// keepAlive shows a trunk, and the NATs on the way to it, that we live: OPTIONS, whose answer tells whether it is
// reachable, or a double CRLF where the registration tells that (RFC 5626 section 3.5.1).
func (a *Agent) keepAlive(t *trunk) {
	every := time.NewTicker(t.KeepAlive)
	defer every.Stop()
	for {
		if t.Register {
			a.nudge(t)
		} else {
			a.probe(t)
		}
		select {
		case <-every.C:
		case <-a.quit:
			return
		case <-a.ctx.Done():
			return
		}
	}
}

// probe asks a trunk's hops for OPTIONS until one answers anything at all (RFC 3261 section 11).
func (a *Agent) probe(t *trunk) {
	ctx, stop := context.WithTimeout(a.ctx, 16*time.Second)
	defer stop()
	uri, err := parseURI(t.Proxy)
	if err != nil {
		return
	}
	hops, err := a.reachable(ctx, uri)
	for _, h := range hops {
		if _, err = a.ask(ctx, a.optionsTo(uri), h); err == nil {
			t.learn(h.to.Addr())
			if t.fares(TrunkReachable, h.to, "") {
				a.log.Info("sip: trunk reachable", "trunk", t.Name, "at", h.to.String())
			}
			return
		}
		a.where.failed(h.to)
		if a.ctx.Err() != nil {
			return
		}
	}
	words := fmt.Sprintf("asking %s for a sign of life: %v; check the address and the way to it", uri.Host, err)
	if t.fares(TrunkFailing, addrOf(hops), words) {
		a.log.Warn("sip: trunk not reachable", "trunk", t.Name, "error", words)
	}
}

func (a *Agent) optionsTo(uri gosip.Uri) *gosip.Request {
	target := *uri.Clone()
	req := gosip.NewRequest(gosip.OPTIONS, target)
	bare := gosip.Uri{Scheme: "sip", User: target.User, Host: target.Host, Port: target.Port}
	from, to := gosip.FromHeader{Address: gosip.Uri{Scheme: "sip", User: "hotline", Host: uri.Host}}, gosip.ToHeader{Address: bare}
	from.Params.Add("tag", gosip.GenerateTagN(16))
	callID, hops := gosip.CallIDHeader(gosip.GenerateTagN(24)), gosip.MaxForwardsHeader(70)
	req.AppendHeader(&from)
	req.AppendHeader(&to)
	req.AppendHeader(&callID)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: 1, MethodName: gosip.OPTIONS})
	req.AppendHeader(&hops)
	req.AppendHeader(header("User-Agent", a.server()))
	req.SetBody(nil)
	return req
}

// nudge sends a double CRLF to where the trunk's registrar answered last.
func (a *Agent) nudge(t *trunk) {
	if !t.registered() {
		return
	}
	uri, err := parseURI(t.Registrar)
	if err != nil {
		return
	}
	ctx, stop := context.WithTimeout(a.ctx, patience)
	defer stop()
	hops, err := a.reachable(ctx, uri)
	if err != nil {
		return
	}
	h := hops[0]
	p, ok := a.portFor(h.to.Addr())
	switch {
	case !ok:
	case h.transport == "UDP":
		_, _ = p.packet.WriteTo([]byte("\r\n\r\n"), udpAddr(h.to))
	default:
		if c, err := a.tpl.GetConnection(h.transport, h.to.String()); err == nil {
			if w, ok := c.(interface{ Write([]byte) (int, error) }); ok {
				_, _ = w.Write([]byte("\r\n\r\n"))
			}
			_, _ = c.TryClose()
		}
	}
}
