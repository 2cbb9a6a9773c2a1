package trunk

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/header"
	"hotline/sip/resolver"
)

// Signs of life towards a trunk. The agent runs MaintainContact in a goroutine for each trunk.

// Agent is what a trunk asks of the SIP agent. Safe for concurrent use.
type Agent interface {
	// Reachable are the hops of an address that a socket of ours can reach; at least one where there is no error.
	Reachable(ctx context.Context, u gosip.Uri) ([]resolver.Hop, error)
	// Failed notes a hop that did not answer.
	Failed(to netip.AddrPort)
	// Ask sends a request outside any dialog to one hop and waits for its final answer.
	Ask(ctx context.Context, req *gosip.Request, h resolver.Hop) (*gosip.Response, error)
	// Ping sends a double CRLF to a hop (RFC 5626 section 3.5.1).
	Ping(h resolver.Hop)
	// Contact is our Contact as the hop sees us.
	Contact(user string, h resolver.Hop) gosip.Header
	// UserAgent is what we call ourselves.
	UserAgent() string
	// RoundTrip is T1.
	RoundTrip() time.Duration
	Log() *slog.Logger
}

// pingTimeout is how long it may take to look up where to ping.
const pingTimeout = 2 * time.Second

// MaintainContact keeps the way to the trunk open, through NATs too, until quit is closed or ctx ends. It sends OPTIONS, whose
// answer tells whether the trunk is reachable. Where the registration tells that, it sends a double CRLF (RFC 5626 section
// 3.5.1).
func (t *Trunk) MaintainContact(ctx context.Context, quit <-chan struct{}, a Agent) {
	every := time.NewTicker(t.KeepAlive)
	defer every.Stop()
	for {
		if t.Register {
			t.ping(ctx, a)
		} else {
			t.probe(ctx, a)
		}
		select {
		case <-every.C:
		case <-quit:
			return
		case <-ctx.Done():
			return
		}
	}
}

// probe asks a trunk's hops for OPTIONS until one answers anything at all (RFC 3261 section 11).
func (t *Trunk) probe(whole context.Context, a Agent) {
	ctx, stop := context.WithTimeout(whole, askTimeout)
	defer stop()
	uri, err := header.ParseURI(t.Proxy)
	if err != nil {
		return
	}
	hops, err := a.Reachable(ctx, uri)
	for _, h := range hops {
		if _, err = a.Ask(ctx, optionsTo(uri, a), h); err == nil {
			t.learn(h.To.Addr())
			if t.setState(Reachable, h.To, "", "") {
				a.Log().Info("sip: trunk reachable", "trunk", t.Name, "at", h.To.String())
			}
			return
		}
		a.Failed(h.To)
		if whole.Err() != nil {
			return
		}
	}
	words := fmt.Sprintf("asking %s for a sign of life: %v; check the address and the way to it", uri.Host, err)
	if t.setState(Failing, addressOf(hops), troubleOf(err), words) {
		a.Log().Warn("sip: trunk not reachable", "trunk", t.Name, "error", words)
	}
}

func optionsTo(uri gosip.Uri, a Agent) *gosip.Request {
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
	req.AppendHeader(header.New("User-Agent", a.UserAgent()))
	req.SetBody(nil)
	return req
}

// addressOf is the first of some hops, for the record.
func addressOf(hops []resolver.Hop) netip.AddrPort {
	if len(hops) == 0 {
		return netip.AddrPort{}
	}
	return hops[0].To
}

// ping sends a double CRLF to where the trunk's registrar answered last.
func (t *Trunk) ping(ctx context.Context, a Agent) {
	if !t.registered() {
		return
	}
	uri, err := header.ParseURI(t.Registrar)
	if err != nil {
		return
	}
	ctx, stop := context.WithTimeout(ctx, pingTimeout)
	defer stop()
	if hops, err := a.Reachable(ctx, uri); err == nil {
		a.Ping(hops[0])
	}
}
