package line

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"hotline/media"
	"hotline/oncall/ring"
	"hotline/sip"
)

var (
	_ ring.Telephones = (*Board)(nil)
	_ ring.Telephone  = (*Telephone)(nil)
)

// Telephone is a picked-up outgoing leg. Its blocking methods are used by one goroutine.
type Telephone struct{ leg }

// Ring calls a SIP address, or a number through the trunk, and blocks until somebody picks up.
func (b *Board) Ring(ctx context.Context, address, name string) (ring.Telephone, error) {
	request := sip.DialRequest{To: address, From: sip.Party{Display: name, User: name}}
	if !strings.HasPrefix(address, "sip:") {
		if b.cfg.Number == nil {
			return nil, fmt.Errorf("ringing a number: no trunk is configured: %w", ring.ErrImpossible)
		}
		var err error
		if request.To, request.Trunk, err = b.cfg.Number(address); err != nil {
			return nil, fmt.Errorf("ringing a number: %w: %w", ring.ErrImpossible, err)
		}
	}
	peer, err := b.peerOf(ctx, request.To)
	if err != nil {
		return nil, fmt.Errorf("ringing %s: %w: %w", address, ring.ErrImpossible, err)
	}
	sound, offer, err := b.engine.Offer(peer)
	if err != nil {
		return nil, fmt.Errorf("ringing %s: %w: %w", address, ring.ErrImpossible, err)
	}
	request.Offer = offer
	request.OnReinvite, request.OnActivity, request.OnInfo = sound.Reoffer, sound.Activity, pressInfo(sound)
	d, answer, err := b.agent.Dial(ctx, request)
	if err != nil {
		_ = sound.Close()
		return nil, dialled(ctx, address, err)
	}
	t := &Telephone{leg{board: b, id: rand.Text(), to: address}}
	if err := sound.Accept(answer); err != nil {
		_ = d.Hangup("no common codec")
		_ = sound.Close()
		return nil, fmt.Errorf("ringing %s: %w: %w", address, &ring.Refusal{Code: 488, Reason: "no common codec"}, err)
	}
	b.connect(&t.leg, d, sound)
	return t, nil
}

// dialled turns sip's errors into the search's.
func dialled(ctx context.Context, address string, err error) error {
	var final *sip.FinalError
	switch {
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	case errors.As(err, &final):
		return fmt.Errorf("ringing %s: %w", address, &ring.Refusal{Code: final.Code, Reason: final.Reason})
	case errors.Is(err, sip.ErrDead):
		return fmt.Errorf("ringing %s: %w", address, ring.ErrDead)
	case errors.Is(err, sip.ErrTransport):
		return fmt.Errorf("ringing %s: %w: %w", address, ring.ErrDead, err)
	}
	return fmt.Errorf("ringing %s: %w: %w", address, ring.ErrImpossible, err)
}

// peerOf finds the addresses between which the sound will run: the kernel's route to the far host tells ours.
func (b *Board) peerOf(ctx context.Context, uri string) (media.Peer, error) {
	host, port := hostOf(uri)
	ip, err := netip.ParseAddr(host)
	if err != nil {
		list, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			return media.Peer{}, fmt.Errorf("looking up the host: %w", err)
		}
		ip = list[0]
	}
	ip = ip.Unmap()
	for _, bound := range b.agent.Addresses() {
		if a := bound.Addr(); !a.IsUnspecified() && a.Is4() == ip.Is4() && a.IsLoopback() == ip.IsLoopback() {
			return media.Peer{Local: a, Remote: ip}, nil
		}
	}
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, port))) // sends nothing
	if err != nil {
		return media.Peer{}, fmt.Errorf("no route: %w", err)
	}
	defer c.Close()
	return media.Peer{Local: c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), Remote: ip}, nil
}

// hostOf reads the host of a SIP address; sip judges the rest of it.
func hostOf(uri string) (host string, port uint16) {
	rest := strings.TrimPrefix(uri, "sip:")
	if _, after, found := strings.Cut(rest, "@"); found {
		rest = after
	}
	rest, _, _ = strings.Cut(rest, ";")
	rest, _, _ = strings.Cut(rest, "?")
	if ap, err := netip.ParseAddrPort(rest); err == nil {
		return ap.Addr().String(), ap.Port()
	}
	if h, _, err := net.SplitHostPort(rest); err == nil {
		return h, 5060
	}
	return strings.Trim(rest, "[]"), 5060
}

// ID names the leg, so that another can be joined to it.
func (t *Telephone) ID() string { return t.id }

// Context ends with the leg; its cause is the ending.
func (t *Telephone) Context() context.Context { return t.ctx }

// Key takes the next key, ring.ErrNoKey after wait.
func (t *Telephone) Key(ctx context.Context, wait time.Duration) (byte, error) {
	return t.key(ctx, wait, ring.ErrNoKey)
}

// Hangup ends the leg and waits until it is gone. Idempotent.
func (t *Telephone) Hangup() { t.close("") }

// Join lets this leg and another one of this board hear each other; see ring.Telephone.
func (t *Telephone) Join(ctx context.Context, call string, silence time.Duration) error {
	other, ok := t.board.leg(call)
	if !ok {
		return fmt.Errorf("joining to call %s: it is over", call)
	}
	unjoin, err := media.Join(t.sound, other.sound)
	if err != nil {
		return fmt.Errorf("joining to call %s: %w", call, err)
	}
	defer unjoin()
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		select {
		case <-t.ctx.Done():
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-other.ctx.Done():
			return context.Cause(other.ctx)
		case <-look.C:
			if silence > 0 && t.sound.SilentFor() > silence {
				return ring.ErrSilent
			}
		}
	}
}
