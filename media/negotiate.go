package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"hotline/media/g711"
	"hotline/media/latch"
	"hotline/media/sdp"
	"hotline/media/udp"
)

// Peer is where the signalling of a leg runs, Local being our end and Remote the other side's, and how the leg treats the
// other side.
type Peer struct {
	Local, Remote netip.Addr
	Encryption    sdp.Encryption
	Unverified    bool           // nobody knows the other side: what it describes may be a victim's address
	Networks      []netip.Prefix // its sound may come from these too, wherever its description says
}

// Answer takes an offer and gives the leg and our answer. The leg sends and receives at once. The errors are those of
// [sdp.Read] and [sdp.Description.Agree], and ErrNoPorts.
func (e *Engine) Answer(offer []byte, p Peer) (*Leg, []byte, error) {
	d, err := sdp.Read(offer)
	if err != nil {
		return nil, nil, err
	}
	t, err := d.Agree(p.Remote, p.Encryption)
	if err != nil {
		return nil, nil, err
	}
	remote := t.Remote.Addr()
	if remote.IsUnspecified() { // on hold from the beginning
		remote = p.Remote.Unmap()
	}
	l, err := e.newLeg(p, remote)
	if errors.Is(err, sdp.ErrBadAddress) && !errors.Is(err, udp.ErrNoWay) {
		t.UseAddress(p.Remote.Unmap())
		l, err = e.newLeg(p, t.Remote.Addr())
	}
	if err != nil {
		return nil, nil, err
	}
	answer := l.negotiation.local.Answer(d, &t)
	keys, err := l.prepare(&t)
	if err != nil {
		return nil, nil, errors.Join(err, e.giveBack(l.sockets))
	}
	l.agree(t, keys, e.now()) // nobody else has the leg yet
	return l, answer, e.assign(l)
}

// Offer gives a leg and our offer, for a call of our own or a 200 to an INVITE without one. The leg neither sends nor
// receives until Accept.
func (e *Engine) Offer(p Peer) (*Leg, []byte, error) {
	l, err := e.newLeg(p, p.Remote.Unmap())
	if err != nil {
		return nil, nil, err
	}
	if p.Encryption != sdp.Plain {
		l.negotiation.local.OfferEncryption()
	}
	return l, l.negotiation.local.Offer(g711.ALaw), e.assign(l)
}

// Carriage is a way of packets that is not the engine's own: somebody else carries them, encrypted where the other side wants that, and
// gives and takes them in the clear. RTP and RTCP come in one stream (RFC 5761).
type Carriage struct {
	Socket udp.Socket     // the leg closes it at its end; Receive tells From as the source of each packet
	From   netip.AddrPort // where the other side is
	SSRC   uint32         // of our stream, as the other side was told
	Events uint8          // payload type of the keys that come (RFC 4733); 0: they come as tones
	Secure bool           // the carrier encrypts
}

// Carry gives a leg whose packets somebody else carries. It speaks A-law, and sends and receives at once. Keys go to the other side as
// tones. It has no later offers: Accept and Reoffer are for legs of our own sockets.
func (e *Engine) Carry(c Carriage) (*Leg, error) {
	l := newLeg(e, Peer{Remote: c.From.Addr()}, pair{rtp: c.Socket, rtcp: noSocket{}})
	l.out.stream.SSRC = c.SSRC
	l.agree(sdp.Terms{
		Codec: g711.ALaw, EventsIn: c.Events, Remote: c.From, RemoteRTCP: c.From, Mux: true, Direction: sdp.SendRecv, Packet: sdp.DefaultPacket, Secure: c.Secure,
	}, nil, e.now()) // nobody else has the leg yet
	return l, e.assign(l)
}

// newLeg opens the sockets of a leg whose sound goes to remote.
func (e *Engine) newLeg(p Peer, remote netip.Addr) (*Leg, error) {
	sockets, err := e.openPair(p, remote)
	if err != nil {
		return nil, err
	}
	known := sockets.at
	if e.cfg.Public.IsValid() && !remote.IsLoopback() && e.cfg.Public.Is4() == known.Is4() {
		known = e.cfg.Public
	}
	l := newLeg(e, p, sockets)
	l.negotiation.local = sdp.NewLocal(rand.Uint64N(1<<53), netip.AddrPortFrom(known, sockets.rtp.Addr().Port()))
	return l, nil
}

// Accept takes the answer to our offer; from now on the leg sends and receives. The errors are those of [Engine.Answer].
func (l *Leg) Accept(answer []byte) error {
	l.negotiation.mu.Lock()
	defer l.negotiation.mu.Unlock()
	d, err := sdp.Read(answer)
	if err != nil {
		return err
	}
	t, err := d.Agree(l.peer.Remote, l.peer.Encryption)
	if err != nil {
		return err
	}
	if err := l.negotiation.local.Accept(&t); err != nil {
		return err
	}
	return l.adopt(t)
}

// Reoffer answers a later offer of the other side: hold (sendonly, inactive, 0.0.0.0), resume, another address. nil asks
// for an offer of ours. When it refuses, the terms stay as they were.
func (l *Leg) Reoffer(offer []byte) (answer []byte, err error) {
	l.negotiation.mu.Lock()
	defer l.negotiation.mu.Unlock()
	if offer == nil {
		var codec g711.Codec
		if err := l.ask(func(_ *worker, l *Leg) { codec = l.terms.Codec }); err != nil {
			return nil, err
		}
		return l.negotiation.local.Offer(codec), nil
	}
	d, err := sdp.Read(offer)
	if err != nil {
		return nil, err
	}
	t, err := d.Agree(l.peer.Remote, l.peer.Encryption)
	if err != nil {
		return nil, err
	}
	return l.negotiation.local.Answer(d, &t), l.adopt(t)
}

// adopt brings terms into force.
func (l *Leg) adopt(t sdp.Terms) error {
	keys, err := l.prepare(&t)
	if err != nil {
		return err
	}
	return l.ask(func(w *worker, l *Leg) {
		if l.state == offered {
			w.discardEarly(l)
		}
		l.agree(t, keys, w.now)
	})
}

// prepare checks terms, and makes their encryption; nil for none. An address to which no socket of ours can send is replaced by
// that of the signalling. A telephone on this machine may describe its network's address to a line on loopback; another may
// describe IPv6 and signal over IPv4. Its sound goes back to where it comes from anyway.
func (l *Leg) prepare(t *sdp.Terms) (*encryption, error) {
	if !canSend(l.sockets.rtp.Addr().Addr(), t.Remote.Addr()) {
		t.UseAddress(l.peer.Remote.Unmap())
	}
	if err := l.engine.refuseOwnPorts(l, t); err != nil {
		return nil, err
	}
	if !t.Secure {
		return nil, nil
	}
	return newEncryption(l.negotiation.local.Key(), t.Theirs)
}

// canSend tells whether a socket of ours can send to an address: of the same family, and not from loopback to elsewhere.
func canSend(ours, theirs netip.Addr) bool {
	return theirs.IsUnspecified() || ours.Is4() == theirs.Is4() && ours.IsLoopback() == theirs.IsLoopback()
}

// refuseOwnPorts refuses a description of an unverified party that names a socket of our own: two calls would hear each
// other.
func (e *Engine) refuseOwnPorts(l *Leg, t *sdp.Terms) error {
	if !l.peer.Unverified {
		return nil
	}
	for _, at := range [...]netip.AddrPort{t.Remote, t.RemoteRTCP} {
		if at.Addr() != l.sockets.rtp.Addr().Addr() && at.Addr() != e.cfg.Public {
			continue
		}
		if e.ports.used(at.Port()) {
			return fmt.Errorf("taking %s as the address of sound: it is ours: %w", at, sdp.ErrBadAddress)
		}
	}
	return nil
}

// agree puts terms into force. For the leg's owner alone.
func (l *Leg) agree(t sdp.Terms, keys *encryption, now time.Duration) {
	if !t.Secure || keys == nil { // plain, or encrypted by whoever carries it
		l.encryption = nil
	} else if l.encryption == nil || l.encryption.ours != keys.ours || l.encryption.theirs != keys.theirs {
		l.encryption = keys // the same keys keep their counters
	}
	first := l.state == offered
	moved := first || t.Remote != l.terms.Remote
	l.terms = t
	l.liveness.last = now
	if first {
		l.state, l.rtcp.next = open, now+reportEvery
	}
	if moved {
		l.out.budget.move()
		l.rtcp.losses.Moved(l.out.stream.Sequence)
	}
	if moved && !first { // a key by INFO may have come before the first terms
		l.in.keys.ForgetOutOfBand()
		l.keys.outOfBand.Store(false)
	}
	if moved && t.Remote.Addr().IsValid() && (first || !t.Remote.Addr().IsUnspecified()) {
		before := l.in.latch
		l.in.latch = latch.New(t.Remote, l.peer.Remote.Unmap(), &before, now)
		l.in.latch.Trust(l.peer.Networks)
	}
}
