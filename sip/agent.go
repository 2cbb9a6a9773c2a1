// Package sip is dialogs and the trunk: it rings, is rung, answers, holds and hangs up, over UDP, TCP and TLS, and hands SDP
// on as octets. The message syntax and the transactions are sipgo's, whose types never leave sip and its inner packages; the
// dialogs and every timer of a call are here. line and phone use it for their calls; app reads its configuration and tells
// staff how its trunks fare.
//
// A call that comes in is an [Invite]; answered, it is a [Dialog], a context whose cause is the ending. A call that goes out
// is [Agent.Dial]. The dialog's states are a table (states.go), and so is what an offer at a wrong time gets (offers.go).
//
// The inner packages: transport owns the sockets. guard limits what strangers may do. syntax reads a message before sipgo sees
// it; header and body are its parts. trunk is one carrier at work. resolver resolves names, digest authenticates, cseq keeps the
// order of a dialog's requests. ratelimit has token buckets, hep sends copies to a tracing tool.
//
// Goroutines: one for each socket, one for each call's handler, and one for each BYE or abandoned INVITE under way. Each request
// of a dialog has one while it waits for its turn or is handled. [Agent.Stop] waits for all of them. A call that is never
// acknowledged keeps its handler for 32 s, and its BYE another goroutine until it is answered, 32 s at most (64*T1 each).
package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"time"

	"hotline/sip/digest"
	"hotline/sip/guard"
	"hotline/sip/resolver"
	"hotline/sip/transport"
	"hotline/sip/trunk"
)

// Agent is one SIP user agent: all lines of one process. Safe for concurrent use.
type Agent struct {
	cfg       Config
	timers    Timers
	log       *slog.Logger
	life      *lifetime
	transport *transport.Layer
	guard     *guard.Guard
	admission *admission
	calls     *calls
	early     *earlyAnswers
	requests  *requests
	trunks    *trunk.Set
	carriers  carriers
}

// New checks the configuration; nothing is opened before [Agent.Start].
func New(cfg Config) (*Agent, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Timers = cfg.Timers.orRFC()
	if cfg.SessionExpires <= 0 {
		cfg.SessionExpires = 30 * time.Minute
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "hotline"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &Agent{cfg: cfg, timers: cfg.Timers, log: cfg.Log, life: newLifetime(cfg.Log), calls: newCalls(cfg.Timers.giveUp()), early: newEarlyAnswers(), trunks: &trunk.Set{}}
	a.carriers.list = atWork(cfg.Trunks, nil)
	a.trunks.Use(a.carriers.all())
	t := a.timers
	a.transport = transport.New(transport.Config{
		Listen: cfg.Listen, Secure: cfg.Secure, Public: cfg.Public, TLS: cfg.TLS, Wire: cfg.Wire, Log: cfg.Log,
		Timeouts: transport.Timeouts{First: t.First, Idle: t.Idle, Half: t.Half, Linger: 4 * t.T1},
	})
	a.requests = &requests{transport: a.transport, resolver: resolver.New(cfg.DNS), timers: t, userAgent: cfg.UserAgent, log: cfg.Log}
	a.admission = &admission{cfg: &a.cfg, life: a.life, calls: a.calls, early: a.early, ours: a.transport.Ours, trunks: a.trunks, accounts: digest.NewServer(cfg.Accounts)}
	a.guard = guard.New(guard.Config{
		Admit: a.admission.admit, Parses: a.transport.Parses, Known: a.admission.known, Captures: cfg.Captures, Server: cfg.UserAgent, Log: cfg.Log,
	})
	a.admission.guard = a.guard
	return a, nil
}

// Start opens the sockets and returns when every one of them is served. After an error nothing is left open. An agent starts
// once.
func (a *Agent) Start(ctx context.Context) error {
	if !a.life.start() {
		return errors.New("sip: the agent was started before")
	}
	if err := a.transport.Start(ctx, a.guard, a.serve); err != nil {
		_ = a.Stop(context.WithoutCancel(ctx))
		return err
	}
	a.maintainTrunks()
	if !a.transport.CertificateEnds().IsZero() {
		a.life.spawn("certificate", "", func() { a.transport.WatchCertificate(a.life.ctx) })
	}
	return nil
}

// carriers are the trunks with what keeps each of them up. It is changed under its lock.
type carriers struct {
	mu   sync.Mutex
	list []carrier
	up   bool // the upkeep has begun
}

// carrier is one trunk; stop ends its upkeep, and takes its registration back. It is nil before that has begun.
type carrier struct {
	trunk *trunk.Trunk
	set   Trunk // as it was asked for
	stop  func()
}

// all are the trunks by themselves.
func (c *carriers) all() (list trunk.List) {
	for _, k := range c.list {
		list = append(list, k.trunk)
	}
	return list
}

// atWork makes trunks of their settings; those of stands whose settings are the same are kept.
func atWork(set []Trunk, stands []carrier) (list []carrier) {
	for _, t := range set {
		i := slices.IndexFunc(stands, func(k carrier) bool { return reflect.DeepEqual(k.set, t) })
		if i < 0 {
			list = append(list, carrier{trunk: trunk.New(t), set: t})
			continue
		}
		list = append(list, stands[i])
	}
	return list
}

// UseTrunks puts other trunks in the place of those that are at work. One whose settings are the same goes on undisturbed, and calls
// keep the trunk with which they began. The registration of a trunk that goes is taken back in the background. An error says which
// settings cannot work; nothing is changed then. Safe at any time.
func (a *Agent) UseTrunks(list []Trunk) error {
	for _, t := range list {
		if err := t.Check(); err != nil {
			return err
		}
	}
	c := &a.carriers
	c.mu.Lock()
	defer c.mu.Unlock()
	next := atWork(list, c.list)
	for _, k := range c.list {
		if gone := !slices.ContainsFunc(next, func(n carrier) bool { return n.trunk == k.trunk }); gone && k.stop != nil {
			k.stop()
		}
	}
	c.list = next
	a.trunks.Use(c.all())
	if c.up {
		a.keepUp()
	}
	return nil
}

// maintainTrunks starts what keeps us registered with each trunk and shows it that we live; Stop waits for all of it.
func (a *Agent) maintainTrunks() {
	a.carriers.mu.Lock()
	defer a.carriers.mu.Unlock()
	a.carriers.up = true
	a.keepUp()
}

// keepUp begins the upkeep of each trunk that has none.
func (a *Agent) keepUp() {
	for i, k := range a.carriers.list {
		if k.stop == nil {
			a.carriers.list[i].stop = a.maintain(k.trunk)
		}
	}
}

// maintain begins the upkeep of one trunk, until stop is called or the agent stops.
func (a *Agent) maintain(t *trunk.Trunk) (stop func()) {
	quit := make(chan struct{})
	stop = sync.OnceFunc(func() { close(quit) })
	if t.Register {
		a.life.spawn("registration", t.Name, func() { t.MaintainRegistration(a.life.ctx, quit, a.requests) })
	}
	if t.Proxy != "" && t.KeepAlive > 0 {
		a.life.spawn("keep-alive", t.Name, func() { t.MaintainContact(a.life.ctx, quit, a.requests) })
	}
	a.life.spawn("trunk", t.Name, func() {
		select {
		case <-a.life.quit:
			stop()
		case <-quit:
		}
	})
	return stop
}

// Addresses are the bound addresses in the order of [Config.Listen], each on UDP and TCP; nil before Start.
func (a *Agent) Addresses() []netip.AddrPort { return a.transport.Addresses() }

// Secure are the bound addresses of TLS in the order of [Config.Secure].
func (a *Agent) Secure() []netip.AddrPort { return a.transport.Secure() }

// CertificateEnds is when our certificate ends; zero without TLS.
func (a *Agent) CertificateEnds() time.Time { return a.transport.CertificateEnds() }

// TrunkStates tells how each trunk fares, in the order of [Config.Trunks], or of what UseTrunks was given.
func (a *Agent) TrunkStates() []TrunkStatus { return a.trunks.Status() }

// Dropped is how many messages and connections were not taken so far, by reason.
func (a *Agent) Dropped() map[string]uint64 { return a.guard.Dropped() }

// Retransmissions is how many datagrams of SIP came or went more than once.
func (a *Agent) Retransmissions() guard.Retransmissions { return a.guard.Retransmissions() }

// Calls is how many calls are alive, both directions.
func (a *Agent) Calls() int { return a.calls.alive() }

// Drain takes no new calls (503 with Retry-After, OPTIONS too) and waits until the last one has ended or ctx has. It returns
// ctx's cause when calls are left.
func (a *Agent) Drain(ctx context.Context) error {
	select {
	case <-a.calls.drain():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("sip: draining %d calls: %w", a.Calls(), context.Cause(ctx))
	}
}

// Stop refuses what rings, sends BYE to every live dialog, gives those BYEs up to 4*T1 (or ctx) to be answered, closes the
// sockets and waits for everything that was started. Handlers must return when their call's context ends. Idempotent: a
// second Stop waits for the first.
func (a *Agent) Stop(ctx context.Context) error {
	a.calls.drain()
	over, first := a.life.stop()
	if !first {
		if over != nil {
			<-over
		}
		return nil
	}
	defer close(over)
	for _, d := range a.calls.known() {
		d.shut()
	}
	select { // what is under way has its time
	case <-a.life.whenIdle():
	case <-ctx.Done():
	case <-time.After(4 * a.timers.T1):
	}
	a.life.end()
	a.transport.Close()
	<-a.life.whenIdle()
	return nil
}
