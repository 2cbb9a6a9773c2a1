package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"hotline/sip/guard"
)

// Limits on connections. Strangers have a share of their own, so that they never take the place of a trunk.
const (
	maxPerSource   = 64 // of one address
	maxPerStranger = 8
	maxStreams     = 1024 // in all
	maxStrangers   = 256
)

// streams hands every connection of TCP or of TLS, accepted or dialled, to sipgo through one net.Listener of our own, so that
// a failing accept never ends the service.
type streams struct {
	guard      *guard.Guard
	timeouts   Timeouts
	transport  string // "TCP" or "TLS"
	ready      chan net.Conn
	done       chan struct{}
	addr       net.Addr
	handshakes sync.WaitGroup // TLS handshakes under way

	mu        sync.Mutex
	open      map[*stream]struct{}
	byHost    map[netip.Addr]int
	strangers int
	closed    bool
}

func newStreams(g *guard.Guard, t Timeouts, transport string, at netip.AddrPort) *streams {
	return &streams{guard: g, timeouts: t, transport: transport, ready: make(chan net.Conn), done: make(chan struct{}), addr: net.TCPAddrFromAddrPort(at),
		open: map[*stream]struct{}{}, byHost: map[netip.Addr]int{}}
}

// Accept yields the next connection, whoever opened it.
func (p *streams) Accept() (net.Conn, error) {
	select {
	case c := <-p.ready:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Addr is the first address listened on.
func (p *streams) Addr() net.Addr { return p.addr }

// Close ends every connection and the listener.
func (p *streams) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	close(p.done)
	var all []*stream
	for s := range p.open {
		all = append(all, s)
	}
	p.mu.Unlock()
	for _, s := range all {
		_ = s.Close()
	}
	return nil
}

// add wraps a connection and hands it to sipgo; pooled is closed when sipgo can find it. It refuses above the limits; a
// connection that we opened counts as that of a known source.
func (p *streams) add(c net.Conn, local netip.AddrPort, ours bool) (pooled <-chan struct{}, err error) {
	from := addrPort(c.RemoteAddr())
	release, ok := p.place(from.Addr(), ours)
	if !ok {
		_ = c.Close()
		return nil, ErrTransport
	}
	return p.hand(c, local, ours, release)
}

// place takes one of the places for connections; release gives it back.
func (p *streams) place(from netip.Addr, ours bool) (release func(), ok bool) {
	stranger := !ours && !p.guard.Known(from)
	most := maxPerSource
	if stranger {
		most = maxPerStranger
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	total := 0
	for _, n := range p.byHost {
		total += n
	}
	if p.closed || total >= maxStreams || p.byHost[from] >= most || stranger && p.strangers >= maxStrangers {
		return nil, false
	}
	p.byHost[from]++
	if stranger {
		p.strangers++
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.byHost[from]--; p.byHost[from] <= 0 {
			delete(p.byHost, from)
		}
		if stranger {
			p.strangers--
		}
	}, true
}

func (p *streams) hand(c net.Conn, local netip.AddrPort, ours bool, release func()) (pooled <-chan struct{}, err error) {
	ready := make(chan struct{})
	s := &stream{Conn: c, guard: p.guard, timeouts: p.timeouts, in: bufio.NewReaderSize(c, 4096), spoken: ours,
		origin: guard.Origin{From: addrPort(c.RemoteAddr()), Local: local, Transport: p.transport}}
	s.reading = func() { close(ready) }
	s.gone = func() {
		p.mu.Lock()
		delete(p.open, s)
		p.mu.Unlock()
		release()
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		_ = s.Close()
		return nil, ErrStopped
	}
	p.open[s] = struct{}{}
	p.mu.Unlock()
	select {
	case p.ready <- s:
		return ready, nil
	case <-p.done:
		_ = s.Close()
		return nil, ErrStopped
	}
}

// accepted takes a connection from outside. Where the service is TLS, keys are agreed on first.
func (p *streams) accepted(c net.Conn, local netip.AddrPort, keys *tls.Config) {
	from := addrPort(c.RemoteAddr())
	o := guard.Origin{From: from, Local: local, Transport: p.transport}
	release, ok := p.place(from.Addr(), false)
	if !ok {
		_ = c.Close()
		p.guard.Note("too many connections", o)
		return
	}
	if keys == nil {
		_, _ = p.hand(c, local, false, release)
		return
	}
	p.handshakes.Go(func() {
		t := tls.Server(c, keys)
		ctx, stop := context.WithTimeout(context.Background(), handshakeTimeout)
		defer stop()
		if err := t.HandshakeContext(ctx); err != nil {
			_ = c.Close()
			release()
			p.guard.Note("TLS handshake", o)
			return
		}
		_, _ = p.hand(t, local, false, release)
	})
}

// serve accepts from one real listener until it is closed. An accept error (too
// many open files) is slept over and never ends it.
func (p *streams) serve(ln net.Listener, local netip.AddrPort, keys *tls.Config) {
	defer p.handshakes.Wait()
	pause := 5 * time.Millisecond
	for {
		c, err := ln.Accept()
		if err == nil {
			pause = 5 * time.Millisecond
			p.accepted(c, local, keys)
			continue
		}
		if isClosed(err) {
			return
		}
		p.guard.Note("accept: "+errorClass(err), guard.Origin{Local: local, Transport: p.transport})
		select {
		case <-p.done:
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, time.Second)
	}
}

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }

// errorClass names an accept error without addresses.
func errorClass(err error) string {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no.Error()
	}
	return "refused"
}
