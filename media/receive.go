package media

import (
	"net/netip"
	"time"

	"hotline/media/dtmf"
	"hotline/media/g711"
	"hotline/media/latch"
	"hotline/media/rtp"
)

// maxBatch is how many datagrams of one leg are handled at one look: a flood takes no other leg's time.
const maxBatch = 64

// receiver is the stream that a leg hears. Its worker uses it alone.
type receiver struct {
	latch    latch.Latch
	sequence rtp.Sequence
	jitter   rtp.Jitter
	keys     dtmf.Receiver
	tones    bool // keys are looked for in the sound although events were agreed on
	polls    polling
	foreign  uint64        // packets that were not the other party's
	first    time.Duration // instant of the first packet
	pickedUp time.Duration // instant at which the other party picked up a call of ours
}

// newStream begins anew for another stream of the party.
func (r *receiver) newStream() {
	r.sequence.NewStream()
	r.jitter.NewStream()
}

// polling decides how often the socket is looked at: 20 ms of sound are due at each turn, and a look that finds nothing
// costs as much as one that does. A second look is worth it only while sound is behind, as it is with each packet of 10 ms.
type polling struct {
	due, found uint32        // samples
	behind     int32         // of them, what a second look has not found
	turns      uint8         // since the last second look
	last       uint32        // samples of the last packet of sound
	at         time.Duration // instant of the last look that found something
}

// blindTurns is after how many turns a second look is due in any case: the other side's clock may be faster than ours.
const blindTurns = 32

// turn notes that the leg's turn has come.
func (p *polling) turn() {
	p.due += frameSamples
	p.turns = min(p.turns+1, blindTurns)
}

// again tells whether more may wait behind what was taken so far at this turn.
func (p *polling) again() bool { return int32(p.due-p.found) > p.behind || p.turns >= blindTurns }

// twice has the next turn look a second time in any case.
func (p *polling) twice() { p.turns = blindTurns }

// empty notes a second look that found nothing: what is missing was lost, or is not due yet. A packet that is newly missing may
// still come, as the last of some that were late. So the next turn looks twice as well; otherwise the packet would stay late
// until the next blind look.
func (p *polling) empty() {
	missing := int32(p.due - p.found)
	p.turns = 0
	if missing-p.behind >= frameSamples {
		p.turns = blindTurns - 1
	}
	p.behind = missing
}

// pause is how long after a packet the next one is not looked for between two turns: with packets of 20 ms and ticks of
// 5 ms the fourth look finds it. Packets of 10 ms must not be taken in pairs, and each eighth packet is looked for a tick
// sooner: looks that a late packet put off come forward again.
func (p *polling) pause() time.Duration {
	pause := time.Duration(p.last)*time.Millisecond/8 - 3*time.Millisecond
	if p.last < frameSamples || p.found/frameSamples%8 == 0 {
		pause -= quarter
	}
	return pause
}

// took notes how much of the time a packet stands for: none for the end of a key, which is sent three times.
func (p *polling) took(packet *rtp.Packet) {
	switch _, sound := g711.OfPayloadType(packet.PayloadType); {
	case sound:
		p.last = uint32(len(packet.Payload))
		p.found += p.last
	case packet.PayloadType != rtp.ComfortNoise && len(packet.Payload) > 1 && packet.Payload[1]&0x80 != 0:
	default:
		p.found += frameSamples
	}
}

// receiveTurn takes what waits at the leg's sockets, at its turn.
func (w *worker) receiveTurn(l *Leg) {
	l.in.polls.turn()
	if !l.bridge.joined() || !l.place.polled { // who is joined is looked at between the turns
		w.receive(l)
	}
	// Where reports are not polled for all at once they are looked for every 40 ms: their instant measures the round trip.
	if w.rtcp == nil && !l.terms.Mux && l.in.polls.due/frameSamples&1 == 0 {
		w.receiveRTCP(l)
	}
}

// pollBetweenTurns takes what waits between two turns: a key is under way, or a partner waits for the sound.
func (w *worker) pollBetweenTurns(l *Leg) {
	if l.in.keys.Pressed() || w.now-l.in.polls.at >= l.in.polls.pause() {
		w.receive(l)
	}
}

// receive takes the datagrams that wait at the leg's RTP socket.
func (w *worker) receive(l *Leg) {
	for taken := range maxBatch {
		if taken > 0 && !l.in.polls.again() && !l.in.keys.Pressed() {
			return
		}
		n, from, ok := l.sockets.rtp.Receive(w.buf.in[:])
		if !ok {
			if taken > 0 {
				l.in.polls.empty()
			}
			return
		}
		l.in.polls.at = w.now
		if l.state == open {
			w.datagram(l, w.buf.in[:n], from)
		}
	}
}

// longestEarly bounds what is believed of how long a key has been down: some senders' events are longer than their presses.
const longestEarly = 500 * time.Millisecond

// early tells whether a key went down before a call of ours was picked up.
func (r *receiver) early(e dtmf.Event, now time.Duration) bool {
	return r.pickedUp > 0 && now-r.pickedUp < min(e.Lasted(), longestEarly)
}

// discardEarly forgets what waits at the socket of a leg that is about to open: it came before the call was picked up, and whoever
// pressed a key then was asked nothing.
func (w *worker) discardEarly(l *Leg) {
	l.in.pickedUp = w.now
	for range maxBatch {
		if _, _, ok := l.sockets.rtp.Receive(w.buf.in[:]); !ok {
			return
		}
	}
}

// datagram handles one datagram of an open leg.
func (w *worker) datagram(l *Leg, b []byte, from netip.AddrPort) {
	b, ok := l.encryption.decrypt(&w.buf, b)
	if !ok {
		w.foreign(l)
		return
	}
	if rtp.IsRTCP(b) {
		if l.terms.Mux {
			w.report(l, b, from)
		}
		return
	}
	p, err := rtp.Parse(b)
	if err != nil || !l.takes(&p) {
		return
	}
	switch l.in.latch.Admit(latch.Packet{From: from, SSRC: p.SSRC, Sequence: p.Sequence, Authentic: l.encryption != nil}, w.now) {
	case latch.Foreign:
		w.foreign(l)
		return
	case latch.NewStream:
		w.pressed(l, l.in.keys.NewStream(w.now))
		l.in.newStream()
		l.bridge.stamps.known = false
		if l.recording != nil {
			l.recording.track.newStream()
		}
	}
	w.engine.counts.in.Add(1)
	l.liveness.packet(w.now)
	l.out.budget.heard = true
	if l.in.first == 0 {
		l.in.first = w.now
	}
	fresh, newest := l.in.sequence.Accept(p.Sequence, p.Marker, w.now)
	if !fresh {
		return
	}
	l.in.polls.took(&p)
	w.packet(l, &p, newest)
}

// foreign counts a packet that is not of the leg's party.
func (w *worker) foreign(l *Leg) {
	l.in.foreign++
	l.in.polls.twice() // the party's own packet may wait behind it
	w.engine.counts.foreign.Add(1)
}

// packet handles a new packet of the leg's party.
func (w *worker) packet(l *Leg, p *rtp.Packet, newest bool) {
	if codec, sound := g711.OfPayloadType(p.PayloadType); sound {
		if newest {
			l.in.jitter.Arrived(p.Timestamp, w.now)
		}
		w.sound(l, p, codec)
		return
	}
	if p.PayloadType == rtp.ComfortNoise {
		return
	}
	if e, ok := dtmf.ParseEvent(p.Payload); ok && !l.in.early(e, w.now) {
		w.pressed(l, l.in.keys.Event(e, p.Marker, l.in.sequence.Extended(p.Sequence), p.Timestamp, w.now))
	}
}

// takes tells whether a packet is looked at. Both codecs are always taken: telephones switch without a word. So is a key's
// event at whatever dynamic payload type, unless the other side has said that another codec is meant by it.
func (l *Leg) takes(p *rtp.Packet) bool {
	if _, sound := g711.OfPayloadType(p.PayloadType); sound {
		return true
	}
	switch p.PayloadType {
	case rtp.ComfortNoise, l.terms.EventsIn, l.terms.EventsOut:
		return true
	}
	return p.PayloadType >= rtp.FirstDynamic && l.terms.Others&(1<<(p.PayloadType-rtp.FirstDynamic)) == 0 && dtmf.IsKeyEvent(p.Payload)
}

// sound handles one packet of sound. While a key is down its tone may be in the sound too: nobody hears it.
func (w *worker) sound(l *Leg, p *rtp.Packet, codec g711.Codec) {
	w.detectTones(l, p, codec)
	if l.in.keys.Pressed() || l.in.keys.Sounding() {
		for i := range p.Payload {
			p.Payload[i] = codec.Silence()
		}
	}
	missing := l.in.sequence.TakeMissing()
	if l.recording != nil {
		l.recording.packet(w, p, codec, missing)
	}
	if l.bridge.joined() {
		l.bridge.put(w, p, codec)
	}
}
