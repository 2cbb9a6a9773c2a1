// Package transport owns the sockets of a SIP agent: datagrams, TCP and TLS, behind the guard, and sipgo's transport and
// transaction layers above them. The agent starts one [Layer], sends its requests through it and gets those that the guard
// let pass.
package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/certificate"
	"hotline/sip/guard"
)

// ErrTransport is the error of a message that could not be sent, ErrStopped that of a layer that was closed.
var (
	ErrTransport = errors.New("the transport failed")
	ErrStopped   = errors.New("the agent stopped")
)

// Config says where a layer listens and how it connects.
type Config struct {
	Listen   []netip.AddrPort // each on UDP and TCP; port 0 takes a free one, the same for both
	Secure   []netip.AddrPort // on TLS
	Public   netip.Addr       // shown to everybody but loopback; invalid: the socket's own
	TLS      *TLS             // nil where TLS is not spoken
	Wire     Wire             // nil means sockets
	Timeouts Timeouts
	Log      *slog.Logger
}

// Timeouts are how long a stream may stay silent.
type Timeouts struct {
	First  time.Duration // without a first message
	Idle   time.Duration // without any octet
	Half   time.Duration // with half a message
	Linger time.Duration // open for the answer to a message behind which junk came
}

// Layer is the sockets of one agent and sipgo's layers above them. Safe for concurrent use after Start.
type Layer struct {
	cfg    Config
	wire   Wire
	parser *gosip.Parser
	mark   string // begins every branch of ours, so that foreign responses are known

	// Set by Start, read-only afterwards.
	guard        *guard.Guard
	ports        []port
	tcp, tls     *streams
	certificate  *certificate.Reader // nil without a certificate of ours
	serveTLS     *tls.Config
	dialTLS      *tls.Config
	transports   *gosip.TransportLayer
	transactions *gosip.TransactionLayer

	served sync.WaitGroup // one for each socket
	done   chan struct{}  // closed by Close

	sending sync.RWMutex // held to read while a request goes out, to write when the sockets close
	closed  bool         // guarded by sending
}

// New opens nothing before [Layer.Start].
func New(c Config) *Layer {
	l := &Layer{cfg: c, wire: c.Wire, parser: gosip.NewParser(), mark: "z9hG4bK" + gosip.GenerateTagN(8) + ".", done: make(chan struct{})}
	if l.wire == nil {
		l.wire = sockets{}
	}
	return l
}

// Start opens the sockets and returns when every one of them is served. serve gets each new request that the guard let pass,
// in a goroutine of its own. After an error the layer must be closed.
func (l *Layer) Start(ctx context.Context, g *guard.Guard, serve func(*gosip.Request, *gosip.ServerTx)) error {
	l.guard = g
	if err := l.openTLS(); err != nil {
		return err
	}
	if err := l.bindAll(); err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler) // sipgo's lines carry whole messages
	l.transports = gosip.NewTransportLayer(net.DefaultResolver, l.parser, nil, gosip.WithTransportLayerLogger(quiet))
	l.transactions = gosip.NewTransactionLayer(l.transports, gosip.WithTransactionLayerLogger(quiet),
		gosip.WithTransactionLayerUnhandledResponseHandler(func(*gosip.Response) {}))
	l.transactions.OnRequest(serve)
	l.servePorts()
	return l.ready(ctx)
}

func (l *Layer) servePorts() {
	l.tcp = newStreams(l.guard, l.cfg.Timeouts, "TCP", l.ports[0].local)
	l.tls = newStreams(l.guard, l.cfg.Timeouts, "TLS", l.ports[0].local)
	l.served.Go(func() { _ = l.transports.ServeTCP(l.tcp) })
	l.served.Go(func() { _ = l.transports.ServeTLS(l.tls) })
	for _, p := range l.ports {
		l.served.Go(func() { _ = l.transports.ServeUDP(p.packet) })
		if p.listen != nil {
			l.served.Go(func() { l.tcp.serve(p.listen, p.local, nil) })
		}
		if p.secure != nil {
			l.served.Go(func() { l.tls.serve(p.secure, p.at("TLS"), l.serveTLS) })
		}
	}
}

// ready waits until sipgo has every datagram socket in its pool: a request sent before would try to open the port a second
// time.
func (l *Layer) ready(ctx context.Context) error {
	for l.transports.Pool("udp").Size() < len(l.ports) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("sip: starting: %w", context.Cause(ctx))
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// handOver is how long sipgo may take to find the socket of a request that it has read.
const handOver = 10 * time.Millisecond

// Close closes the sockets and waits for what serves them. Messages that sipgo has read before are handled: each is handled
// by a goroutine of its own, which would open a socket if it found ours closed. Called once.
func (l *Layer) Close() {
	close(l.done)
	l.sending.Lock()
	l.closed = true
	l.sending.Unlock()
	if l.transactions != nil {
		for _, p := range l.ports {
			p.packet.stopped.Store(true)
		}
		<-time.After(handOver)
		l.transactions.Close()
	}
	for _, p := range l.ports {
		_ = p.packet.Close()
		if p.listen != nil {
			_ = p.listen.Close()
		}
		if p.secure != nil {
			_ = p.secure.Close()
		}
	}
	for _, s := range []*streams{l.tcp, l.tls} {
		if s != nil {
			_ = s.Close()
		}
	}
	if l.transports != nil {
		_ = l.transports.Close()
	}
	l.served.Wait()
}

// Parses tells whether sipgo can read a message; a panic of its parser counts as no.
func (l *Layer) Parses(data []byte) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			ok = false
			l.cfg.Log.Error("sip: panic", "in", "parser", "call", "", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
	}()
	msg, err := l.parser.ParseSIP(data)
	return err == nil && msg.From() != nil && msg.To() != nil && msg.CallID() != nil &&
		msg.CSeq() != nil && msg.Via() != nil
}

// Ours tells whether a branch is one of ours.
func (l *Layer) Ours(branch string) bool { return strings.HasPrefix(branch, l.mark) }

// liftDatagramLimit lets answers above 1300 octets go by UDP: RFC 3261 18.1.1 limits requests only. The size and the logger
// of closing connections are variables of sipgo's package, the settings that cannot be given for one agent; they are set
// once, before any socket.
func liftDatagramLimit() struct{} {
	gosip.UDPMTUSize = 65535
	gosip.SetDefaultLogger(slog.New(slog.DiscardHandler)) // its lines carry whole messages
	return struct{}{}
}

var _ = liftDatagramLimit()

// FinalError is a final answer of 300 or more to a request of ours.
type FinalError struct {
	// Code is the SIP status, 300 to 699.
	Code int
	// Reason is the phrase that came with it; text of a stranger.
	Reason string
}

// Error says the status and its phrase.
func (e *FinalError) Error() string { return fmt.Sprintf("refused: %d %s", e.Code, e.Reason) }
