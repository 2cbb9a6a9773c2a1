package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Resolver looks names up; *net.Resolver is one. Safe for concurrent use.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, addrs []*net.SRV, err error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// hop is one place that a request can be sent to.
type hop struct {
	to        netip.AddrPort
	transport string // "UDP", "TCP" or "TLS"
	name      string // the host as it was written, which a TLS certificate must name
}

const (
	fresh    = 30 * time.Second // so long an answer of the name servers is believed without asking again
	shunned  = 30 * time.Second // so long a hop that did not answer is tried last
	patience = 2 * time.Second  // of one question to the name servers
	maxNames = 1024             // names kept
)

// locator finds the hops of an address (RFC 3263 section 4; NAPTR is not asked). What it learnt is used again when the
// name servers are down, and a hop that was dead a moment ago comes last. Safe for concurrent use.
type locator struct {
	dns Resolver

	mu   sync.Mutex
	kept map[string]located
	dead map[netip.AddrPort]time.Time
}

type located struct {
	hops []hop
	at   time.Time
}

func newLocator(dns Resolver) *locator {
	if dns == nil {
		dns = net.DefaultResolver
	}
	return &locator{dns: dns, kept: map[string]located{}, dead: map[netip.AddrPort]time.Time{}}
}

// find lists the hops of a URI in the order to try them, at least one without an error.
func (l *locator) find(ctx context.Context, u gosip.Uri) ([]hop, error) {
	host := strings.Trim(u.Host, "[]")
	if u.Port < 0 || u.Port > 65535 {
		return nil, fmt.Errorf("sip: port of %s: %w", strconv.Quote(host), ErrTransport)
	}
	transport, asked := uriTransport(u), u.UriParams.Has("transport")
	if ip, err := netip.ParseAddr(host); err == nil {
		return []hop{{netip.AddrPortFrom(ip.Unmap(), orDefault(u.Port, transport)), transport, host}}, nil
	}
	key := fmt.Sprintf("%s|%d|%s|%v", strings.ToLower(host), u.Port, transport, asked)
	l.mu.Lock()
	known, ok := l.kept[key]
	l.mu.Unlock()
	if !ok || time.Since(known.at) > fresh {
		hops, err := l.look(ctx, host, u.Port, transport, asked)
		switch {
		case err == nil:
			known = located{hops, time.Now()}
			l.keep(key, known)
		case !ok:
			return nil, fmt.Errorf("sip: looking up %s: %w: %w", strconv.Quote(host), ErrTransport, err)
		}
	}
	return l.ordered(known.hops), nil
}

func (l *locator) keep(key string, k located) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) >= maxNames {
		clear(l.kept)
	}
	l.kept[key] = k
}

// look asks for SRV when neither a port was given, else for addresses (RFC 3263 section 4.2). Without a transport in the
// URI, UDP comes before TCP.
func (l *locator) look(ctx context.Context, host string, port int, transport string, asked bool) ([]hop, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	var out []hop
	if port == 0 {
		for _, t := range []string{"UDP", "TCP", "TLS"} {
			if t == transport || !asked && t != "TLS" {
				out = append(out, l.services(ctx, host, t)...)
			}
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	return l.addresses(ctx, host, orDefault(port, transport), transport, host)
}

func (l *locator) services(ctx context.Context, host, transport string) (out []hop) {
	service, proto := "sip", strings.ToLower(transport)
	if transport == "TLS" {
		service, proto = "sips", "tcp"
	}
	_, records, err := l.dns.LookupSRV(ctx, service, proto, host) // by priority, at random by weight
	if err != nil {
		return nil
	}
	for _, r := range records {
		if hops, err := l.addresses(ctx, strings.TrimSuffix(r.Target, "."), r.Port, transport, host); err == nil {
			out = append(out, hops...)
		}
	}
	return out
}

// addresses are the hops of one host, IPv4 before IPv6.
func (l *locator) addresses(ctx context.Context, host string, port uint16, transport, name string) ([]hop, error) {
	ips, err := l.dns.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var out []hop
	for _, ip := range ips {
		out = append(out, hop{netip.AddrPortFrom(ip.Unmap(), port), transport, name})
	}
	slices.SortStableFunc(out, func(a, b hop) int { return a.to.Addr().BitLen() - b.to.Addr().BitLen() })
	if len(out) == 0 {
		return nil, fmt.Errorf("no address of %s", strconv.Quote(host))
	}
	return out, nil
}

// failed notes a hop that did not answer.
func (l *locator) failed(to netip.AddrPort) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.dead) >= maxNames {
		clear(l.dead)
	}
	l.dead[to] = time.Now()
}

// ordered puts the hops that were dead a moment ago last.
func (l *locator) ordered(hops []hop) []hop {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := slices.Clone(hops)
	slices.SortStableFunc(out, func(a, b hop) int { return l.shuns(a) - l.shuns(b) })
	return out
}

func (l *locator) shuns(h hop) int {
	if at, ok := l.dead[h.to]; ok && time.Since(at) < shunned {
		return 1
	}
	return 0
}

// orDefault is a port, or the one that a transport has by default (RFC 3261 section 19.1.2).
func orDefault(p int, transport string) uint16 {
	switch {
	case p != 0:
		return uint16(p)
	case transport == "TLS":
		return 5061
	}
	return 5060
}
