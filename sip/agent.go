// Package sip is dialogs and the trunk: it rings, is rung, answers, holds and
// hangs up, over UDP and TCP, and hands SDP on as octets. The message syntax and
// the transactions are sipgo's, whose types never leave this package; the guard
// in front of them, the dialogs and every timer of a call are here.
//
// A call that comes in is an [Invite]; answered, it is a [Dialog], a context whose
// cause is the ending. A call that goes out is [Agent.Dial]. The dialog's states
// are a table (states.go). Goroutines: one for each socket, one for each call's
// handler, one for each BYE or abandoned INVITE under way, one for each request of
// a dialog while it waits for its turn or is handled; [Agent.Stop] waits for all of
// them. A call that is never acknowledged keeps its handler for 32 s, and its BYE
// another goroutine until it is answered, 32 s at most (64*T1 each).
package sip

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
)

// Agent is one SIP user agent: all lines of one process. Safe for concurrent use.
type Agent struct {
	cfg    Config
	timers Timers
	log    *slog.Logger
	wire   Wire
	parser *gosip.Parser
	mark   string // begins every branch of ours, so that foreign responses are known

	ctx    context.Context // ends when the agent stops
	cancel context.CancelCauseFunc
	quit   chan struct{}  // closed when Stop begins: calls being dialled are taken back
	inHand int            // what enter let in and done has not ended yet; guarded by mu
	idle   chan struct{}  // closed when nothing is in hand; nil: nobody waits for that; guarded by mu
	served sync.WaitGroup // one for each socket

	// Set by Start, read-only afterwards.
	ports    []port
	packets  []*guardedPacket
	streams  *streams      // TCP
	secure   *streams      // TLS
	certs    *certificates // nil without a certificate of ours
	serveTLS *tls.Config
	dialTLS  *tls.Config
	trunks   []*trunk
	where    *locator
	door     *door
	tpl      *gosip.TransportLayer
	txl      *gosip.TransactionLayer
	guard    *guard

	sending sync.RWMutex // held to read while a request goes out, to write when the sockets close
	closed  bool         // guarded by sending

	mu       sync.Mutex
	started  bool
	draining bool
	stopped  bool
	over     chan struct{} // made by the first Stop, closed when it is over
	live     int           // calls alive, both directions
	empty    chan struct{}
	shares   shares // what strangers hold of them
	invites  map[inviteKey]*entry
	dialogs  map[dialogKey]*Dialog
	replies  map[string]*replies // by the branch of an INVITE of ours
}

// New checks the configuration; nothing is opened before [Agent.Start].
func New(cfg Config) (*Agent, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	a := &Agent{
		cfg: cfg, timers: cfg.Timers.orRFC(), log: cfg.Log, wire: cfg.Wire,
		parser: gosip.NewParser(), mark: "z9hG4bK" + gosip.GenerateTagN(8) + ".",
		quit:    make(chan struct{}),
		shares:  shares{by: map[netip.Addr]int{}},
		invites: map[inviteKey]*entry{}, dialogs: map[dialogKey]*Dialog{},
		replies: map[string]*replies{},
	}
	if a.cfg.SessionExpires <= 0 {
		a.cfg.SessionExpires = 30 * time.Minute
	}
	for _, t := range cfg.Trunks {
		a.trunks = append(a.trunks, newTrunk(t))
	}
	a.where, a.door = newLocator(cfg.DNS), newDoor(cfg.Accounts)
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.wire == nil {
		a.wire = sockets{}
	}
	a.ctx, a.cancel = context.WithCancelCause(context.Background())
	return a, nil
}

func (a *Agent) server() string {
	if a.cfg.UserAgent != "" {
		return a.cfg.UserAgent
	}
	return "hotline"
}

// Start opens the sockets and returns when every one of them is served. After an
// error nothing is left open. An agent starts once.
func (a *Agent) Start(ctx context.Context) error {
	a.mu.Lock()
	again := a.started
	a.started = true
	a.mu.Unlock()
	if again {
		return errors.New("sip: the agent was started before")
	}
	a.guard = newGuard(a)
	if err := a.bindAll(); err != nil {
		a.closePorts()
		return err
	}
	quiet := slog.New(slog.DiscardHandler) // sipgo's lines carry whole messages
	a.tpl = gosip.NewTransportLayer(net.DefaultResolver, a.parser, nil, gosip.WithTransportLayerLogger(quiet))
	a.txl = gosip.NewTransactionLayer(a.tpl, gosip.WithTransactionLayerLogger(quiet),
		gosip.WithTransactionLayerUnhandledResponseHandler(func(*gosip.Response) {}))
	a.txl.OnRequest(a.serve)
	a.servePorts()
	if err := a.ready(ctx); err != nil {
		return err
	}
	a.tendTrunks()
	if a.certs != nil {
		a.spawn("certificate", "", a.watchCertificate)
	}
	return nil
}

func (a *Agent) bindAll() error {
	if err := a.openTLS(); err != nil {
		return err
	}
	for _, at := range a.cfg.Listen {
		p, err := bind(a.wire, at)
		if err != nil {
			return err
		}
		a.ports = append(a.ports, p)
	}
	for _, at := range a.cfg.Secure {
		if err := a.bindSecure(at); err != nil {
			return err
		}
	}
	return nil
}

func (a *Agent) servePorts() {
	a.streams = newStreams(a.guard, a.timers, "TCP", a.ports[0].local)
	a.secure = newStreams(a.guard, a.timers, "TLS", a.ports[0].local)
	a.served.Go(func() { _ = a.tpl.ServeTCP(a.streams) })
	a.served.Go(func() { _ = a.tpl.ServeTLS(a.secure) })
	for _, p := range a.ports {
		g := &guardedPacket{PacketConn: p.packet, guard: a.guard, local: p.local}
		a.packets = append(a.packets, g)
		a.served.Go(func() { _ = a.tpl.ServeUDP(g) })
		if p.listen != nil {
			a.served.Go(func() { a.streams.serve(p.listen, p.local, nil) })
		}
		if p.secure != nil {
			a.served.Go(func() { a.secure.serve(p.secure, p.at("TLS"), a.serveTLS) })
		}
	}
}

// ready waits until sipgo has every datagram socket in its pool: a request sent
// before would try to open the port a second time.
func (a *Agent) ready(ctx context.Context) error {
	for a.tpl.Pool("udp").Size() < len(a.ports) {
		select {
		case <-ctx.Done():
			_ = a.Stop(context.WithoutCancel(ctx))
			return fmt.Errorf("sip: starting: %w", context.Cause(ctx))
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// Addresses are the bound addresses in the order of [Config.Listen], each on UDP
// and TCP; nil before Start.
func (a *Agent) Addresses() []netip.AddrPort {
	var out []netip.AddrPort
	for _, p := range a.ports {
		out = append(out, p.local)
	}
	return out
}

// Secure are the bound addresses of TLS in the order of [Config.Secure].
func (a *Agent) Secure() []netip.AddrPort {
	var out []netip.AddrPort
	for _, p := range a.ports {
		if p.secure != nil {
			out = append(out, p.secured)
		}
	}
	return out
}

// Calls is how many calls are alive, both directions.
func (a *Agent) Calls() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.live
}

// Drain takes no new calls (503 with Retry-After, OPTIONS too) and waits until the
// last one has ended or ctx has. It returns ctx's cause when calls are left.
func (a *Agent) Drain(ctx context.Context) error {
	a.mu.Lock()
	a.draining = true
	if a.live == 0 {
		a.mu.Unlock()
		return nil
	}
	if a.empty == nil {
		a.empty = make(chan struct{})
	}
	empty := a.empty
	a.mu.Unlock()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("sip: draining %d calls: %w", a.Calls(), context.Cause(ctx))
	}
}

// Stop refuses what rings, sends BYE to every live dialog, gives those BYEs up to
// 4*T1 (or ctx) to be answered, closes the sockets and waits for everything that
// was started. Handlers must return when their call's context ends. Idempotent: a
// second Stop waits for the first.
func (a *Agent) Stop(ctx context.Context) error {
	a.mu.Lock()
	a.draining = true
	switch over := a.over; {
	case over != nil:
		a.mu.Unlock()
		<-over
		return nil
	case !a.started:
		a.stopped = true
		a.mu.Unlock()
		return nil
	}
	a.over = make(chan struct{})
	close(a.quit)
	var all []*Dialog
	for _, d := range a.dialogs {
		all = append(all, d)
	}
	a.mu.Unlock()
	defer close(a.over)
	for _, d := range all {
		d.shut()
	}
	a.awaitByes(ctx)
	a.mu.Lock()
	a.stopped = true
	a.mu.Unlock()
	a.cancel(ErrStopped)
	a.sending.Lock()
	a.closed = true
	a.sending.Unlock()
	a.deafen()
	if a.txl != nil {
		a.txl.Close()
	}
	a.closePorts()
	if a.tpl != nil {
		_ = a.tpl.Close()
	}
	<-a.whenIdle()
	a.served.Wait()
	return nil
}

// awaitByes gives what is under way its time.
func (a *Agent) awaitByes(ctx context.Context) {
	select {
	case <-a.whenIdle():
	case <-ctx.Done():
	case <-time.After(4 * a.timers.T1):
	}
}

// handOver is how long sipgo may take to find the socket of a request that it has read.
const handOver = 10 * time.Millisecond

// deafen takes no more messages in and lets sipgo find the sockets of those that it has read: each is handled by a
// goroutine of its own, which would open a socket if it found ours closed.
func (a *Agent) deafen() {
	if len(a.packets) == 0 {
		return
	}
	for _, p := range a.packets {
		p.deaf.Store(true)
	}
	<-time.After(handOver)
}

func (a *Agent) closePorts() {
	for _, p := range a.ports {
		_ = p.packet.Close()
		if p.listen != nil {
			_ = p.listen.Close()
		}
		if p.secure != nil {
			_ = p.secure.Close()
		}
	}
	for _, g := range a.packets {
		_ = g.Close()
	}
	for _, l := range []*streams{a.streams, a.secure} {
		if l != nil {
			_ = l.Close()
		}
	}
}

// send runs f, which hands a request to sipgo, unless the sockets are closed: sipgo would open others of its own.
func (a *Agent) send(f func() error) error {
	a.sending.RLock()
	defer a.sending.RUnlock()
	if a.closed {
		return ErrStopped
	}
	return f()
}

// enter counts one activity that Stop waits for; false when it is too late.
func (a *Agent) enter() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return false
	}
	a.inHand++
	return true
}

// done ends what enter began.
func (a *Agent) done() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.inHand--; a.inHand == 0 && a.idle != nil {
		close(a.idle)
		a.idle = nil
	}
}

// whenIdle is closed once nothing is in hand.
func (a *Agent) whenIdle() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.idle == nil {
		a.idle = make(chan struct{})
	}
	idle := a.idle
	if a.inHand == 0 {
		close(idle)
		a.idle = nil
	}
	return idle
}

// spawn runs f in a goroutine that Stop waits for and no panic escapes from.
func (a *Agent) spawn(what, callID string, f func()) bool {
	if !a.enter() {
		return false
	}
	go func() {
		defer a.done()
		defer a.caught(what, callID, nil)
		f()
	}()
	return true
}

// caught turns a panic into one log line; then is called after one.
func (a *Agent) caught(what, callID string, then func()) {
	r := recover()
	if r == nil {
		return
	}
	a.log.Error("sip: panic", "in", what, "call", callID, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
	if then != nil {
		then()
	}
}

// parses tells whether sipgo can read a message; its parser's panics count as no.
func (a *Agent) parses(data []byte) (ok bool) {
	defer a.caught("parser", "", func() { ok = false })
	msg, err := a.parser.ParseSIP(data)
	return err == nil && msg.From() != nil && msg.To() != nil && msg.CallID() != nil &&
		msg.CSeq() != nil && msg.Via() != nil
}

func (a *Agent) branch() string { return a.mark + gosip.GenerateTagN(16) }

func (a *Agent) ours(branch string) bool { return strings.HasPrefix(branch, a.mark) }
