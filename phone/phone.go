// Package phone is a telephone of our own: it calls, answers, presses keys, speaks and hears, over real sockets and
// the same SIP and RTP that serve callers.
//
// A [Phone] is a caller, an engineer or a mailbox by what its owner does with the [Call]s. Goroutines: those of its SIP
// agent and its media engine; Stop waits for all of them.
package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"

	"hotline/media"
	"hotline/media/udp"
	"hotline/sip"
)

// ErrNotAnswered is a call that nobody answered; the cause is wrapped beside it.
var ErrNotAnswered = errors.New("not answered")

// Config says where a telephone is and what it does when it rings.
type Config struct {
	// At is the address it is reached at; port 0 takes a free one.
	At netip.AddrPort
	// User is its name, the user part of its address.
	User string
	// Answer is called for each call that comes in, in a goroutine of its own; it picks up with Incoming.PickUp. When it
	// returns, the call is hung up. Nil refuses every call.
	Answer func(ctx context.Context, in *Incoming)
	// Wires replace the sockets, for calls in virtual time; nil means sockets.
	SIPWire   sip.Wire
	MediaWire udp.Network
	Log       *slog.Logger // nil means silence
}

// Phone is one telephone. Safe for concurrent use.
type Phone struct {
	cfg    Config
	agent  *sip.Agent
	engine *media.Engine
}

// New checks the configuration and opens nothing.
func New(c Config) (*Phone, error) {
	p := &Phone{cfg: c}
	if c.Log == nil {
		p.cfg.Log = slog.New(slog.DiscardHandler)
	}
	var err error
	p.agent, err = sip.New(sip.Config{
		Listen: []netip.AddrPort{c.At}, AcceptAnyone: true, UserAgent: "hotline telephone", Wire: c.SIPWire, Log: p.cfg.Log, Handle: p.rings,
	})
	if err != nil {
		return nil, fmt.Errorf("making telephone %s: %w", c.User, err)
	}
	p.engine, err = media.New(media.Config{Workers: 1, Bind: []netip.Addr{c.At.Addr()}, Wire: c.MediaWire, Log: p.cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("making telephone %s: %w", c.User, err)
	}
	return p, nil
}

// Start plugs it in. After an error nothing is left open.
func (p *Phone) Start(ctx context.Context) error {
	if err := p.engine.Start(ctx); err != nil {
		return fmt.Errorf("plugging in telephone %s: %w", p.cfg.User, err)
	}
	if err := p.agent.Start(ctx); err != nil {
		p.engine.Stop()
		return fmt.Errorf("plugging in telephone %s: %w", p.cfg.User, err)
	}
	return nil
}

// Stop hangs up and unplugs it. Idempotent.
func (p *Phone) Stop(ctx context.Context) error {
	err := p.agent.Stop(ctx)
	p.engine.Stop()
	return err
}

// Address is its SIP address; only after Start.
func (p *Phone) Address() string { return fmt.Sprintf("sip:%s@%s", p.cfg.User, p.agent.Addresses()[0]) }

// Incoming is a call that rings.
type Incoming struct {
	phone  *Phone
	invite *sip.Invite
	call   *Call
}

// From is who calls, as the caller says.
func (in *Incoming) From() string { return in.invite.From.User }

// Source is the address that the call came from.
func (in *Incoming) Source() netip.AddrPort { return in.invite.Source }

// Ring tells the caller that it rings.
func (in *Incoming) Ring() { _ = in.invite.Ring() }

// Refuse answers with a SIP status of 300 or more.
func (in *Incoming) Refuse(code int, reason string) { _ = in.invite.Refuse(code, reason) }

// PickUp answers; the call is hung up when the Answer function returns.
func (in *Incoming) PickUp(ctx context.Context) (*Call, error) {
	leg, answer, err := in.phone.engine.Answer(in.invite.Offer, media.Peer{
		Local: in.invite.Local.Addr(), Remote: in.invite.Source.Addr(),
	})
	if err != nil {
		_ = in.invite.Refuse(488, "Not Acceptable Here")
		return nil, fmt.Errorf("picking up: %w", err)
	}
	d, err := in.invite.Answer(ctx, answer, sip.OnReinvite(leg.Reoffer), sip.OnActivity(leg.Activity))
	if err != nil {
		_ = leg.Close()
		return nil, fmt.Errorf("picking up: %w", err)
	}
	if in.call, err = newCall(d, leg); err != nil {
		return nil, fmt.Errorf("picking up: %w", err)
	}
	return in.call, nil
}

func (p *Phone) rings(ctx context.Context, in *sip.Invite) {
	if p.cfg.Answer == nil || in.Offer == nil {
		_ = in.Refuse(480, "Temporarily Unavailable")
		return
	}
	i := &Incoming{phone: p, invite: in}
	defer func() {
		if i.call != nil {
			i.call.Hangup()
		}
	}()
	p.cfg.Answer(ctx, i)
}

// Dial calls a SIP address and blocks until it is answered. Every error is an ErrNotAnswered.
func (p *Phone) Dial(ctx context.Context, to string) (*Call, error) {
	remote, err := remoteOf(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("%w: calling %s: %w", ErrNotAnswered, to, err)
	}
	leg, offer, err := p.engine.Offer(media.Peer{Local: p.agent.Addresses()[0].Addr(), Remote: remote})
	if err != nil {
		return nil, fmt.Errorf("%w: calling %s: %w", ErrNotAnswered, to, err)
	}
	d, answer, err := p.agent.Dial(ctx, sip.DialRequest{
		To: to, From: sip.Party{User: p.cfg.User}, Offer: offer, OnReinvite: leg.Reoffer, OnActivity: leg.Activity,
	})
	if err != nil {
		_ = leg.Close()
		return nil, fmt.Errorf("%w: %w", ErrNotAnswered, err)
	}
	if err := leg.Accept(answer); err != nil {
		_ = d.Hangup("no common codec")
		_ = leg.Close()
		return nil, fmt.Errorf("%w: calling %s: %w", ErrNotAnswered, to, err)
	}
	return newCall(d, leg)
}
