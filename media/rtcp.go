package media

import (
	"net/netip"
	"time"

	"github.com/pion/rtcp"

	"hotline/media/rtp"
)

const (
	reportEvery = 5 * time.Second // between two sender reports, the minimum of RFC 3550 section 6.2
	maxReports  = 8               // packets of one compound that are read
	cname       = "hotline"
)

// reports is what the other side's reports tell, and what ours need to remember (RFC 3550 section 6.4). Its worker uses it
// alone.
type reports struct {
	next      time.Duration // instant of our next report
	lastSR    uint32        // middle of the NTP time of their last sender report
	lastAt    time.Duration // when it came
	expected  uint64        // packets expected and received by our last report
	received  uint64
	losses    rtp.Losses // packets of ours that never came there
	roundTrip time.Duration
	hear      func(Report) // of each; nil: nobody
}

// Report is one report of RTCP that came or went (RFC 3550 section 6.4).
type Report struct {
	At        time.Time
	Sent      bool          // by us, of the sound that comes here; else of the sound that goes there
	Sender    bool          // a sender report, else a receiver report
	Measured  bool          // it tells how the sound comes over: what follows is known
	Lost      float64       // of the packets since the report before; 0 to 1
	Jitter    time.Duration // of arrival
	RoundTrip time.Duration // 0: not known
}

// OnReport has f hear of each report of the leg, from the goroutine that moves its sound: f must not block. One f a leg.
func (l *Leg) OnReport(f func(Report)) {
	_ = l.post(func(_ *worker, l *Leg) { l.rtcp.hear = f })
}

// tell lets whoever hears of reports hear of one. About a stream that is not heard yet it tells nothing.
func (r *reports) tell(report Report, about uint32, blocks []rtcp.ReceptionReport) {
	if r.hear == nil {
		return
	}
	for _, b := range blocks {
		if b.SSRC == about {
			report.Measured, report.Lost, report.Jitter = true, float64(b.FractionLost)/256, rtp.Duration(float64(b.Jitter))
		}
	}
	if !report.Sent && report.Measured {
		report.RoundTrip = r.roundTrip
	}
	r.hear(report)
}

// blocks reads what the other side says of our stream. ntp is now in the time of the network time protocol.
func (r *reports) blocks(ours, receiver uint32, blocks []rtcp.ReceptionReport, ntp uint64) {
	for _, b := range blocks {
		if b.SSRC != ours {
			continue
		}
		r.losses.Reported(receiver, int32(b.TotalLost<<8)>>8, uint16(b.LastSequenceNumber)) // 24 bits, signed
		if b.LastSenderReport == 0 {
			continue
		}
		trip := int32(middle(ntp) - b.LastSenderReport - b.Delay)
		if d := time.Duration(trip) * time.Second / 65536; d >= 0 && d < 10*time.Second {
			r.roundTrip = d
		}
	}
}

// block tells the other side how its stream comes here (RFC 3550 section 6.4.1).
func (r *reports) block(in *receiver, now time.Duration) rtcp.ReceptionReport {
	b := rtcp.ReceptionReport{
		SSRC: in.latch.SSRC(), TotalLost: uint32(min(in.sequence.Lost(), 0x7fffff)),
		LastSequenceNumber: in.sequence.Highest(), Jitter: in.jitter.Samples(),
	}
	received := in.sequence.Received()
	expected := received + in.sequence.Lost()
	if since, got := expected-r.expected, received-r.received; expected > r.expected && since > got {
		b.FractionLost = uint8(min((since-got)*256/since, 255)) // RFC 3550 appendix A.3
	}
	r.expected, r.received = expected, received
	if r.lastSR != 0 {
		b.LastSenderReport, b.Delay = r.lastSR, uint32((now-r.lastAt)*65536/time.Second)
	}
	return b
}

// middle is the middle 32 bits of an NTP time.
func middle(ntp uint64) uint32 { return uint32(ntp >> 16) }

// receiveReports handles the reports that have come for the worker's legs.
func (w *worker) receiveReports() {
	if w.rtcp == nil {
		return
	}
	for _, l := range w.rtcp.Ready() {
		if l.state != over {
			w.receiveRTCP(l)
		}
	}
}

// receiveRTCP takes what waits at the leg's RTCP socket.
func (w *worker) receiveRTCP(l *Leg) {
	for range maxBatch {
		n, from, ok := l.sockets.rtcp.Receive(w.buf.in[:])
		if !ok {
			return
		}
		b := w.buf.in[:n]
		if !rtp.IsRTCP(b) {
			if _, err := rtp.Parse(b); err == nil {
				l.in.latch.Scanned(from)
			}
			continue
		}
		if l.state != open {
			continue
		}
		if b, ok := l.encryption.decrypt(&w.buf, b); ok {
			w.report(l, b, from)
		} else {
			w.foreign(l)
		}
	}
}

// report takes a report of our party: a sign of life also when its sound is silent (RFC 3550 section 6.3). A goodbye is not
// a sign of life, and ends nothing: the signalling does.
func (w *worker) report(l *Leg, b []byte, from netip.AddrPort) {
	if from.Addr() != l.in.latch.Target().Addr() {
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
			l.rtcp.lastSR, l.rtcp.lastAt = middle(p.NTPTime), w.now
			l.rtcp.blocks(l.out.stream.SSRC, p.SSRC, p.Reports, w.engine.ntp(w.now))
			l.rtcp.tell(Report{At: w.engine.at(w.now), Sender: true}, l.out.stream.SSRC, p.Reports)
		case *rtcp.ReceiverReport:
			l.rtcp.blocks(l.out.stream.SSRC, p.SSRC, p.Reports, w.engine.ntp(w.now))
			l.rtcp.tell(Report{At: w.engine.at(w.now)}, l.out.stream.SSRC, p.Reports)
		case *rtcp.Goodbye:
			return
		}
	}
	l.liveness.sign(w.now)
}

// sendReport sends a sender report with what we receive, and the mandatory CNAME (RFC 3550 sections 6.4.1 and 6.5.1).
func (w *worker) sendReport(l *Leg) {
	l.rtcp.next = w.now + reportEvery
	if !l.terms.Held() && l.out.budget.mayReport() {
		r := l.senderReport(w.now)
		w.sendRTCP(l, r, rtcp.NewCNAMESourceDescription(l.out.stream.SSRC, cname))
		l.rtcp.tell(Report{At: w.engine.at(w.now), Sent: true, Sender: true}, l.in.latch.SSRC(), r.Reports)
	}
}

// sendGoodbye tells that our sound ends (RFC 3550 section 6.6).
func (w *worker) sendGoodbye(l *Leg) {
	if s := &l.out.stream; s.Packets > 0 {
		w.sendRTCP(l, l.senderReport(w.now), rtcp.NewCNAMESourceDescription(s.SSRC, cname), &rtcp.Goodbye{Sources: []uint32{s.SSRC}})
	}
}

func (l *Leg) senderReport(now time.Duration) *rtcp.SenderReport {
	s := &l.out.stream
	report := &rtcp.SenderReport{SSRC: s.SSRC, NTPTime: l.engine.ntp(now), RTPTime: s.Timestamp, PacketCount: s.Packets, OctetCount: s.Octets}
	if l.in.sequence.Started() {
		report.Reports = []rtcp.ReceptionReport{l.rtcp.block(&l.in, now)}
	}
	return report
}

// sendRTCP sends reports. An unverified party gets none before its sound was heard: its description may name a victim.
func (w *worker) sendRTCP(l *Leg, packets ...rtcp.Packet) {
	if !l.out.budget.mayReport() {
		return
	}
	b, err := rtcp.Marshal(packets)
	if err != nil {
		return
	}
	b, ok := l.encryption.encryptRTCP(&w.buf, b)
	if !ok {
		return
	}
	target := l.in.latch.Target()
	if l.terms.Mux {
		l.sockets.rtp.Send(b, target)
		return
	}
	to := l.terms.RemoteRTCP
	if !l.in.latch.AsDescribed() {
		to = netip.AddrPortFrom(target.Addr(), target.Port()+1) // behind a NAT the description is wrong
	}
	l.sockets.rtcp.Send(b, to)
}
