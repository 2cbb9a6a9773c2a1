package media

import (
	"cmp"
	"slices"
	"time"

	"hotline/media/rtp"
)

// packetizer gathers sound into packets of the length that the other side asks for (RFC 4566 section 6, ptime), and lets each
// leave at its instant. The sound is our own frames of 20 ms, or what a partner sends in packets of another length. What comes in
// packets of 60 ms leaves in three of 20 ms, each 20 ms after the one before. Its worker uses it alone.
type packetizer struct {
	octets [2048]byte // 256 ms
	n      int
	start  uint32        // timestamp of the first octet
	mark   bool          // it begins a talkspurt
	next   time.Duration // instant at which the next packet is due
	behind bool          // more waits than the unevenness of what comes explains
}

const (
	early      = quarter / 2  // a packet may leave so much before its instant: the ticks are not exact
	maxWaiting = frameSamples // samples that may wait, beyond a packet, when the next ones come
)

// room is how much may be added before something must leave.
func (p *packetizer) room() int { return len(p.octets) - p.n }

// add takes octets of one talkspurt for packets of a length, as many as there is room for, and returns their number. at is
// the instant at which they have come.
func (p *packetizer) add(sound []byte, timestamp uint32, mark bool, length int, at time.Duration) int {
	if p.n == 0 {
		p.start, p.mark = timestamp, mark
	}
	whole := p.n >= length
	n := copy(p.octets[p.n:], sound)
	if p.n += n; !whole && p.n >= length && at-p.next > quarter {
		p.next = at // it could not be sent before it was whole: from now on the others follow it
	}
	return n
}

// due tells whether a packet of a length is to leave now.
func (p *packetizer) due(length int, now time.Duration) bool {
	return p.n >= length && now >= p.next-early
}

// left notes that a due packet has left.
func (p *packetizer) left(length int) {
	if p.next += time.Duration(length) * time.Millisecond / 8; p.behind {
		p.next -= quarter
	}
}

// take puts the first octets that wait into a packet's payload.
func (p *packetizer) take(payload []byte) (mark bool, timestamp uint32) {
	mark, timestamp = p.mark, p.start
	copy(payload, p.octets[:len(payload)])
	copy(p.octets[:], p.octets[len(payload):p.n])
	p.n, p.start, p.mark = p.n-len(payload), p.start+uint32(len(payload)), false
	return mark, timestamp
}

// packetLength is the length of the packets that a leg sends, in samples.
func (l *Leg) packetLength() int { return cmp.Or(l.terms.Packet, frameSamples) }

// waits tells whether sound waits that must leave before any other.
func (p *packetizer) waits() bool { return p != nil && p.n > 0 }

// packetize adds sound that belongs at timestamp and has come at an instant, and sends what is due of it.
func (w *worker) packetize(l *Leg, sound []byte, timestamp uint32, mark bool, at time.Duration) {
	p, length := l.out.packets, l.packetLength()
	if p == nil {
		p = new(packetizer) // once a leg, and only where the lengths differ
		l.out.packets = p
	}
	if p.n > 0 && p.start+uint32(p.n) != timestamp {
		p.flush(w, l) // another talkspurt
	}
	p.behind = p.n >= length+maxWaiting
	for len(sound) > 0 {
		if p.room() == 0 {
			p.flush(w, l) // a bunch that was late: it leaves as it came
		}
		n := p.add(sound, timestamp, mark, length, at)
		sound, timestamp, mark = sound[n:], timestamp+uint32(n), false
	}
	if p.sendDue(w, l) {
		w.wheel.pace(l)
	}
}

// sendDue sends the packets that are due, and tells whether others wait for their instant, or will.
func (p *packetizer) sendDue(w *worker, l *Leg) bool {
	length := l.packetLength()
	if l.terms.Held() {
		p.n = 0
	}
	for p.due(length, w.now) {
		p.send(w, l, length)
		p.left(length)
	}
	return p.n >= length || length != frameSamples
}

// flush sends at once whatever waits: what follows has another timestamp, or is not sound.
func (p *packetizer) flush(w *worker, l *Leg) {
	for p.waits() {
		p.send(w, l, min(p.n, l.packetLength()))
	}
}

// send sends the first octets that wait as one packet.
func (p *packetizer) send(w *worker, l *Leg, length int) {
	packet := w.buf.packet[:rtp.HeaderSize+length]
	mark, timestamp := p.take(packet[rtp.HeaderSize:])
	w.send(l, packet, l.terms.Codec.PayloadType(), mark, timestamp)
}

// sendPaced sends what is due of all legs whose packets wait for their instant.
func (w *worker) sendPaced() {
	for i := 0; i < len(w.wheel.paced); i++ {
		if l := w.wheel.paced[i]; !l.out.packets.sendDue(w, l) {
			l.place.paced = false
			w.wheel.paced = slices.Delete(w.wheel.paced, i, i+1)
			i--
		}
	}
}
