// Package syslog takes log messages of machines (RFC 5424, RFC 3164) over UDP, TCP (RFC 6587) and TLS (RFC 5425). Rules say which
// messages become alerts; everything else is counted.
//
// A source is known by its address, or by the certificate that it shows. Package app opens the listener; package intake/format and
// command `hotline alerts try` read single messages.
//
// Goroutines: one for each socket, one for each connection, and those of the queue; Run waits for all of them.
package syslog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"hotline/intake"
	"hotline/intake/listener"
	"hotline/sip/ratelimit"
)

// Source is whose machines may send.
type Source struct {
	Origin       intake.Origin // without Source
	Networks     listener.Networks
	Certificates []string // names or fingerprints (RFC 5425 section 4.2.2)
}

// Config is what a listener needs. Where to listen and TLS may be empty.
type Config struct {
	UDP, TCP, Secure []netip.AddrPort
	TLS              TLS
	Sources          []Source
	Rules            *Rules
	Taker            listener.Taker
	Counts           *listener.Counts
	Now              func() time.Time
	Log              *slog.Logger
}

// SourceName is how alerts of this listener are called among those of an installation.
const SourceName = "syslog"

// The most that comes in: alerts of one source, and messages under one address. By TCP nothing beyond is lost: the sender waits.
var (
	ofSource  = ratelimit.Rate{PerSecond: 200, Burst: 2000}
	ofAddress = ratelimit.Rate{PerSecond: 5000, Burst: 20_000}
)

// The handshakes with strangers, who may show a certificate that is known: of one address, and of all. They cost a core that calls need.
var (
	ofStranger  = ratelimit.Rate{PerSecond: 1, Burst: 20}
	ofStrangers = ratelimit.Rate{PerSecond: 20, Burst: 200}
)

// Listener takes messages. Run it.
type Listener struct {
	cfg        Config
	queue      *listener.Queue
	sources    []source
	sockets    listener.Sockets
	accepts    []accept
	identity   identity           // where TLS is served
	rates      *ratelimit.Sources // of messages
	handshakes *ratelimit.Sources // of handshakes with who is not known by its address
	open       connections
}

// source is a Source that is ready to be asked.
type source struct {
	Source
	queue *listener.SourceQueue
}

// accept is a socket that takes connections.
type accept struct {
	net.Listener
	secure bool
}

// Open opens the sockets. Close them by running the listener with a context that has ended.
func Open(ctx context.Context, c Config) (*Listener, error) {
	var origins []intake.Origin
	for _, s := range c.Sources {
		origins = append(origins, s.Origin)
	}
	l := &Listener{
		cfg: c, queue: listener.NewQueue(listener.Config{Source: SourceName, Rate: ofSource, Taker: c.Taker, Counts: c.Counts, Log: c.Log}, origins),
		rates: ratelimit.NewSources(), handshakes: ratelimit.NewSources(), open: connections{all: map[net.Conn]netip.Addr{}},
	}
	for i, s := range c.Sources {
		for n, name := range s.Certificates {
			s.Certificates[n] = called(name)
		}
		l.sources = append(l.sources, source{s, l.queue.Source(i)})
	}
	err := l.listen(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("taking syslog: %w", err), l.close())
	}
	return l, nil
}

func (l *Listener) listen(ctx context.Context) error {
	var err error
	if l.sockets, err = listener.ListenAll(ctx, l.cfg.UDP); err != nil {
		return err
	}
	if len(l.cfg.Secure) > 0 {
		if l.identity, err = l.cfg.identity(); err != nil {
			return err
		}
	}
	for i, at := range append(l.cfg.TCP[:len(l.cfg.TCP):len(l.cfg.TCP)], l.cfg.Secure...) {
		a, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at.String())
		if err != nil {
			return fmt.Errorf("listening at %s (TCP): %w; free the port, or name another one", at, err)
		}
		l.accepts = append(l.accepts, accept{a, i >= len(l.cfg.TCP)})
	}
	return nil
}

// Addresses is where it listens: by UDP, then by TCP, then by TLS.
func (l *Listener) Addresses() (list []netip.AddrPort) {
	list = l.sockets.Addresses()
	for _, a := range l.accepts {
		list = append(list, a.Addr().(*net.TCPAddr).AddrPort())
	}
	return list
}

// Run takes messages until ctx ends, and then hands in the alerts that wait.
func (l *Listener) Run(ctx context.Context) {
	var readers sync.WaitGroup
	for _, d := range l.sockets {
		readers.Go(func() { l.datagrams(d) })
	}
	for _, a := range l.accepts {
		readers.Go(func() { l.accept(ctx, a, &readers) })
	}
	stop := context.AfterFunc(ctx, func() { _ = l.close() })
	defer stop()
	l.queue.Run(ctx)
	readers.Wait()
}

func (l *Listener) close() error {
	all := []error{l.sockets.Close()}
	for _, a := range l.accepts {
		all = append(all, a.Close())
	}
	l.open.close()
	return errors.Join(all...)
}

// at is the source that an address is of: of several the one with the narrowest network.
func (l *Listener) at(from netip.Addr) (found source, ok bool) {
	width := -1
	for _, s := range l.sources {
		if w := s.Networks.Width(from); w > width {
			found, ok, width = s, true, w
		}
	}
	return found, ok
}

// datagrams takes what comes at a socket until it is closed.
func (l *Listener) datagrams(d *listener.Datagrams) {
	p := newParser()
	d.Receive(l.cfg.Counts, func(message []byte, from netip.AddrPort) {
		s, known := l.at(from.Addr())
		now := l.cfg.Now()
		switch {
		case !known:
			l.stranger(from.Addr(), "", "name its address under alerts.syslog.sources, or have it send elsewhere")
		case !l.rates.Take(from.Addr(), now, ofAddress):
			l.cfg.Counts.Add(listener.Rate, 1)
		default:
			l.datagram(p, frame{message[:min(len(message), messageMost)], len(message) > messageMost}, s, from.Addr(), now)
		}
	})
}

// datagram takes one message that nobody sends again.
func (l *Listener) datagram(p parser, f frame, s source, from netip.Addr, now time.Time) {
	a, is := l.read(p, f, s, from)
	if !is {
		return
	}
	if !s.queue.Within(now) {
		l.cfg.Counts.Add(listener.Rate, 1)
		s.queue.Missed(1)
		return
	}
	if s.queue.Offer([]intake.Alert{a}, nil) {
		l.cfg.Counts.Add(listener.Alerts, 1)
	}
}

// read makes an alert of a message, where the rules say that it is one, and counts the others.
func (l *Listener) read(p parser, f frame, s source, from netip.Addr) (intake.Alert, bool) {
	if f.shortened {
		l.cfg.Counts.Add(listener.Shortened, 1)
	}
	m, err := p.parse(f.text)
	if err != nil {
		l.cfg.Counts.Unknown(listener.Malformed, from, string(s.Origin.Contract), err.Error())
		return intake.Alert{}, false
	}
	a, is := l.cfg.Rules.Alert(m, from.String())
	if !is {
		l.cfg.Counts.Add(listener.Counted, 1)
	}
	return a, is
}

func (l *Listener) stranger(from netip.Addr, who, why string) {
	l.cfg.Counts.Unknown(listener.Stranger, from, who, why)
}
