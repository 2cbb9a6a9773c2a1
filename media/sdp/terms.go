package sdp

import (
	"errors"
	"fmt"
	"net/netip"

	"hotline/media/g711"
)

// Why no terms can be agreed on. ErrNoAudio and ErrOtherTransport are ErrNoCommonCodec too, and say more.
var (
	ErrNoCommonCodec = errors.New("no common codec")
	// ErrNoAudio is the error of a description without sound.
	ErrNoAudio = fmt.Errorf("%w: no sound is offered", ErrNoCommonCodec)
	// ErrOtherTransport is the error of sound over something else than RTP/AVP, or RTP/SAVP with a key that is known.
	ErrOtherTransport = fmt.Errorf("%w: no sound over RTP, plain or with a key that is known", ErrNoCommonCodec)
)

// DefaultPacket is the length of a packet in samples where nobody asks for another one: 20 ms (RFC 3551 section 4.2).
const DefaultPacket = 160

// Terms are what two parties agree on for one leg.
type Terms struct {
	Codec      g711.Codec // that we send; both are taken
	EventsOut  uint8      // payload type of the keys that we send; 0 when the other side takes none
	EventsIn   uint8      // payload type of the keys that we take; 0 when none was agreed on
	Others     uint32     // dynamic payload types, one bit for each from 96 on, by which the other side means another codec
	Remote     netip.AddrPort
	RemoteRTCP netip.AddrPort
	Mux        bool      // RTCP runs over the port of RTP (RFC 5761)
	Direction  Direction // ours
	Packet     int       // samples of one packet that we send
	Secure     bool      // sound is encrypted
	Theirs     Crypto    // what the other side encrypts with, when Secure
}

// Held tells whether the other side hears nothing from us: it holds the call.
func (t *Terms) Held() bool { return t.Direction == RecvOnly || t.Direction == Inactive }

// UseAddress puts an address in the place of the one that was described. The ports stay.
func (t *Terms) UseAddress(ip netip.Addr) {
	t.Remote = netip.AddrPortFrom(ip, t.Remote.Port())
	t.RemoteRTCP = netip.AddrPortFrom(ip, t.RemoteRTCP.Port())
}

// Agree takes the terms from the other side's description. signalling is where its requests come from. The errors are
// ErrNoCommonCodec (ErrNoAudio, ErrOtherTransport), ErrNotSecure, ErrMalformed and ErrBadAddress.
func (d *Description) Agree(signalling netip.Addr, policy Encryption) (Terms, error) {
	if !d.choose(policy) {
		if policy == Required && d.audio != nil {
			return Terms{}, fmt.Errorf("looking for SRTP with keys in the description: %w", ErrNotSecure)
		}
		return Terms{}, fmt.Errorf("looking for G.711 over RTP: %w", d.whyUnusable())
	}
	a := d.audio
	at, held, err := a.address(signalling)
	if err != nil {
		return Terms{}, err
	}
	t := Terms{
		Codec: a.g711()[0], EventsOut: a.events(), EventsIn: a.events(), Others: a.others(), Remote: at, RemoteRTCP: netip.AddrPortFrom(at.Addr(), a.rtcpPort()),
		Mux: a.mux, Direction: a.direction.mirrored(), Packet: packetOf(a.ptime, a.maxptime), Secure: a.secure(),
	}
	if t.Secure {
		t.Theirs = a.cryptos[0]
	}
	if held {
		t.Direction = Inactive
	}
	return t, nil
}

// rtcpPort is where the section wants its reports: the port of RTP (RFC 5761), the one that a=rtcp names (RFC 3605), or the
// next one (RFC 3550 section 11).
func (s *section) rtcpPort() uint16 {
	switch {
	case s.mux:
		return uint16(s.port)
	case s.rtcp != 0:
		return uint16(s.rtcp)
	}
	return uint16(s.port) + 1
}

// choose takes the section that we speak in: the first that we can, and an encrypted one before others unless the policy is
// Plain. ok is false when there is none.
func (d *Description) choose(policy Encryption) (ok bool) {
	d.audio = nil
	for i := range d.sections {
		s := &d.sections[i]
		if s.usable() && (d.audio == nil || policy != Plain && s.secure() && !d.audio.secure()) {
			d.audio = s
		}
	}
	return d.audio != nil && (policy != Required || d.audio.secure())
}

// whyUnusable tells why no section can be spoken in.
func (d *Description) whyUnusable() error {
	err := ErrNoAudio
	for i := range d.sections {
		s := &d.sections[i]
		switch plain := s.proto == "RTP/AVP" || s.proto == "RTP/AVPF"; {
		case s.kind != "audio" || s.port == 0:
		case plain || s.secure():
			return ErrNoCommonCodec
		default:
			err = ErrOtherTransport
		}
	}
	return err
}

// packets are the lengths of packets that we send, in samples: 10, 20, 30, 40 and 60 ms.
var packets = [...]int{80, DefaultPacket, 240, 320, 480}

// packetOf is the length of our packets, in samples, for a party that asks for ptime milliseconds and takes at most maxptime
// (RFC 4566 section 6); 0 when it does not say.
func packetOf(ptime, maxptime int) int {
	length := DefaultPacket
	for _, n := range packets {
		if n == 8*ptime {
			length = n
		}
	}
	for i := len(packets) - 1; i >= 0 && maxptime > 0; i-- {
		if n := packets[i]; n <= length && n <= 8*maxptime {
			return n
		}
	}
	return length
}
