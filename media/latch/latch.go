// Package latch decides which packets of sound are the other party's: the source latch of symmetric RTP (RFC 4961). It
// resists an attacker who sends to many ports in order to hear a call or to speak into it (RTP bleed). Each leg of package
// media has one latch.
package latch

import (
	"net/netip"
	"slices"
	"time"
)

const (
	probation       = 4                      // packets in a row that prove a source at a known host, or a new SSRC
	strangerWait    = time.Second            // how long a stranger waits, so that the party can be heard first
	strangerAlone   = 3 * time.Second        // how long a stranger must send without a break before it is the party
	strangerPackets = 50                     // packets that it must have sent meanwhile: a second of sound
	strangerBreak   = 500 * time.Millisecond // the longest break of a stranger on trial
	streamSilence   = time.Second            // silence after which a new SSRC from the latched address is believed
	maxRebind       = 50                     // packets that a stream may be ahead when it appears at a new address
)

// Verdict is what a [Latch] says about a packet.
type Verdict byte

// The verdicts.
const (
	Foreign   Verdict = iota // not from our party: no sound, no key, no answer
	Ours                     // goes on
	NewStream                // ours, and the first of a stream: sequence and timestamps start anew
)

// rank is why a source is latched. A higher rank takes the latch from a lower one at any time.
type rank byte

const (
	open      rank = iota // no source is latched
	stranger              // a stranger behind an evident NAT, which has sent alone for long enough
	host                  // a known host: the description's, the signalling's, a trusted one, or where the party was heard before
	described             // the address of the description
)

// Latch holds the address of one party's sound. It is a table:
//
//	latched    source of the packet                                     consequence
//	any        authenticated by SRTP, unless a late copy               latched: who has the keys is the party
//	any        the description's address, unless a late copy            latched
//	any        other address, same SSRC, the stream's next numbers      followed: a NAT has rebound
//	open       known host, 4 numbers in a row                           latched
//	stranger   known host, 4 numbers in a row                           latched: displaces the stranger
//	open       any other, where NAT is evident, all alone for 3 s       latched; before, neither heard nor sent to
//	any        any other                                                foreign
//	SSRC set   latched address, other SSRC, after 1 s or 4 in a row     new stream
//
// NAT is evident where the description names an address that no public host can reach and the signalling comes from a
// public one. Used by one goroutine.
type Latch struct {
	sdp        netip.AddrPort
	signalling netip.Addr
	before     netip.Addr // the host at which the party was heard before
	trusted    []netip.Prefix
	opened     time.Duration // instant since which the latch is open
	at         netip.AddrPort
	by         rank
	haveSSRC   bool
	ssrc       uint32
	highest    uint16
	last       time.Duration  // instant of the last packet of ours
	known      trial          // of a known host, or of another SSRC at the latched address
	unknown    trial          // of a stranger; its packets must not undo the trial of a known host
	rival      trial          // of another stranger at the same time
	scanner    netip.AddrPort // a source that sends sound to ports where none is expected
}

// trial is a source that is not latched, or an SSRC that is not believed yet.
type trial struct {
	from        netip.AddrPort
	ssrc        uint32
	next        uint16
	count       int
	since, last time.Duration
}

// step counts a packet; true when enough came in a row.
func (t *trial) step(p Packet, now time.Duration) bool {
	if t.count == 0 || t.from != p.From || t.ssrc != p.SSRC || t.next != p.Sequence {
		*t = trial{from: p.From, ssrc: p.SSRC, since: now}
	}
	t.count++
	t.next, t.last = p.Sequence+1, now
	return t.count >= probation
}

// Packet is what is judged of a packet. Authentic tells that SRTP has authenticated it.
type Packet struct {
	From      netip.AddrPort
	SSRC      uint32
	Sequence  uint16
	Authentic bool
}

// New opens a latch for a party whose description names sdp and whose requests come from signalling. before is the latch
// of the call's terms until now; nil for none.
func New(sdp netip.AddrPort, signalling netip.Addr, before *Latch, now time.Duration) Latch {
	l := Latch{sdp: sdp, signalling: signalling, opened: now}
	if before != nil {
		l.scanner = before.scanner
		if l.before = before.before; before.by != open {
			l.before = before.at.Addr()
		}
	}
	return l
}

// Trust makes the hosts of these networks known hosts: a carrier has said that its sound may come from there.
func (l *Latch) Trust(networks []netip.Prefix) { l.trusted = networks }

// Target is where our sound goes: where the party's own comes from, else where the description says.
func (l *Latch) Target() netip.AddrPort {
	if l.by != open {
		return l.at
	}
	return l.sdp
}

// AsDescribed tells whether the target is the address of the description.
func (l *Latch) AsDescribed() bool { return l.Target() == l.sdp }

// SSRC is that of the party's stream.
func (l *Latch) SSRC() uint32 { return l.ssrc }

// Opened is the instant since which the latch is open.
func (l *Latch) Opened() time.Duration { return l.opened }

// Scanned tells that a source has sent sound to a port where none is expected, so that it does not know our description.
func (l *Latch) Scanned(from netip.AddrPort) { l.scanner = from }

// Admit judges one packet.
func (l *Latch) Admit(p Packet, now time.Duration) Verdict {
	if (p.From != l.at || l.by == open) && !l.source(p, now) {
		return Foreign
	}
	v := Ours
	switch {
	case !l.haveSSRC:
		v = NewStream
	case p.SSRC != l.ssrc:
		if now-l.last <= streamSilence && !l.known.step(p, now) {
			return Foreign
		}
		v = NewStream
	}
	if v == NewStream {
		l.haveSSRC, l.ssrc, l.highest, l.known = true, p.SSRC, p.Sequence, trial{}
	} else if int16(p.Sequence-l.highest) > 0 {
		l.highest = p.Sequence
	}
	l.last = now
	return v
}

// source tells whether a packet from elsewhere than the latched address moves the latch.
func (l *Latch) source(p Packet, now time.Duration) bool {
	ahead := int16(p.Sequence - l.highest)
	same := l.haveSSRC && p.SSRC == l.ssrc
	continues := same && ahead > 0 && ahead <= maxRebind
	knownHost := l.knows(p.From.Addr())
	switch {
	case same && ahead <= 0 && ahead > -maxRebind:
		return false // a late copy from where the party was
	case p.From == l.sdp:
		l.latch(p.From, described)
	case p.Authentic:
		l.latch(p.From, max(l.by, host))
	case continues:
		l.before, l.at = l.at.Addr(), p.From
		return true
	case knownHost && l.by <= stranger:
		if !l.known.step(p, now) {
			return false
		}
		l.latch(p.From, host)
	case l.by == open:
		if !l.aloneForLong(p, now) {
			return false
		}
		l.latch(p.From, stranger)
	default:
		return false
	}
	l.haveSSRC = continues // else its stream is another one
	return true
}

// knows tells whether a host is a known one: the description's, the signalling's, one where the party was heard before, or one
// of its carrier's.
func (l *Latch) knows(ip netip.Addr) bool {
	return ip == l.sdp.Addr() || ip == l.signalling || ip == l.before || slices.ContainsFunc(l.trusted, func(n netip.Prefix) bool { return n.Contains(ip) })
}

// latch latches a source.
func (l *Latch) latch(at netip.AddrPort, by rank) {
	l.at, l.by, l.known, l.unknown, l.rival = at, by, trial{}, trial{}, trial{}
}

// aloneForLong tells whether a stranger has sent for long enough while no other did: where two of them send, nobody knows
// which one is the party. One packet of a port scanner contests nothing.
func (l *Latch) aloneForLong(p Packet, now time.Duration) bool {
	t := &l.unknown
	if p.From == l.scanner || !private(l.sdp.Addr()) || private(l.signalling) || now-l.opened < strangerWait {
		return false
	}
	if p.From != t.from && t.count > 0 && now-t.last < strangerBreak {
		if l.rival.step(p, now) {
			l.unknown, l.rival = trial{}, trial{}
		}
		return false
	}
	if ahead := p.Sequence - t.next; p.From != t.from || p.SSRC != t.ssrc || ahead > maxRebind || now-t.last > strangerBreak {
		*t = trial{from: p.From, ssrc: p.SSRC, since: now}
	}
	t.count++
	t.next, t.last = p.Sequence+1, now
	return t.count >= strangerPackets && now-t.since >= strangerAlone
}

// shared is the address block of carriers' NATs (RFC 6598).
var shared = netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)

// private tells whether an address does not belong to the public network.
func private(ip netip.Addr) bool {
	return !ip.IsValid() || ip.IsUnspecified() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || shared.Contains(ip)
}
