package media

import (
	"net/netip"
	"time"

	"github.com/pion/rtcp"

	"hotline/media/rtp"
)

// reportEvery is the interval between two sender reports, the minimum of RFC 3550 section 6.2.
const reportEvery = 5 * time.Second

// report is what the other side's reports tell, and what ours need to remember (RFC 3550 section 6.4).
type report struct {
	lastSR    uint32        // middle of the NTP time of their last sender report
	lastAt    time.Duration // when it came
	expected  uint64        // packets expected and received by our last report
	received  uint64
	losses    rtp.Losses // packets of ours that never came there
	roundTrip time.Duration
}

// drainControl takes what waits at the RTCP port.
func (w *worker) drainControl(l *Leg) {
	for range maxDrain {
		n, from, ok := l.sockets.rtcp.Receive(w.in[:])
		if !ok {
			return
		}
		if !rtp.IsRTCP(w.in[:n]) {
			if _, err := rtp.Parse(w.in[:n]); err == nil {
				l.latch.Sprays(from)
			}
			continue
		}
		if !l.open {
			continue
		}
		if b, ok := w.unseal(l, w.in[:n]); ok {
			w.control(l, b, from)
		}
	}
}

// maxReports is how many packets of one compound are read.
const maxReports = 8

// control takes a report of our party: a sign of life also when its sound is silent (RFC 3550 section 6.3). A goodbye is
// none, and ends nothing: the signalling does.
func (w *worker) control(l *Leg, b []byte, from netip.AddrPort) {
	if from.Addr() != l.latch.Target().Addr() {
		return
	}
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	for i, p := range packets {
		if i == maxReports {
			return
		}
		switch p := p.(type) {
		case *rtcp.SenderReport:
			l.reception.report.lastSR, l.reception.report.lastAt = uint32(p.NTPTime>>16), w.now
			w.reported(l, p.SSRC, p.Reports)
		case *rtcp.ReceiverReport:
			w.reported(l, p.SSRC, p.Reports)
		case *rtcp.Goodbye:
			return
		}
	}
	w.alive(l)
}

// reported reads what the other side says of our sound.
func (w *worker) reported(l *Leg, receiver uint32, reports []rtcp.ReceptionReport) {
	for _, r := range reports {
		if r.SSRC != l.sender.SSRC {
			continue
		}
		q := &l.reception.report
		q.losses.Reported(receiver, int32(r.TotalLost<<8)>>8, uint16(r.LastSequenceNumber)) // 24 bits, signed
		if r.LastSenderReport == 0 {
			continue
		}
		trip := int32(middle(w.ntp()) - r.LastSenderReport - r.Delay)
		if d := time.Duration(trip) * time.Second / 65536; d >= 0 && d < 10*time.Second {
			q.roundTrip = d
		}
	}
}

// ntp is the time of the network time protocol: seconds since 1900 in 32.32 bits.
func (w *worker) ntp() uint64 {
	const to1900 = 2208988800 // seconds from 1900 to 1970
	at := w.engine.epoch.Add(w.now)
	return uint64(at.Unix()+to1900)<<32 | uint64(at.Nanosecond())<<32/1e9
}

func middle(ntp uint64) uint32 { return uint32(ntp >> 16) }

// report sends a sender report with what we hear, and the mandatory CNAME (RFC 3550 sections 6.4.1 and 6.5.1).
func (w *worker) report(l *Leg) {
	l.nextReport = w.now + reportEvery
	if l.terms.Held() {
		return
	}
	w.sendControl(l, w.reports(l), rtcp.NewCNAMESourceDescription(l.sender.SSRC, "hotline"))
}

// goodbye tells that our sound ends (RFC 3550 section 6.6).
func (w *worker) goodbye(l *Leg) {
	if l.open && l.sender.Packets > 0 {
		w.sendControl(l, w.reports(l), rtcp.NewCNAMESourceDescription(l.sender.SSRC, "hotline"), &rtcp.Goodbye{Sources: []uint32{l.sender.SSRC}})
	}
}

func (w *worker) reports(l *Leg) *rtcp.SenderReport {
	sr := &rtcp.SenderReport{
		SSRC: l.sender.SSRC, NTPTime: w.ntp(), RTPTime: l.sender.Timestamp, PacketCount: l.sender.Packets, OctetCount: l.sender.Octets,
	}
	if !l.sequence.Started() {
		return sr
	}
	q := &l.reception.report
	r := rtcp.ReceptionReport{
		SSRC: l.latch.SSRC(), TotalLost: uint32(min(l.sequence.Lost(), 0x7fffff)),
		LastSequenceNumber: l.sequence.Highest(), Jitter: l.reception.jitter.Samples(),
	}
	expected := l.sequence.Received() + l.sequence.Lost()
	if now, got := expected-q.expected, l.sequence.Received()-q.received; expected > q.expected && now > got {
		r.FractionLost = uint8(min((now-got)*256/now, 255)) // RFC 3550 appendix A.3
	}
	q.expected, q.received = expected, l.sequence.Received()
	if q.lastSR != 0 {
		r.LastSenderReport, r.Delay = q.lastSR, uint32((w.now-q.lastAt)*65536/time.Second)
	}
	sr.Reports = []rtcp.ReceptionReport{r}
	return sr
}

// sendControl sends reports. A stranger gets none before he was heard: his description may name a victim.
func (w *worker) sendControl(l *Leg, packets ...rtcp.Packet) {
	if l.peer.Wary && !l.wary.heard {
		return
	}
	b, err := rtcp.Marshal(packets)
	if err != nil {
		return
	}
	if l.encryption != nil {
		if b, err = l.encryption.rtcpOut.EncryptRTCP(w.cipher[:0], b, &w.rtcpHeader); err != nil {
			return
		}
	}
	if l.terms.Mux {
		l.sockets.rtp.Send(b, l.latch.Target())
		return
	}
	to := l.terms.RemoteRTCP
	if target := l.latch.Target(); !l.latch.Described() {
		to = netip.AddrPortFrom(target.Addr(), target.Port()+1) // behind a NAT the description is wrong
	}
	l.sockets.rtcp.Send(b, to)
}
