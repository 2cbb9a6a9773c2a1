package media

import (
	"cmp"
	"slices"
	"time"

	"hotline/media/rtp"
)

// packing gathers sound into packets of the length that the other side asks for (RFC 4566 section 6, ptime), and lets each
// leave at its instant: our own frames of 20 ms, or what a partner sends in packets of another length. What comes in packets
// of 60 ms leaves in three of 20 ms, each 20 ms after the one before. Its worker uses it alone.
type packing struct {
	octets [2048]byte // 256 ms
	n      int
	start  uint32        // timestamp of the first octet
	mark   bool          // it begins a talkspurt
	next   time.Duration // instant at which the next packet is due
	behind bool          // more waits than the unevenness of what comes explains
	listed bool          // among the worker's legs of which a packet waits for its instant
}

const (
	early   = quarter / 2  // a packet may leave so much before its instant: the ticks are not exact
	patient = frameSamples // samples that may wait, beyond a packet, when the next ones come
)

// packets are the lengths that we send, in samples: 10, 20, 30, 40 and 60 ms.
var packets = [...]int{80, 160, 240, 320, 480}

// packetOf is the length of packets for somebody who asks for ptime milliseconds, and takes no longer ones than most.
func packetOf(ptime, most int) int {
	length := frameSamples
	for _, n := range packets {
		if n == 8*ptime {
			length = n
		}
	}
	for i := len(packets) - 1; i >= 0 && most > 0; i-- {
		if n := packets[i]; n <= length && n <= 8*most {
			return n
		}
	}
	return length
}

// packet is the length of the packets that a leg sends, in samples.
func (l *Leg) packet() int { return cmp.Or(l.terms.Packet, frameSamples) }

// packed tells whether sound waits that must leave before any other.
func (l *Leg) packed() bool { return l.packing != nil && l.packing.n > 0 }

// pack adds sound that belongs at timestamp and has come at an instant, and sends what is due of it.
func (w *worker) pack(l *Leg, sound []byte, timestamp uint32, mark bool, at time.Duration) {
	k, length := l.packing, l.packet()
	if k == nil {
		k = new(packing) // once a leg, and only where the lengths differ
		l.packing = k
	}
	if k.n > 0 && k.start+uint32(k.n) != timestamp {
		w.unpack(l) // another talkspurt
	}
	k.behind = k.n >= length+patient
	for len(sound) > 0 {
		if k.n == len(k.octets) {
			w.unpack(l) // a bunch that was late: it leaves as it came
		}
		if k.n == 0 {
			k.start, k.mark = timestamp, mark
		}
		whole := k.n >= length
		n := copy(k.octets[k.n:], sound)
		sound, timestamp, mark = sound[n:], timestamp+uint32(n), false
		if k.n += n; !whole && k.n >= length && at-k.next > quarter {
			k.next = at // it could not be sent before it was whole: from now on the others follow it
		}
	}
	if w.leave(l) && !k.listed {
		k.listed = true
		w.paced = append(w.paced, l)
	}
}

// leave sends the packets that are due, and tells whether others wait for their instant, or will.
func (w *worker) leave(l *Leg) bool {
	k, length := l.packing, l.packet()
	if l.terms.Held() {
		k.n = 0
	}
	for k.n >= length && w.now >= k.next-early {
		w.part(l, length)
		if k.next += time.Duration(length) * time.Millisecond / 8; k.behind {
			k.next -= quarter
		}
	}
	return k.n >= length || length != frameSamples
}

// unpack sends at once whatever waits: what follows has another timestamp, or is no sound.
func (w *worker) unpack(l *Leg) {
	for k := l.packing; k != nil && k.n > 0; {
		w.part(l, min(k.n, l.packet()))
	}
}

// part sends the first octets that wait as one packet.
func (w *worker) part(l *Leg, length int) {
	k := l.packing
	copy(w.long[rtp.HeaderSize:], k.octets[:length])
	copy(k.octets[:], k.octets[length:k.n])
	mark, timestamp := k.mark, k.start
	k.n, k.start, k.mark = k.n-length, k.start+uint32(length), false
	w.send(l, w.long[:rtp.HeaderSize+length], l.terms.Codec.PayloadType(), mark, timestamp)
}

// leaveAll sends what is due of all legs whose packets wait for their instant.
func (w *worker) leaveAll() {
	for i := 0; i < len(w.paced); i++ {
		if l := w.paced[i]; !w.leave(l) {
			l.packing.listed = false
			w.paced = slices.Delete(w.paced, i, i+1)
			i--
		}
	}
}

// unpace forgets a leg that this worker serves no more.
func (w *worker) unpace(l *Leg) {
	if l.packing != nil && l.packing.listed {
		l.packing.listed = false
		w.paced = slices.DeleteFunc(w.paced, func(o *Leg) bool { return o == l })
	}
}
