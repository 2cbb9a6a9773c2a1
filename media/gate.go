package media

import (
	"net/netip"
	"time"
)

const (
	probation     = 4               // consecutive packets that prove a source or a new SSRC
	strangerDelay = time.Second     // a source at neither the SDP's nor the signalling's address must wait so long
	sdpReturns    = 5 * time.Second // so long the SDP's own address may still take over from a proven source
	ssrcSilence   = time.Second     // silence after which a new SSRC from the locked address is believed
	rebindWindow  = 50              // packets a stream may be ahead when it appears at a new address
)

// verdict is what the gate says about a packet.
type verdict byte

const (
	foreign   verdict = iota // not from our party: no sound, no key, no answer
	ours                     // goes on
	newStream                // ours, and the first of a stream: sequence and timestamps start anew
)

// gate decides which packets are the other party's (RTP bleed). It is a table:
//
//	state     source of the packet                                  consequence
//	open      the SDP's address                                     locked
//	open      SDP's or signalling's host, 4 numbers in a row        locked, provisionally
//	open      any other, 4 numbers in a row, open for 1 s           locked, provisionally
//	locked    the locked address                                    ours
//	locked    SDP's address, provisional lock younger than 5 s      locked to it
//	locked    other address, same SSRC, the stream's next numbers   relearnt (a NAT has rebound)
//	locked    any other                                             foreign
//	SSRC set  locked address, other SSRC, after 1 s or 4 in a row   new stream
type gate struct {
	sdp         netip.AddrPort
	signalling  netip.Addr
	opened      time.Duration // instant since which the gate is open
	locked      netip.AddrPort
	lockedAt    time.Duration
	provisional bool
	haveSSRC    bool
	ssrc        uint32
	highest     uint16
	last        time.Duration // instant of the last packet of ours
	trial       trial
}

// trial counts consecutive packets of a candidate.
type trial struct {
	from  netip.AddrPort
	ssrc  uint32
	next  uint16
	count int
}

func (t *trial) step(p *packet, from netip.AddrPort) bool {
	if t.count > 0 && t.from == from && t.ssrc == p.ssrc && t.next == p.sequence {
		t.count++
	} else {
		*t = trial{from: from, ssrc: p.ssrc, count: 1}
	}
	t.next = p.sequence + 1
	return t.count >= probation
}

// admit judges one packet.
func (g *gate) admit(p *packet, from netip.AddrPort, now time.Duration) verdict {
	if from != g.locked {
		if !g.source(p, from, now) {
			return foreign
		}
	}
	v := ours
	switch {
	case !g.haveSSRC:
		v = newStream
	case p.ssrc != g.ssrc:
		if now-g.last <= ssrcSilence && !g.trial.step(p, from) {
			return foreign
		}
		v = newStream
	}
	if v == newStream {
		g.haveSSRC, g.ssrc, g.highest, g.trial = true, p.ssrc, p.sequence, trial{}
	} else if int16(p.sequence-g.highest) > 0 {
		g.highest = p.sequence
	}
	g.last = now
	return v
}

// source tells whether a packet from elsewhere than the locked address moves the lock.
func (g *gate) source(p *packet, from netip.AddrPort, now time.Duration) bool {
	if !g.locked.IsValid() {
		if from == g.sdp {
			g.lock(from, now, false)
			return true
		}
		host := from.Addr()
		if !g.trial.step(p, from) || (host != g.sdp.Addr() && host != g.signalling && now-g.opened < strangerDelay) {
			return false
		}
		g.lock(from, now, true)
		return true
	}
	ahead := int16(p.sequence - g.highest)
	switch {
	case from == g.sdp && g.provisional && now-g.lockedAt < sdpReturns:
		g.lock(from, now, false)
		g.haveSSRC = false
		return true
	case g.haveSSRC && p.ssrc == g.ssrc && ahead > 0 && ahead <= rebindWindow:
		g.locked = from
		return true
	}
	return false
}

func (g *gate) lock(to netip.AddrPort, now time.Duration, provisional bool) {
	g.locked, g.lockedAt, g.provisional, g.trial = to, now, provisional, trial{}
}

// target is where our sound goes: where the locked source is (symmetric RTP, RFC 4961), else where the SDP says.
func (g *gate) target() netip.AddrPort {
	if g.locked.IsValid() {
		return g.locked
	}
	return g.sdp
}
