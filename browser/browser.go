// Package browser takes calls from browsers: a page offers sound by WebRTC, and what comes of it is a call of the line like one by
// telephone (package line). Package portal is the page.
//
// The other end is a stranger's program, so that little of it is believed. Of an offer a few values are taken (offer.go), and the
// library (pion) is given a description that is written anew of them. The gateway is an ICE-lite agent (RFC 8445 section 2.5): it sends
// nothing to an address before somebody there has shown the password of the answer. An address that an offer names is not looked at.
// All calls share one UDP port, and one TCP port for networks that let no UDP through.
//
// Sound is the line's own from the first packet on: pion carries, encrypts (DTLS-SRTP) and finds the way, and a leg of package media
// does all the rest (socket.go). Keys are telephone-events in the stream of sound (RFC 4733), and not messages of a data channel. They
// are told as a telephone tells them, in the order in which they were pressed and among what was said meanwhile. A call needs no SCTP
// association. Telephones never pass here.
//
// Goroutines of a call: one for its life, which has the conversation; two that take packets from pion and one that gives it some; those
// of pion. Stop waits for all of them, but for pion's reader of the UDP port, which ends when the port is closed.
package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"hotline/directory"
	"hotline/ivr"
	"hotline/line"
	"hotline/sip/ratelimit"
)

// Why a call is not taken. A bad offer is ErrOffer, and says what is wrong with it.
var (
	ErrFull = errors.New("no more calls from browsers are taken now")
	ErrBusy = errors.New("this contract has as many calls as it may")
)

// Line takes the calls. line.Switchboard implements it.
type Line interface {
	Room() bool                   // whether a call would be taken now
	Take(call line.Carried) error // has the conversation, and blocks until it is over
}

// Config is what a [Gateway] works with.
type Config struct {
	UDP, TCP []netip.AddrPort // where sound comes; TCP may be empty
	Public   []netip.Addr     // as which browsers reach this machine, at most one of a family; empty: the addresses of UDP and TCP
	Calls    int              // at once
	Each     int              // of them, of one contract
	Line     Line
	Log      *slog.Logger // nil means silence
}

// Times of a call.
const (
	connectTime    = 20 * time.Second // for a browser to find the way, from its offer
	disconnectTime = 5 * time.Second  // without a packet until the way counts as broken
	failTime       = 15 * time.Second // beyond that until the call is over; browsers ask for consent every 5 s (RFC 7675 section 5.1)
)

// How often calls begin. How often one contract's do is the page's business.
const beginPerSecond, beginBurst = 1.0, 20

// Gateway takes calls from browsers. Safe for concurrent use.
type Gateway struct {
	cfg     Config
	ports   ports
	running sync.WaitGroup // the lives of calls

	mu       sync.Mutex // guards what follows
	stopping bool
	calls    map[string]*call
	begun    ratelimit.Bucket
}

// Open opens the ports.
func Open(ctx context.Context, c Config) (*Gateway, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	p, err := openPorts(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("opening the ports of calls from browsers: %w", err)
	}
	return &Gateway{cfg: c, ports: p, calls: map[string]*call{}}, nil
}

// Addresses are where sound comes: UDP first.
func (g *Gateway) Addresses() (udp, tcp []netip.AddrPort) { return g.ports.udp, g.ports.tcp }

// Calls is how many calls there are, those included that are still finding their way.
func (g *Gateway) Calls() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	all, _ := g.count("")
	return all
}

// count counts the calls that are not over, and those of a contract. What outlasts a call, such as a search for an engineer who calls
// back, is none. g.mu is held.
func (g *Gateway) count(contract directory.ContractID) (all, of int) {
	for _, c := range g.calls {
		if c.ctx.Err() == nil {
			all++
			if c.caller.Contract == contract {
				of++
			}
		}
	}
	return all, of
}

// Answer is the answer to an offer, and the name of the call.
type Answer struct{ Description, Call string }

// Call takes a call: an offer, complete with its candidates, of somebody who has logged in as a contract. It answers at once; the
// conversation begins when the browser has found the way. ctx is not kept. The errors are ErrOffer, ErrFull and ErrBusy.
func (g *Gateway) Call(ctx context.Context, description string, caller ivr.Caller, now time.Time) (Answer, error) {
	o, err := readOffer(description)
	if err != nil {
		return Answer{}, err
	}
	c := newCall(g, caller, o)
	if err := g.add(c, now); err != nil {
		return Answer{}, err
	}
	answer, err := c.answer(ctx)
	if err != nil {
		c.cancel(err)
		c.finish()
		return Answer{}, fmt.Errorf("answering a browser: %w", err)
	}
	go c.live() // finish tells of its end
	return Answer{Description: answer, Call: c.id}, nil
}

// add finds room for a call.
func (g *Gateway) add(c *call, now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	all, of := g.count(c.caller.Contract)
	switch {
	case g.stopping || all >= g.cfg.Calls || !g.cfg.Line.Room():
		return ErrFull
	case of >= g.cfg.Each:
		return ErrBusy
	case !g.begun.Take(now, ratelimit.Rate{PerSecond: beginPerSecond, Burst: beginBurst}):
		return ErrFull
	}
	g.calls[c.id] = c
	g.running.Add(1)
	return nil
}

// remove forgets a call that is over.
func (g *Gateway) remove(c *call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.calls, c.id)
	g.running.Done()
}

// Hangup ends a call for the contract whose it is, as its caller wants. It tells whether there was one. A browser says so because not
// every one of them tells by DTLS, and none in time when its page is closed.
func (g *Gateway) Hangup(contract directory.ContractID, id string) bool {
	g.mu.Lock()
	c := g.calls[id]
	g.mu.Unlock()
	if c == nil || c.caller.Contract != contract || c.ctx.Err() != nil {
		return false
	}
	c.cancel(ivr.ErrHungUp)
	return true
}

// Drain refuses new calls, and waits until those that there are have ended, or ctx has.
func (g *Gateway) Drain(ctx context.Context) error {
	g.mu.Lock()
	g.stopping = true
	g.mu.Unlock()
	over := make(chan struct{})
	go func() {
		defer close(over)
		g.running.Wait()
	}()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("draining %d calls from browsers: %w", g.Calls(), context.Cause(ctx))
	}
}

// Stop hangs up every call, waits for the conversations and closes the ports. Idempotent.
func (g *Gateway) Stop(ctx context.Context) error {
	g.mu.Lock()
	g.stopping = true
	for _, c := range g.calls {
		c.cancel(line.ErrWeHungUp)
	}
	g.mu.Unlock()
	err := g.Drain(ctx)
	return errors.Join(err, g.ports.close())
}
