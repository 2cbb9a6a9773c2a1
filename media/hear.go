package media

import (
	"net/netip"
	"time"

	"hotline/media/dtmf"
	"hotline/media/g711"
	"hotline/media/latch"
	"hotline/media/rtp"
)

// maxDrain is how many datagrams of one leg are handled at one tick: a flood takes no other leg's time.
const maxDrain = 64

// reception is what a leg counts of what it hears (RFC 3550 appendix A).
type reception struct {
	foreign uint64
	report  report
	first   time.Duration // instant of the first packet
	jitter  rtp.Jitter
}

func (l *Leg) stats() LegStats {
	s := LegStats{
		Codec: l.terms.Codec, Remote: l.latch.Target(), PacketsIn: l.sequence.Received(), PacketsOut: uint64(l.sender.Packets),
		Lost: l.sequence.Lost(), LostThere: l.reception.report.losses.Total(), RoundTrip: l.reception.report.roundTrip, Encrypted: l.encryption != nil, Jitter: l.reception.jitter.Duration(), ForeignPackets: l.reception.foreign,
	}
	if l.reception.first > 0 {
		s.FirstPacket = l.reception.first - l.latch.Opened()
	}
	return s
}

// looks is how often the socket must be looked at: 20 ms of sound are due at each turn, and a look that finds nothing
// costs as much as one that does. A second look is worth it only while sound is behind, as it is with each packet of 10 ms.
type looks struct {
	due, found uint32        // samples
	behind     int32         // of them, what a second look has not found
	every      uint8         // turns since the last second look
	last       uint32        // samples of the last packet of sound
	at         time.Duration // instant of the last look that found something
}

// blind is after how many turns a second look is due in any case: the other side's clock may be faster than ours.
const blind = 32

// again tells whether more may wait behind what was taken so far at this turn.
func (k *looks) again() bool { return int32(k.due-k.found) > k.behind || k.every >= blind }

// twice has the next turn look a second time in any case.
func (k *looks) twice() { k.every = blind }

// dry notes a second look that found nothing: what is missing was lost, or is not due yet. Where a packet is newly missing
// it may be coming just now, at the end of others that were late: the next turn looks twice as well, for it would stay
// late until the next blind look.
func (k *looks) dry() {
	missing := int32(k.due - k.found)
	k.every = 0
	if missing-k.behind >= frameSamples {
		k.every = blind - 1
	}
	k.behind = missing
}

// drain takes what waits at the leg's sockets, at its turn.
func (w *worker) drain(l *Leg) {
	l.looks.due += frameSamples
	l.looks.every = min(l.looks.every+1, blind)
	if l.partner == nil || !l.watched { // who is joined is looked at between the turns
		w.receive(l)
	}
	// Where reports are not collected for all at once they are looked for every 40 ms: their instant measures the round trip.
	if w.mail == nil && !l.terms.Mux && l.looks.due/frameSamples&1 == 0 {
		w.drainControl(l)
	}
}

// peek takes what waits between two turns: a key is under way, or a partner waits for the sound.
func (w *worker) peek(l *Leg) {
	if l.pad.Pressed() || w.now-l.looks.at >= l.looks.rest() {
		w.receive(l)
	}
}

// rest is how long after a packet the next one is not looked for between two turns: with packets of 20 ms and ticks of 5 ms
// the fourth look finds it.
func (k *looks) rest() time.Duration {
	rest := time.Duration(k.last)*time.Millisecond/8 - 3*time.Millisecond
	if k.last < frameSamples || k.found/frameSamples%8 == 0 { // packets of 10 ms must not be taken in pairs; and each eighth is looked for a tick sooner: looks that a late packet put off come forward again
		rest -= quarter
	}
	return rest
}

func (w *worker) receive(l *Leg) {
	for taken := range maxDrain {
		if taken > 0 && !l.looks.again() && !l.pad.Pressed() {
			return
		}
		n, from, ok := l.sockets.rtp.Receive(w.in[:])
		if !ok {
			if taken > 0 {
				l.looks.dry()
			}
			return
		}
		l.looks.at = w.now
		if l.open {
			w.datagram(l, w.in[:n], from)
		}
	}
}

func (w *worker) datagram(l *Leg, b []byte, from netip.AddrPort) {
	b, ok := w.unseal(l, b)
	if !ok {
		return
	}
	if rtp.IsRTCP(b) {
		if l.terms.Mux {
			w.control(l, b, from)
		}
		return
	}
	p, err := rtp.Parse(b)
	if err != nil || !l.takes(&p) {
		return
	}
	switch l.latch.Admit(latch.Packet{From: from, SSRC: p.SSRC, Sequence: p.Sequence, Authentic: l.encryption != nil}, w.now) {
	case latch.Foreign:
		l.reception.foreign++
		l.looks.twice() // ours may wait behind it
		w.engine.counts.foreign.Add(1)
		return
	case latch.NewStream:
		w.pressed(l, l.pad.NewStream(w.now))
		l.sequence.NewStream()
		l.reception.jitter.NewStream()
		l.forward.known = false
		if l.recording != nil {
			l.recording.based = false
		}
	}
	w.engine.counts.in.Add(1)
	l.active, l.wary.heard = w.now, true
	l.heardAt.Store(int64(w.now))
	if l.reception.first == 0 {
		l.reception.first = w.now
	}
	fresh, newest := l.sequence.Accept(p.Sequence, p.Marker, w.now)
	if !fresh {
		return
	}
	l.looks.found += l.looks.soundIn(&p)
	switch p.PayloadType {
	case rtp.ComfortNoise:
	case 0, 8:
		if newest {
			l.reception.jitter.Arrived(p.Timestamp, w.now)
		}
		w.voice(l, &p)
	default:
		if e, ok := dtmf.ParseEvent(p.Payload); ok {
			w.pressed(l, l.pad.Event(e, p.Marker, l.sequence.Extended(p.Sequence), p.Timestamp, w.now))
		}
	}
}

// soundIn is how much of the time a packet stands for, in samples: none for the end of a key, which is said three times.
func (k *looks) soundIn(p *rtp.Packet) uint32 {
	switch {
	case p.PayloadType == 0 || p.PayloadType == 8:
		k.last = uint32(len(p.Payload))
		return k.last
	case p.PayloadType != rtp.ComfortNoise && len(p.Payload) > 1 && p.Payload[1]&0x80 != 0:
		return 0
	}
	return frameSamples
}

// So long nothing is sent while a key is down and after it, in expectation of what it will bring about.
const (
	hushOfKey    = 500 * time.Millisecond
	hushAfterKey = 100 * time.Millisecond
)

// pressed handles presses.
func (w *worker) pressed(l *Leg, p dtmf.Presses) {
	if p.Began || p.N > 0 {
		w.act(l, &p)
		l.down.Store(l.pad.Down()) // after the key is in the queue
	}
}

// act does what presses are for: a prompt stops at the first packet of a key, a recording at its key, and each ended press
// becomes one key.
func (w *worker) act(l *Leg, p *dtmf.Presses) {
	if p.Began {
		w.watch(l)
		if l.playing == nil || l.playing.options.BargeIn {
			l.quiet = w.now + hushOfKey
		}
		if l.playing != nil && l.playing.options.BargeIn {
			w.finishPlaying(l, ErrBargeIn)
		}
		if l.recording != nil {
			l.recording.mask()
		}
	}
	if p.N > 0 && l.quiet > w.now {
		l.quiet = w.now + hushAfterKey
	}
	for _, k := range p.Keys[:p.N] {
		if l.partner != nil {
			w.passKey(l.partner, k)
		}
		if r := l.recording; r != nil && r.options.StopKey == k {
			w.finishRecording(l, EndKey)
			continue
		}
		select {
		case l.keys <- k:
		default:
			w.engine.counts.keysLost.Add(1)
		}
	}
}

// voice handles one packet of sound. While a key is down its tone may be in the sound too: nobody hears it.
func (w *worker) voice(l *Leg, p *rtp.Packet) {
	codec, _ := g711.OfPayloadType(p.PayloadType)
	w.listenForTones(l, p, codec)
	if l.pad.Pressed() || l.pad.Sounding() {
		for i := range p.Payload {
			p.Payload[i] = codec.Silence()
		}
	}
	if l.recording != nil {
		l.recording.gap = l.sequence.TakeMissing()
		w.record(l, l.recording, p, codec)
	} else {
		l.sequence.TakeMissing()
	}
	if l.partner != nil {
		w.forwardSound(l, p, codec)
	}
}
