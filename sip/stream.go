package sip

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// maxPerSource is how many connections one address may hold open and maxStreams how many there may be in all;
// strangers have a share of their own, so that they never take the place of a trunk.
const (
	maxPerSource   = 64
	maxPerStranger = 8
	maxStreams     = 1024
	maxStrangers   = 256
)

// guardedStream is a TCP connection that hands whole messages to sipgo, one a
// Read: framing, size caps, deadlines and the guard's verdict are done here.
type guardedStream struct {
	net.Conn
	guard   *guard
	o       origin
	timers  Timers
	in      *bufio.Reader
	rest    []byte    // of a message that did not fit the reader's buffer
	spoken  bool      // a first message came
	lastAt  time.Time // when the last one did
	reading func()    // called before the first Read: sipgo has pooled us by then
	gone    func()    // called once when closed
	once    sync.Once
	writeMu sync.Mutex
}

// Read yields the next message that the guard let pass, whole.
func (s *guardedStream) Read(b []byte) (int, error) {
	if s.reading != nil {
		s.reading()
		s.reading = nil
	}
	for len(s.rest) == 0 {
		msg, err := s.message()
		if err != nil {
			s.lingerAfter(err)
			_ = s.Close()
			return 0, io.EOF
		}
		s.spoken, s.lastAt = true, time.Now()
		s.guard.see(s.o.from, s.o.local, s.o.transport, msg)
		pass, out, _ := s.guard.judge(msg, s.o)
		if s.rest = pass; out != nil {
			if _, err := s.Write(out); err != nil {
				return 0, io.EOF
			}
		}
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// lingerAfter leaves a connection open for a while on which junk has followed a message: what came before the junk gets
// its answer. Nothing that comes now is taken.
func (s *guardedStream) lingerAfter(err error) {
	junk := errors.Is(err, errFraming) || errors.Is(err, errNotSIP)
	if since := time.Since(s.lastAt); !junk || since > 4*s.timers.T1 {
		return
	}
	_ = s.Conn.SetReadDeadline(s.lastAt.Add(4 * s.timers.T1))
	_, _ = io.Copy(io.Discard, s.in)
}

var errFraming = errors.New("sip: no message boundary")

// message reads one message by its Content-Length (RFC 3261 18.3).
func (s *guardedStream) message() ([]byte, error) {
	if err := s.keepAlive(); err != nil {
		return nil, err
	}
	_ = s.Conn.SetReadDeadline(time.Now().Add(s.timers.Half))
	var head []byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		line, err := s.in.ReadSlice('\n')
		head = append(head, line...)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if len(head) > maxMessage {
			return nil, errFraming
		}
	}
	e, err := readEnvelope(head)
	if err != nil {
		return nil, err
	}
	switch {
	case e.length == noLength && (e.method == "BYE" || !e.request):
		e.length = 0
	case e.length < 0 || len(head)+e.length > maxMessage:
		// Without a length, or with two, the stream has no next message
		// (RFC 3261 18.3, RFC 4475 3.3.9).
		r := refusal{code: 400, reason: "Content-Length Missing"}
		if e.length == badLength {
			r.reason = "Bad Content-Length"
		}
		if e.length >= 0 {
			r = refusal{code: 513, reason: "Message Too Large"}
		}
		if e.request && e.method != "ACK" && len(e.vias) > 0 {
			_, _ = s.Write(reply(&e, r, s.o.from, s.guard.server))
		}
		return nil, errFraming
	}
	msg := append(head, make([]byte, e.length)...)
	if _, err := io.ReadFull(s.in, msg[len(head):]); err != nil {
		return nil, err
	}
	return msg, nil
}

// keepAlive swallows CRLFs between messages and answers a double one
// (RFC 5626 3.5.1); it waits for the first octet of the next message.
func (s *guardedStream) keepAlive() error {
	wait := s.timers.Idle
	if !s.spoken {
		wait = s.timers.First
	}
	_ = s.Conn.SetReadDeadline(time.Now().Add(wait))
	for ends := 0; ; {
		c, err := s.in.ReadByte()
		if err != nil {
			return err
		}
		switch c {
		case '\r':
		case '\n':
			if ends++; ends%2 == 0 {
				if _, err := s.Write([]byte("\r\n")); err != nil {
					return err
				}
			}
		default:
			return s.in.UnreadByte()
		}
	}
}

// Write sends whole messages, one writer at a time, each within 10 s.
func (s *guardedStream) Write(b []byte) (int, error) {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	_ = s.Conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	if len(b) > 4 {
		s.guard.see(s.o.local, s.o.from, s.o.transport, b)
	}
	return s.Conn.Write(b)
}

// Close ends the connection; later calls do nothing.
func (s *guardedStream) Close() (err error) {
	s.once.Do(func() {
		err = s.Conn.Close()
		s.gone()
	})
	return err
}

// streams feeds every TCP connection, accepted or dialled, to sipgo through one
// net.Listener of our own, so that a failing accept never ends the service.
type streams struct {
	guard     *guard
	timers    Timers
	transport string // "TCP" or "TLS"
	ready     chan net.Conn
	done      chan struct{}
	addr      net.Addr
	shaking   sync.WaitGroup // TLS handshakes under way

	mu        sync.Mutex
	open      map[*guardedStream]struct{}
	byHost    map[netip.Addr]int
	strangers int
	closed    bool
}

func newStreams(g *guard, t Timers, transport string, at netip.AddrPort) *streams {
	return &streams{guard: g, timers: t, transport: transport, ready: make(chan net.Conn), done: make(chan struct{}), addr: net.TCPAddrFromAddrPort(at),
		open: map[*guardedStream]struct{}{}, byHost: map[netip.Addr]int{}}
}

// Accept yields the next connection, whoever opened it.
func (l *streams) Accept() (net.Conn, error) {
	select {
	case c := <-l.ready:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Addr is the first address listened on.
func (l *streams) Addr() net.Addr { return l.addr }

// Close ends every connection and the listener.
func (l *streams) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	close(l.done)
	var all []*guardedStream
	for s := range l.open {
		all = append(all, s)
	}
	l.mu.Unlock()
	for _, s := range all {
		_ = s.Close()
	}
	return nil
}

// add wraps a connection and hands it to sipgo; pooled is closed when sipgo can find it. It refuses above the caps;
// one that we opened counts as a known one's.
func (l *streams) add(c net.Conn, local netip.AddrPort, ours bool) (pooled <-chan struct{}, err error) {
	from := addrPort(c.RemoteAddr())
	release, ok := l.place(from.Addr(), ours)
	if !ok {
		_ = c.Close()
		return nil, ErrTransport
	}
	return l.hand(c, local, ours, release)
}

// place takes one of the places for connections; release gives it back.
func (l *streams) place(from netip.Addr, ours bool) (release func(), ok bool) {
	stranger := !ours && !l.guard.known(from)
	most := maxPerSource
	if stranger {
		most = maxPerStranger
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	total := 0
	for _, n := range l.byHost {
		total += n
	}
	if l.closed || total >= maxStreams || l.byHost[from] >= most || stranger && l.strangers >= maxStrangers {
		return nil, false
	}
	l.byHost[from]++
	if stranger {
		l.strangers++
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.byHost[from]--; l.byHost[from] <= 0 {
			delete(l.byHost, from)
		}
		if stranger {
			l.strangers--
		}
	}, true
}

func (l *streams) hand(c net.Conn, local netip.AddrPort, ours bool, release func()) (pooled <-chan struct{}, err error) {
	ready := make(chan struct{})
	s := &guardedStream{Conn: c, guard: l.guard, timers: l.timers, in: bufio.NewReaderSize(c, 4096), spoken: ours,
		o: origin{from: addrPort(c.RemoteAddr()), local: local, transport: l.transport}}
	s.reading = func() { close(ready) }
	s.gone = func() {
		l.mu.Lock()
		delete(l.open, s)
		l.mu.Unlock()
		release()
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		_ = s.Close()
		return nil, ErrStopped
	}
	l.open[s] = struct{}{}
	l.mu.Unlock()
	select {
	case l.ready <- s:
		return ready, nil
	case <-l.done:
		_ = s.Close()
		return nil, ErrStopped
	}
}

// accepted takes a connection from outside; keys are agreed on first where the service is TLS.
func (l *streams) accepted(c net.Conn, local netip.AddrPort, keys *tls.Config) {
	from := addrPort(c.RemoteAddr())
	o := origin{from: from, local: local, transport: l.transport}
	release, ok := l.place(from.Addr(), false)
	if !ok {
		_ = c.Close()
		l.guard.note("too many connections", o)
		return
	}
	if keys == nil {
		_, _ = l.hand(c, local, false, release)
		return
	}
	l.shaking.Go(func() {
		t := tls.Server(c, keys)
		ctx, stop := context.WithTimeout(context.Background(), handshake)
		defer stop()
		if err := t.HandshakeContext(ctx); err != nil {
			_ = c.Close()
			release()
			l.guard.note("TLS handshake", o)
			return
		}
		_, _ = l.hand(t, local, false, release)
	})
}

// serve accepts from one real listener until it is closed. An accept error (too
// many open files) is slept over and never ends it.
func (l *streams) serve(ln net.Listener, local netip.AddrPort, keys *tls.Config) {
	defer l.shaking.Wait()
	pause := 5 * time.Millisecond
	for {
		c, err := ln.Accept()
		if err == nil {
			pause = 5 * time.Millisecond
			l.accepted(c, local, keys)
			continue
		}
		if isClosed(err) {
			return
		}
		l.guard.note("accept: "+errorClass(err), origin{local: local, transport: l.transport})
		select {
		case <-l.done:
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, time.Second)
	}
}
