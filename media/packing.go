package media

import "cmp"

// packing gathers sound into packets of the length that the other side asks for (RFC 4566 section 6, ptime): our own
// frames of 20 ms, or what a partner sends in packets of another length. Its worker uses it alone.
type packing struct {
	octets [4 * frameSamples]byte
	n      int
	start  uint32 // timestamp of the first octet
	mark   bool
}

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

// pack adds sound that belongs at timestamp and sends every packet that is full.
func (w *worker) pack(l *Leg, sound []byte, timestamp uint32, mark bool) {
	k, length := &l.packing, cmp.Or(l.terms.packet, frameSamples)
	if k.n > 0 && k.start+uint32(k.n) != timestamp {
		k.n = 0 // another talkspurt: what is left of the one before is less than a packet
	}
	for len(sound) > 0 {
		if k.n == 0 {
			k.start, k.mark = timestamp, mark
		}
		n := copy(k.octets[k.n:length], sound)
		sound, timestamp, mark = sound[n:], timestamp+uint32(n), false
		if k.n += n; k.n < length {
			return
		}
		copy(w.long[rtpHeader:], k.octets[:length])
		w.send(l, w.long[:rtpHeader+length], l.terms.law.payloadType(), k.mark, k.start)
		k.n = 0
	}
}
