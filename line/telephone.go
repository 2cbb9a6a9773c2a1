package line

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"hotline/ivr"
	"hotline/media"
	"hotline/media/sdp"
	"hotline/oncall/ring"
	"hotline/sip"
)

var (
	_ ring.Telephones = (*Switchboard)(nil)
	_ ring.Telephone  = (*Telephone)(nil)
)

// Telephone is a picked-up outgoing leg. Its blocking methods are used by one goroutine.
type Telephone struct{ leg }

// Ring calls a SIP address, or a number through the trunks, and blocks until somebody picks up. A trunk that does not
// answer, or answers with a fault of its own, is left for the next one.
func (b *Switchboard) Ring(ctx context.Context, address string, as ring.Introduction) (ring.Telephone, error) {
	routes := []Route{{Address: address}}
	switch {
	case b.cfg.Routes != nil:
		var err error
		if routes, err = b.cfg.Routes(address, as); err != nil {
			return nil, fmt.Errorf("ringing a telephone: %w: %w", ring.ErrImpossible, err)
		}
	case !strings.HasPrefix(address, "sip:"):
		return nil, fmt.Errorf("ringing a number: no trunk is configured: %w", ring.ErrImpossible)
	}
	err, refused := ring.ErrImpossible, error(nil)
	for i, r := range routes {
		t, failed := b.ring(ctx, address, r, as)
		if failed == nil {
			return t, nil
		}
		err = dialled(ctx, address, r.Trunk != "", failed)
		if errors.Is(err, ring.ErrTrunk) {
			refused = err
		}
		if context.Cause(ctx) != nil || !fault(failed) {
			return nil, err
		}
		if i < len(routes)-1 {
			b.cfg.Log.Warn("trunk left for the next one", "trunk", r.Trunk, "error", failed)
		}
	}
	if refused != nil { // of several trunks that could not: the one that somebody has to mend
		err = refused
	}
	return nil, err
}

// fault tells a trunk that could not do its work from a telephone that could not be reached.
func fault(err error) bool {
	var final *sip.FinalError
	if errors.As(err, &final) {
		return final.Code >= 500 && final.Code < 600 || final.Code == 408 || errors.Is(err, sip.ErrCredentials) || final.Code == 403
	}
	return errors.Is(err, sip.ErrDead) || errors.Is(err, sip.ErrTransport)
}

// ring makes one attempt by one way; where encryption is only preferred and refused, a second one without.
func (b *Switchboard) ring(ctx context.Context, address string, r Route, as ring.Introduction) (*Telephone, error) {
	e := b.cfg.Encryption(r.Trunk)
	t, err := b.ringWith(ctx, address, r, as, e)
	var final *sip.FinalError
	if e == sdp.Preferred && errors.As(err, &final) && (final.Code == 488 || final.Code == 415 || final.Code == 606) {
		return b.ringWith(ctx, address, r, as, sdp.Plain)
	}
	return t, err
}

func (b *Switchboard) ringWith(ctx context.Context, address string, r Route, as ring.Introduction, e sdp.Encryption) (*Telephone, error) {
	request := sip.DialRequest{To: r.Address, Trunk: r.Trunk, From: sip.Party{Display: as.Name, User: as.Name},
		OnBehalf: sip.OnBehalf{Caller: sip.Party{User: as.Customer}}}
	peer, err := b.peerOf(ctx, r)
	if err != nil {
		return nil, err
	}
	peer.Encryption, peer.Networks = e, b.cfg.Networks(r.Trunk)
	sound, offer, err := b.engine.Offer(peer)
	if err != nil {
		return nil, err
	}
	request.Offer = offer
	request.OnReinvite, request.OnAnswer, request.OnActivity, request.OnInfo = reoffer(sound, r.Trunk), sound.Accept, sound.Activity, pressInfo(sound)
	d, answer, err := b.agent.Dial(ctx, request)
	if err != nil {
		_ = sound.Close()
		return nil, err
	}
	t := &Telephone{leg{board: b, id: rand.Text(), to: address}}
	if err := sound.Accept(answer); err != nil {
		b.cfg.Log.Warn("answer of a telephone not taken", "call", d.ID(), "trunk", r.Trunk, "answered", offered(answer), "error", err)
		_ = d.Hangup("no common codec")
		_ = sound.Close()
		return nil, errors.Join(&sip.FinalError{Code: 488, Reason: "no common codec"}, err)
	}
	b.connect(&t.leg, d, sound)
	return t, nil
}

// dialled turns sip's errors into the search's.
func dialled(ctx context.Context, address string, byTrunk bool, err error) error {
	var final *sip.FinalError
	switch {
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	case byTrunk && errors.Is(err, sip.ErrCredentials):
		return fmt.Errorf("ringing %s: %w: %w", address, ring.ErrTrunk, err)
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
func (b *Switchboard) peerOf(ctx context.Context, r Route) (media.Peer, error) {
	far, err := b.agent.FirstHop(ctx, r.Address, r.Trunk)
	if err != nil {
		return media.Peer{}, err
	}
	ip := far.Addr()
	for _, bound := range b.agent.Addresses() {
		if a := bound.Addr(); !a.IsUnspecified() && a.Is4() == ip.Is4() && a.IsLoopback() == ip.IsLoopback() {
			return media.Peer{Local: a, Remote: ip}, nil
		}
	}
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(far)) // sends nothing
	if err != nil {
		return media.Peer{}, fmt.Errorf("no route: %w", err)
	}
	defer c.Close()
	return media.Peer{Local: c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), Remote: ip}, nil
}

// ID names the leg, so that another can be joined to it.
func (t *Telephone) ID() string { return t.id }

// Context ends with the leg; its cause is the ending.
func (t *Telephone) Context() context.Context { return t.ctx }

// Key takes the next key, ring.ErrNoKey after wait. Whoever is waited for has heard what is asked, and may sit behind a
// gateway that sends tones whatever was agreed on: from now on they count too.
func (t *Telephone) Key(ctx context.Context, wait time.Duration) (byte, error) {
	t.sound.DetectTones()
	return t.key(ctx, wait, ring.ErrNoKey)
}

// Hangup ends the leg and waits until it is gone. Idempotent.
func (t *Telephone) Hangup() { t.close("") }

// HungUp tells whether the telephone itself has ended the leg by a BYE.
func (t *Telephone) HungUp() bool { return errors.Is(context.Cause(t.ctx), ivr.ErrHungUp) }

// SilentFor is how long nothing at all has come; see media.Leg.SilentFor.
func (t *Telephone) SilentFor() time.Duration { return t.sound.SilentFor() }

// Join lets this leg and another one of this board hear each other; see ring.Telephone.
func (t *Telephone) Join(ctx context.Context, call string, j ring.Joining) error {
	other, ok := t.board.leg(call)
	if !ok {
		return fmt.Errorf("joining to call %s: it is over", call)
	}
	heard := proof{begun: time.Now(), legs: []*media.Leg{t.sound, other.sound}}
	heard.begin()
	unjoin, err := media.Join(t.sound, other.sound)
	switch {
	case err == nil:
		defer unjoin()
	case !errors.Is(err, media.ErrClosed) && !errors.Is(err, media.ErrTimeout): // of these a leg is ending, and says so below
		return fmt.Errorf("joining to call %s: %w", call, err)
	}
	every := time.NewTicker(look)
	defer every.Stop()
	for {
		select {
		case <-t.ctx.Done():
			if !t.HungUp() {
				return ring.ErrSilent
			}
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-other.ctx.Done():
			return context.Cause(other.ctx)
		case <-every.C:
			if heard.whole(j.Talk) && j.Talked != nil {
				j.Talked()
			}
			if j.Silence > 0 && t.sound.SilentFor() > j.Silence {
				return ring.ErrSilent
			}
		}
	}
}

const look = time.Second // between two looks at whether a joined leg is heard

// proof is whether two joined legs talk: each of them was heard in half of the looks of the time that makes a talk, for
// telephones that send nothing while nobody speaks. Used by one goroutine.
type proof struct {
	begun time.Time
	legs  []*media.Leg
	in    []uint64 // packets of each, at the last look
	heard []int    // looks in which something new had come
	done  bool
}

func (p *proof) begin() {
	p.heard = make([]int, len(p.legs))
	for _, l := range p.legs {
		p.in = append(p.in, l.Stats().PacketsIn)
	}
}

// whole looks, and is true once.
func (p *proof) whole(talk time.Duration) bool {
	if p.done {
		return false
	}
	p.done = time.Since(p.begun) >= talk
	for i, l := range p.legs {
		if in := l.Stats().PacketsIn; in > p.in[i] {
			p.in[i] = in
			p.heard[i]++
		}
		p.done = p.done && time.Duration(p.heard[i])*look*2 >= talk
	}
	return p.done
}
