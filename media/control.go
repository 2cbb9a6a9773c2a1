package media

import (
	"net/netip"
	"time"

	"github.com/pion/rtcp"
)

// reportEvery is the interval between two sender reports, the minimum of RFC 3550 section 6.2.
const reportEvery = 5 * time.Second

// drainControl takes what waits at the RTCP port.
func (w *worker) drainControl(l *Leg) {
	for range maxDrain {
		n, from, ok := l.sockets.rtcp.Receive(w.in[:])
		if !ok {
			return
		}
		if l.open && isRTCP(w.in[:n]) {
			w.control(l, from)
		}
	}
}

// control takes a report of our party as a sign of life, also when its sound is silent (RFC 3550 section 6.3).
func (w *worker) control(l *Leg, from netip.AddrPort) {
	if from.Addr() == l.gate.target().Addr() {
		l.active = w.now
	}
}

// report sends a sender report with what we hear, and the mandatory CNAME (RFC 3550 sections 6.4.1 and 6.5.1).
func (w *worker) report(l *Leg) {
	l.nextReport = w.now + reportEvery
	if l.terms.held() {
		return
	}
	const to1900 = 2208988800 // seconds from 1900 to 1970
	at := w.engine.epoch.Add(w.now)
	sr := &rtcp.SenderReport{
		SSRC: l.sender.ssrc, NTPTime: uint64(at.Unix()+to1900)<<32 | uint64(at.Nanosecond())<<32/1e9,
		RTPTime: l.sender.timestamp, PacketCount: l.sender.packets, OctetCount: l.sender.octets,
	}
	if l.sequence.started {
		sr.Reports = []rtcp.ReceptionReport{{
			SSRC: l.gate.ssrc, TotalLost: uint32(min(l.sequence.lost(), 0x7fffff)),
			LastSequenceNumber: l.sequence.cycles + uint32(l.sequence.highest), Jitter: uint32(l.reception.jitter),
		}}
	}
	b, err := rtcp.Marshal([]rtcp.Packet{sr, rtcp.NewCNAMESourceDescription(l.sender.ssrc, "hotline")})
	if err != nil {
		return
	}
	if l.terms.mux {
		l.sockets.rtp.Send(b, l.gate.target())
		return
	}
	to := l.terms.rtcp
	if target := l.gate.target(); l.gate.provisional {
		to = netip.AddrPortFrom(target.Addr(), target.Port()+1) // behind a NAT the description is wrong
	}
	l.sockets.rtcp.Send(b, to)
}
