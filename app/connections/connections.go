// Package connections keeps HTTP from using up the file descriptors that the line needs.
package connections

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
)

const (
	share     = 4   // HTTP has a quarter of the process's file descriptors
	atMost    = 512 // and never more than so many
	atLeast   = 8
	perSource = 64 // of one host; this machine, where a proxy may stand, has all
)

// Limiter bounds the connections of an HTTP server, in all and of each source. When there are too many, the oldest idle
// connection is closed. When none is idle, the new one is closed. Its Change is the server's ConnState. Safe for concurrent use.
type Limiter struct {
	most, each int

	mu    sync.Mutex
	open  map[net.Conn]netip.Addr
	idle  []net.Conn // oldest first: nothing was asked yet, or all was answered
	count map[netip.Addr]int
	shut  uint64
}

// New makes a limiter for the file descriptors that this process may have.
func New() *Limiter {
	most := atMost
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil && l.Cur/share < atMost {
		most = max(int(l.Cur/share), atLeast)
	}
	return Limited(most, min(perSource, most))
}

// Limited makes a limiter of so many connections, and so many of each source.
func Limited(most, each int) *Limiter {
	return &Limiter{most: most, each: each, open: map[net.Conn]netip.Addr{}, count: map[netip.Addr]int{}}
}

// Closed counts the connections that were closed to keep the limits.
func (l *Limiter) Closed() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shut
}

// Change follows a connection from one state to the next.
func (l *Limiter) Change(c net.Conn, s http.ConnState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch s {
	case http.StateNew:
		l.enter(c)
	case http.StateActive:
		l.busy(c)
	case http.StateIdle:
		if _, ok := l.open[c]; ok {
			l.idle = append(l.idle, c)
		}
	case http.StateClosed, http.StateHijacked:
		l.leave(c)
	}
}

func (l *Limiter) enter(c net.Conn) {
	from := hostOf(c)
	l.open[c], l.idle = from, append(l.idle, c)
	l.count[from]++
	if !from.IsLoopback() && l.count[from] > l.each {
		l.evict(func(other net.Conn) bool { return l.open[other] == from })
	}
	if len(l.open) > l.most {
		l.evict(func(net.Conn) bool { return true })
	}
}

// evict closes the oldest idle connection of some. The newest has just come and is the last to be closed.
func (l *Limiter) evict(of func(net.Conn) bool) {
	for _, c := range l.idle {
		if of(c) {
			l.leave(c)
			l.shut++
			_ = c.Close() // the server hears of it from its own read
			return
		}
	}
}

func (l *Limiter) busy(c net.Conn) {
	for i, other := range l.idle {
		if other == c {
			l.idle = append(l.idle[:i:i], l.idle[i+1:]...)
			return
		}
	}
}

func (l *Limiter) leave(c net.Conn) {
	from, ok := l.open[c]
	if !ok {
		return
	}
	l.busy(c)
	delete(l.open, c)
	if l.count[from]--; l.count[from] == 0 {
		delete(l.count, from)
	}
}

func hostOf(c net.Conn) netip.Addr {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
