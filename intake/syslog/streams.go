package syslog

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"hotline/intake"
	"hotline/intake/listener"
	"hotline/sip/ratelimit"
)

const (
	handshakeTime = 10 * time.Second
	messageTime   = time.Minute // for a message that has begun to come whole
	restTime      = 50 * time.Millisecond
)

// accept takes connections until its socket is closed.
func (l *Listener) accept(ctx context.Context, a accept, readers *sync.WaitGroup) {
	for {
		c, err := a.Accept()
		if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			if c != nil {
				_ = c.Close()
			}
			return
		}
		if err != nil { // too many files are open, mostly
			select {
			case <-ctx.Done():
			case <-time.After(restTime):
			}
			continue
		}
		from := c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
		if _, known := l.at(from); !known && !a.secure {
			l.stranger(from, "", "name its address under alerts.syslog.sources, or have it send elsewhere")
			_ = c.Close()
			continue
		}
		if _, known := l.at(from); !known && !l.handshakes.TakeShared(from, l.cfg.Now(), ofStranger, ofStrangers) || !l.open.add(c, from) {
			l.cfg.Counts.Add(listener.Connections, 1)
			_ = c.Close()
			continue
		}
		readers.Go(func() {
			defer l.open.remove(c)
			l.connection(ctx, c, from, a.secure)
		})
	}
}

// connection takes the messages of one connection until it ends.
func (l *Listener) connection(ctx context.Context, c net.Conn, from netip.Addr, secure bool) {
	s, known := l.at(from)
	if secure {
		t := tls.Server(c, l.identity.config())
		_ = c.SetDeadline(time.Now().Add(handshakeTime))
		if err := t.HandshakeContext(ctx); err != nil {
			l.cfg.Counts.Unknown(listener.Refused, from, "", "no TLS connection comes about: "+err.Error())
			return
		}
		_ = c.SetDeadline(time.Time{})
		if by, is := l.certified(t.ConnectionState()); is {
			s, known = by, true
		}
		c = t
		if !known {
			l.stranger(from, "", errCertificate.Error()+", and its address neither")
			return
		}
	}
	f := newFrames(c)
	f.begins = func() { _ = c.SetReadDeadline(time.Now().Add(messageTime)) }
	f.ends = func() { _ = c.SetReadDeadline(time.Time{}) }
	err := l.stream(ctx, f, s, from)
	switch {
	case ctx.Err() != nil, err == io.EOF:
	case errors.Is(err, errFrame):
		l.cfg.Counts.Unknown(listener.Malformed, from, string(s.Origin.Contract), err.Error())
	default:
		l.cfg.Counts.Add(listener.Disconnect, 1)
	}
}

// certified is the source that a certificate is of.
func (l *Listener) certified(state tls.ConnectionState) (source, bool) {
	names := l.identity.who(state, l.cfg.Now())
	for _, s := range l.sources {
		if slices.ContainsFunc(s.Certificates, func(n string) bool { return slices.Contains(names, n) }) {
			return s, true
		}
	}
	return source{}, false
}

// stream takes messages whose sender waits while there is no room.
func (l *Listener) stream(ctx context.Context, f *frames, s source, from netip.Addr) error {
	p := newParser()
	for {
		one, err := f.next()
		if err != nil {
			return err
		}
		for !l.rates.Take(from, l.cfg.Now(), ofAddress) {
			if err := rest(ctx); err != nil {
				return err
			}
		}
		a, is := l.read(p, one, s, from)
		if !is {
			continue
		}
		if err := l.put(ctx, s, a); err != nil {
			l.cfg.Counts.Add(listener.Unfinished, 1)
			return err
		}
		l.cfg.Counts.Add(listener.Alerts, 1)
	}
}

// put puts an alert on the source's queue, as soon as its rate and the queue have room.
func (l *Listener) put(ctx context.Context, s source, a intake.Alert) error {
	for !s.queue.Within(l.cfg.Now()) {
		if err := rest(ctx); err != nil {
			return err
		}
	}
	return s.queue.Put(ctx, []intake.Alert{a})
}

// rest waits a moment, or until ctx ends.
func rest(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(restTime):
		return nil
	}
}

// The most connections, of all and of one address.
const (
	connectionsMost = 500
	ofOneAddress    = 50
)

// connections are those that are open. Safe for concurrent use.
type connections struct {
	mu     sync.Mutex
	all    map[net.Conn]netip.Addr
	closed bool
}

// add notes a connection; false: there are too many, or the listener ends.
func (o *connections) add(c net.Conn, from netip.Addr) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	same := 0
	for _, a := range o.all {
		if ratelimit.Network(a) == ratelimit.Network(from) {
			same++
		}
	}
	if o.closed || len(o.all) >= connectionsMost || same >= ofOneAddress {
		return false
	}
	o.all[c] = from
	return true
}

func (o *connections) remove(c net.Conn) {
	_ = c.Close()
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.all, c)
}

// close ends every connection.
func (o *connections) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	for c := range o.all {
		_ = c.Close()
	}
}
