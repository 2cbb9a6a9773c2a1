// Package resolver finds the places that a SIP request can be sent to (RFC 3263 section 4; NAPTR is not asked). The agent
// asks it for each call and each request outside a connection, and a trunk for its registrar and its proxy.
package resolver

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
)

// DNS looks names up; *net.Resolver is one. Safe for concurrent use.
type DNS interface {
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, addrs []*net.SRV, err error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Target is what a URI says of where it leads.
type Target struct {
	Host      string // without brackets
	Port      int    // 0 when none was given
	Transport string // "UDP", "TCP" or "TLS"
	Explicit  bool   // the URI names the transport
}

// Hop is one place that a request can be sent to.
type Hop struct {
	To        netip.AddrPort
	Transport string // "UDP", "TCP" or "TLS"
	Name      string // the host as it was written, which a TLS certificate must name
}

const (
	cacheFor  = 30 * time.Second // how long an answer of the name servers is used without asking again
	failedFor = 30 * time.Second // how long a hop that did not answer is tried last
	timeout   = 2 * time.Second  // of one question to the name servers
	maxNames  = 1024             // names kept
)

// Resolver finds hops. What it has learnt is used again when the name servers are down. A hop that did not answer a moment ago
// comes last. Safe for concurrent use.
type Resolver struct {
	dns DNS

	mu     sync.Mutex
	cache  map[string]answer
	failed map[netip.AddrPort]time.Time
}

// answer is what the name servers said last.
type answer struct {
	hops []Hop
	at   time.Time
}

// New makes a resolver; nil means the system's name servers.
func New(dns DNS) *Resolver {
	if dns == nil {
		dns = net.DefaultResolver
	}
	return &Resolver{dns: dns, cache: map[string]answer{}, failed: map[netip.AddrPort]time.Time{}}
}

// Find lists the hops of a target in the order to try them; at least one where there is no error.
func (r *Resolver) Find(ctx context.Context, t Target) ([]Hop, error) {
	if t.Port < 0 || t.Port > 65535 {
		return nil, fmt.Errorf("port of %s", strconv.Quote(t.Host))
	}
	if ip, err := netip.ParseAddr(t.Host); err == nil {
		return []Hop{{netip.AddrPortFrom(ip.Unmap(), t.port()), t.Transport, t.Host}}, nil
	}
	key := fmt.Sprintf("%s|%d|%s|%v", strings.ToLower(t.Host), t.Port, t.Transport, t.Explicit)
	r.mu.Lock()
	known, ok := r.cache[key]
	r.mu.Unlock()
	if !ok || time.Since(known.at) > cacheFor {
		hops, err := r.look(ctx, t)
		switch {
		case err == nil:
			known = answer{hops, time.Now()}
			r.keep(key, known)
		case !ok:
			return nil, fmt.Errorf("looking up %s: %w", strconv.Quote(t.Host), err)
		}
	}
	return r.ordered(known.hops), nil
}

func (r *Resolver) keep(key string, a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.cache) >= maxNames {
		clear(r.cache)
	}
	r.cache[key] = a
}

// look asks for SRV records where no port was given, else for addresses (RFC 3263 section 4.2). Where the URI names no
// transport, UDP comes before TCP.
func (r *Resolver) look(ctx context.Context, t Target) ([]Hop, error) {
	ctx, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	var out []Hop
	if t.Port == 0 {
		for _, transport := range []string{"UDP", "TCP", "TLS"} {
			if transport == t.Transport || !t.Explicit && transport != "TLS" {
				out = append(out, r.services(ctx, t.Host, transport)...)
			}
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	return r.addresses(ctx, t.Host, t.port(), t.Transport, t.Host)
}

func (r *Resolver) services(ctx context.Context, host, transport string) (out []Hop) {
	service, proto := "sip", strings.ToLower(transport)
	if transport == "TLS" {
		service, proto = "sips", "tcp"
	}
	_, records, err := r.dns.LookupSRV(ctx, service, proto, host) // by priority, at random by weight
	if err != nil {
		return nil
	}
	for _, s := range records {
		if hops, err := r.addresses(ctx, strings.TrimSuffix(s.Target, "."), s.Port, transport, host); err == nil {
			out = append(out, hops...)
		}
	}
	return out
}

// addresses are the hops of one host, IPv4 before IPv6.
func (r *Resolver) addresses(ctx context.Context, host string, port uint16, transport, name string) ([]Hop, error) {
	ips, err := r.dns.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var out []Hop
	for _, ip := range ips {
		out = append(out, Hop{netip.AddrPortFrom(ip.Unmap(), port), transport, name})
	}
	slices.SortStableFunc(out, func(a, b Hop) int { return a.To.Addr().BitLen() - b.To.Addr().BitLen() })
	if len(out) == 0 {
		return nil, fmt.Errorf("no address of %s", strconv.Quote(host))
	}
	return out, nil
}

// Failed notes a hop that did not answer.
func (r *Resolver) Failed(to netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.failed) >= maxNames {
		clear(r.failed)
	}
	r.failed[to] = time.Now()
}

// ordered puts the hops that failed a moment ago last.
func (r *Resolver) ordered(hops []Hop) []Hop {
	r.mu.Lock()
	defer r.mu.Unlock()
	rank := func(h Hop) int {
		if at, ok := r.failed[h.To]; ok && time.Since(at) < failedFor {
			return 1
		}
		return 0
	}
	out := slices.Clone(hops)
	slices.SortStableFunc(out, func(a, b Hop) int { return rank(a) - rank(b) })
	return out
}

// port is the port to ask at where there is no SRV record (RFC 3261 section 19.1.2).
func (t Target) port() uint16 {
	switch {
	case t.Port != 0:
		return uint16(t.Port)
	case t.Transport == "TLS":
		return 5061
	}
	return 5060
}
