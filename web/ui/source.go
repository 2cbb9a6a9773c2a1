package ui

import (
	"net/http"
	"net/netip"
	"strings"
)

// Encrypted tells whether the browser speaks TLS: with this program, or with a proxy on this machine that says so.
func Encrypted(q *http.Request) bool {
	return q.TLS != nil || peer(q).IsLoopback() && strings.EqualFold(q.Header.Get("X-Forwarded-Proto"), "https")
}

// peer is the host at the other end of the connection.
func peer(q *http.Request) netip.Addr {
	at, _ := netip.ParseAddrPort(q.RemoteAddr) // net/http writes nothing else
	return at.Addr().Unmap()
}

// Source is the host that a request came from: behind a proxy of this machine, the last one that the proxy names.
func Source(q *http.Request) netip.Addr {
	from := peer(q)
	if chain := q.Header.Values("X-Forwarded-For"); from.IsLoopback() && len(chain) > 0 {
		hops := strings.Split(chain[len(chain)-1], ",")
		if a, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
			return a.Unmap()
		}
	}
	return from
}
