package line

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"hotline/ivr"
	"hotline/localroute"
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
func (s *Switchboard) Ring(ctx context.Context, address string, as ring.Introduction) (ring.Telephone, error) {
	routes := []Route{{Address: address}}
	switch {
	case s.cfg.Routes != nil:
		var err error
		if routes, err = s.cfg.Routes(address, as); err != nil {
			return nil, fmt.Errorf("ringing a telephone: %w: %w", ring.ErrImpossible, err)
		}
	case !strings.HasPrefix(address, "sip:"):
		return nil, fmt.Errorf("ringing a number: no trunk is configured: %w", ring.ErrImpossible)
	}
	err, refused := ring.ErrImpossible, error(nil)
	for i, r := range routes {
		t, failed := s.ring(ctx, address, r, as)
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
			s.cfg.Log.Warn("trunk left for the next one", "trunk", r.Trunk, "error", failed)
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
func (s *Switchboard) ring(ctx context.Context, address string, r Route, as ring.Introduction) (*Telephone, error) {
	e := s.cfg.Encryption(r.Trunk)
	t, err := s.ringWith(ctx, address, r, as, e)
	var final *sip.FinalError
	if e == sdp.Preferred && errors.As(err, &final) && (final.Code == 488 || final.Code == 415 || final.Code == 606) {
		return s.ringWith(ctx, address, r, as, sdp.Plain)
	}
	return t, err
}

func (s *Switchboard) ringWith(ctx context.Context, address string, r Route, as ring.Introduction, e sdp.Encryption) (*Telephone, error) {
	request := sip.DialRequest{To: r.Address, Trunk: r.Trunk, From: sip.Party{Display: as.Name, User: as.Name},
		OnBehalf: sip.OnBehalf{Caller: sip.Party{User: as.Customer}}}
	peer, err := s.peerOf(ctx, r)
	if err != nil {
		return nil, err
	}
	peer.Encryption, peer.Networks = e, s.cfg.Networks(r.Trunk)
	sound, offer, err := s.engine.Offer(peer)
	if err != nil {
		return nil, err
	}
	request.Offer = offer
	request.OnInvite = as.Placed
	request.OnReinvite, request.OnAnswer, request.OnActivity, request.OnInfo = reoffer(sound, r.Trunk), sound.Accept, sound.Activity, pressInfo(sound)
	request.OnAnswered = func(answer []byte) error { return s.agreed(sound, r, answer) }
	d, _, err := s.agent.Dial(ctx, request)
	if err != nil {
		_ = sound.Close()
		return nil, err
	}
	t := &Telephone{leg{board: s, id: rand.Text(), sipID: d.ID(), to: address}}
	s.connect(&t.leg, d, sound)
	return t, nil
}

// agreed has the sound follow a telephone's answer. What it cannot follow is as a refusal of the offer.
func (s *Switchboard) agreed(sound *media.Leg, r Route, answer []byte) error {
	err := sound.Accept(answer)
	if err == nil {
		return nil
	}
	s.cfg.Log.Warn("answer of a telephone not taken", "to", r.Address, "trunk", r.Trunk, "answered", offered(answer), "error", err)
	return errors.Join(&sip.FinalError{Code: 488, Reason: "no common codec"}, err)
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
func (s *Switchboard) peerOf(ctx context.Context, r Route) (media.Peer, error) {
	far, err := s.agent.FirstHop(ctx, r.Address, r.Trunk)
	if err != nil {
		return media.Peer{}, err
	}
	ip := far.Addr()
	for _, bound := range s.agent.Addresses() {
		if a := bound.Addr(); !a.IsUnspecified() && a.Is4() == ip.Is4() && a.IsLoopback() == ip.IsLoopback() {
			return media.Peer{Local: a, Remote: ip}, nil
		}
	}
	local, err := localroute.To(ip)
	if err != nil {
		return media.Peer{}, fmt.Errorf("no route: %w", err)
	}
	return media.Peer{Local: local, Remote: ip}, nil
}

// ID names the leg, so that another can be joined to it.
func (t *Telephone) ID() string { return t.id }

// Context ends with the leg; its cause is the ending.
func (t *Telephone) Context() context.Context { return t.ctx }

// Key takes the next key, ring.ErrNoKey after wait. The person has heard what is asked, and may sit behind a gateway that sends
// tones whatever was agreed on. So tones count from now on.
func (t *Telephone) Key(ctx context.Context, wait time.Duration) (byte, error) {
	t.sound.DetectTones()
	return t.key(ctx, wait, ring.ErrNoKey)
}

// KeysInSound tells, after a key, whether all of them have come as tones; see ring.Telephone.
func (t *Telephone) KeysInSound() bool { return !t.sound.OutOfBand() }

// Hangup ends the leg and waits until it is gone. Idempotent.
func (t *Telephone) Hangup() { t.close("") }

// HungUp tells whether the telephone itself has ended the leg by a BYE.
func (t *Telephone) HungUp() bool { return errors.Is(context.Cause(t.ctx), ivr.ErrHungUp) }

// SilentFor is how long nothing at all has come; see media.Leg.SilentFor.
func (t *Telephone) SilentFor() time.Duration { return t.sound.SilentFor() }
