package sip

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/header"
	"hotline/sip/resolver"
	"hotline/sip/transport"
)

// requests is the way out for requests: where an address leads, by which socket, and requests outside any dialog. Dial, the
// dialogs and the trunks ([hotline/sip/trunk.Agent]) use it. Safe for concurrent use.
type requests struct {
	transport *transport.Layer
	resolver  *resolver.Resolver
	timers    Timers
	userAgent string
	log       *slog.Logger
}

// Reachable are the hops of an address that a socket of ours can reach; at least one where there is no error.
func (r *requests) Reachable(ctx context.Context, u gosip.Uri) ([]resolver.Hop, error) {
	all, err := r.resolver.Find(ctx, resolver.Target{
		Host: strings.Trim(u.Host, "[]"), Port: u.Port, Transport: header.Transport(u), Explicit: u.UriParams.Has("transport"),
	})
	if err != nil {
		return nil, fmt.Errorf("sip: %w: %w", err, ErrTransport)
	}
	var out []resolver.Hop
	for _, h := range all {
		if r.transport.Reaches(h.To.Addr()) {
			out = append(out, h)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no address of ours reaches %s: %w", all[0].To, ErrTransport)
	}
	return out, nil
}

// Failed notes a hop that did not answer.
func (r *requests) Failed(to netip.AddrPort) { r.resolver.Failed(to) }

// Ask sends a request outside any dialog to one hop and waits for its final answer.
func (r *requests) Ask(ctx context.Context, req *gosip.Request, h resolver.Hop) (*gosip.Response, error) {
	ctx, stop := context.WithTimeoutCause(ctx, r.timers.Dead, ErrDead)
	defer stop()
	if err := r.transport.Address(ctx, req, h); err != nil {
		return nil, err
	}
	tx, err := r.transport.Transaction(ctx, req, nil)
	if err != nil {
		return nil, fmt.Errorf("sip: sending %s to %s: %w: %w", req.Method, h.To, ErrTransport, err)
	}
	defer tx.Terminate()
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, fmt.Errorf("sip: %s to %s: %w", req.Method, h.To, ErrDead)
		case <-ctx.Done():
			return nil, fmt.Errorf("sip: %s to %s: %w", req.Method, h.To, context.Cause(ctx))
		}
	}
}

// Ping sends a double CRLF to a hop (RFC 5626 section 3.5.1).
func (r *requests) Ping(h resolver.Hop) { r.transport.Ping(h) }

// Contact is our Contact as the hop sees us.
func (r *requests) Contact(user string, h resolver.Hop) gosip.Header {
	return header.Contact(user, r.transport.LocalFor(h.Transport, h.To.Addr()), h.Transport)
}

// UserAgent is what we call ourselves.
func (r *requests) UserAgent() string { return r.userAgent }

// RoundTrip is T1.
func (r *requests) RoundTrip() time.Duration { return r.timers.T1 }

// Log gets stable lines without payloads.
func (r *requests) Log() *slog.Logger { return r.log }

// response builds an answer inside a transaction; the To tag is the dialog's, empty where there is none.
func (a *Agent) response(req *gosip.Request, code int, reason, tag string, body []byte) *gosip.Response {
	res := gosip.NewResponseFromRequest(req, code, reason, body)
	if from := res.From(); from != nil && header.Tag(from.Params) == "" {
		from.Params.Remove("tag") // the empty one is ours (syntax.WithFromTag)
	}
	if to := res.To(); to != nil && tag != "" && code > 100 {
		to.Params.Add("tag", tag)
	}
	if via := res.Via(); via != nil && !via.Params.Has("received") {
		if src, err := netip.ParseAddrPort(req.Source()); err == nil && via.Host != src.Addr().Unmap().String() {
			via.Params.Add("received", src.Addr().Unmap().String())
		}
	}
	if code >= 200 {
		res.AppendHeader(header.New("Server", a.cfg.UserAgent))
	}
	return res
}

// finalError is a refusal as an error.
func finalError(res *gosip.Response) *FinalError {
	return &FinalError{Code: res.StatusCode, Reason: header.Printable(res.Reason)}
}
