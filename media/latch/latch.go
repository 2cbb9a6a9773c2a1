// Package latch decides which packets of sound are the other party's: the source latch of symmetric RTP (RFC 4961), held
// against whoever sprays the ports to hear a call or to speak into it (RTP bleed).
package latch

import (
	"net/netip"
	"slices"
	"time"
)

const (
	probation = 4                      // consecutive packets that prove a source of a known host, or a new SSRC
	patience  = time.Second            // a stranger waits so long for the party to be heard first
	alone     = 3 * time.Second        // so long a stranger must send without a break before he is the party
	steady    = 50                     // packets that he must have sent meanwhile: a second of sound
	pause     = 500 * time.Millisecond // longest break of a stranger on trial
	silence   = time.Second            // silence after which a new SSRC from the latched address is believed
	rebind    = 50                     // packets a stream may be ahead when it appears at a new address
)

// Verdict is what a [Latch] says about a packet.
type Verdict byte

// The verdicts.
const (
	Foreign   Verdict = iota // not from our party: no sound, no key, no answer
	Ours                     // goes on
	NewStream                // ours, and the first of a stream: sequence and timestamps start anew
)

// rank is by which right a source is latched. A higher one takes the latch from a lower one at any time.
type rank byte

const (
	open      rank = iota // nobody is
	stranger              // behind a NAT that shows itself, alone and steady
	host                  // at a host that is known: the description's, the signalling's, a trusted one, or where the party was heard before
	described             // at the description's own address
)

// Latch holds the address of one party's sound. It is a table:
//
//	latched    source of the packet                                     consequence
//	any        authenticated by SRTP, and no late copy                  latched: who has the keys is the party
//	any        the description's address, but a late copy               latched
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
	before     netip.Addr // host at which the party was heard before
	trusted    []netip.Prefix
	opened     time.Duration // instant since which the latch is open
	at         netip.AddrPort
	by         rank
	haveSSRC   bool
	ssrc       uint32
	highest    uint16
	last       time.Duration  // instant of the last packet of ours
	near       trial          // of a known host, or of another SSRC at the latched address
	far        trial          // of a stranger; one of his packets must not undo the trial of the party
	rival      trial          // of another one beside him
	sprayer    netip.AddrPort // who sends sound to ports where none is
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

// Packet is what is judged of one. Authentic is one that SRTP has authenticated.
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
		l.sprayer = before.sprayer
		if l.before = before.before; before.by != open {
			l.before = before.at.Addr()
		}
	}
	return l
}

// Trust makes hosts of these networks known: a carrier has said that its sound may come from there.
func (l *Latch) Trust(networks []netip.Prefix) { l.trusted = networks }

// Target is where our sound goes: where the party's own comes from, else where the description says.
func (l *Latch) Target() netip.AddrPort {
	if l.by != open {
		return l.at
	}
	return l.sdp
}

// Described tells whether the target is what the description says.
func (l *Latch) Described() bool { return l.Target() == l.sdp }

// SSRC is that of the party's stream.
func (l *Latch) SSRC() uint32 { return l.ssrc }

// Opened is the instant since which the latch is open.
func (l *Latch) Opened() time.Duration { return l.opened }

// Sprays tells that a source has sent sound to a port where none is expected: it knows no description of ours.
func (l *Latch) Sprays(from netip.AddrPort) { l.sprayer = from }

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
		if now-l.last <= silence && !l.near.step(p, now) {
			return Foreign
		}
		v = NewStream
	}
	if v == NewStream {
		l.haveSSRC, l.ssrc, l.highest, l.near = true, p.SSRC, p.Sequence, trial{}
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
	continues := same && ahead > 0 && ahead <= rebind
	known := l.knows(p.From.Addr())
	switch {
	case same && ahead <= 0 && ahead > -rebind:
		return false // a late copy from where the party was
	case p.From == l.sdp:
		l.take(p.From, described)
	case p.Authentic:
		l.take(p.From, max(l.by, host))
	case continues:
		l.before, l.at = l.at.Addr(), p.From
		return true
	case known && l.by <= stranger:
		if !l.near.step(p, now) {
			return false
		}
		l.take(p.From, host)
	case l.by == open:
		if !l.steady(p, now) {
			return false
		}
		l.take(p.From, stranger)
	default:
		return false
	}
	l.haveSSRC = continues // else its stream is another one
	return true
}

// knows tells whether a host is the party's: the description's, the signalling's, one where it was heard before, or one of
// its carrier's.
func (l *Latch) knows(ip netip.Addr) bool {
	return ip == l.sdp.Addr() || ip == l.signalling || ip == l.before || slices.ContainsFunc(l.trusted, func(n netip.Prefix) bool { return n.Contains(ip) })
}

// take latches a source.
func (l *Latch) take(at netip.AddrPort, by rank) {
	l.at, l.by, l.near, l.far, l.rival = at, by, trial{}, trial{}, trial{}
}

// steady tells whether a stranger has sent for long enough, all alone: where two of them send, nobody knows who is who. One
// packet of whoever tries every port contests nothing.
func (l *Latch) steady(p Packet, now time.Duration) bool {
	t := &l.far
	if p.From == l.sprayer || !hidden(l.sdp.Addr()) || hidden(l.signalling) || now-l.opened < patience {
		return false
	}
	if p.From != t.from && t.count > 0 && now-t.last < pause {
		if l.rival.step(p, now) {
			l.far, l.rival = trial{}, trial{}
		}
		return false
	}
	if ahead := p.Sequence - t.next; p.From != t.from || p.SSRC != t.ssrc || ahead > rebind || now-t.last > pause {
		*t = trial{from: p.From, ssrc: p.SSRC, since: now}
	}
	t.count++
	t.next, t.last = p.Sequence+1, now
	return t.count >= steady && now-t.since >= alone
}

// shared is the block of carriers' own NATs (RFC 6598).
var shared = netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)

// hidden tells whether an address is none of the public network.
func hidden(ip netip.Addr) bool {
	return !ip.IsValid() || ip.IsUnspecified() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || shared.Contains(ip)
}
