package media

import (
	"time"

	"hotline/media/g711"
)

const (
	held    = 4                     // packets that wait for one before them
	waitFor = 40 * time.Millisecond // so long they do
	madeUp  = 3                     // packets in a row that are made up for; a longer loss stays silent
)

// reorder keeps the packets that one party sends in order for the other: those behind a missing one wait for it a moment,
// then it is made up for. It exists for joined legs only; their worker uses it alone.
type reorder struct {
	started bool
	next    uint16 // sequence number that is due
	slots   [held]parcel
	n       int
	since   time.Duration // instant since which the first one waits
	past    [480]byte     // what was passed on last
	heard   int
	codec   g711.Codec
	last    uint32 // timestamp after the last octet passed on
}

// parcel is one packet that waits.
type parcel struct {
	sequence  uint16
	timestamp uint32
	marker    bool
	codec     g711.Codec
	length    int
	octets    [480]byte
}

// remember keeps what was passed on, for when the next packet is lost.
func (r *reorder) remember(sound []byte, timestamp uint32, codec g711.Codec) {
	if codec != r.codec {
		r.codec, r.heard = codec, 0
	}
	sound = sound[max(0, len(sound)-len(r.past)):]
	kept := min(r.heard, len(r.past)-len(sound))
	copy(r.past[:], r.past[r.heard-kept:r.heard])
	copy(r.past[kept:], sound)
	r.heard = kept + len(sound)
	r.last = timestamp + uint32(len(sound))
}

// forwardSound takes a packet heard on a joined leg: in order it goes on at once.
func (w *worker) forwardSound(from *Leg, p *packet, datagram []byte, codec g711.Codec) {
	r := from.order
	if r == nil || len(p.payload) > len(r.slots[0].octets) || len(p.payload) == 0 {
		w.pass(from, from.partner, p, datagram, codec)
		return
	}
	ahead := int16(p.sequence - r.next)
	switch {
	case !r.started || ahead < -100 || ahead > 100:
		r.started, r.n = true, 0
	case ahead < 0:
		return // it was made up for
	case ahead > 0:
		w.hold(from, r, p, codec)
		return
	}
	w.passOn(from, r, p, datagram, codec)
	w.release(from, r, false)
}

func (w *worker) passOn(from *Leg, r *reorder, p *packet, datagram []byte, codec g711.Codec) {
	r.next = p.sequence + 1
	r.remember(p.payload, p.timestamp, codec)
	w.pass(from, from.partner, p, datagram, codec)
}

// hold keeps a packet that came before its turn.
func (w *worker) hold(from *Leg, r *reorder, p *packet, codec g711.Codec) {
	if r.n == 0 {
		r.since = w.now
	}
	at := r.n
	for at > 0 && int16(r.slots[at-1].sequence-p.sequence) > 0 {
		at--
	}
	if at > 0 && r.slots[at-1].sequence == p.sequence {
		return
	}
	if r.n == held {
		w.release(from, r, true)
		at = 0
		if int16(p.sequence-r.next) < 0 {
			return
		}
	}
	copy(r.slots[at+1:r.n+1], r.slots[at:r.n])
	s := &r.slots[at]
	s.sequence, s.timestamp, s.marker, s.codec = p.sequence, p.timestamp, p.marker, codec
	s.length = copy(s.octets[:], p.payload)
	r.n++
}

// release passes on what is in order now; all passes on everything, with made-up sound for what is missing.
func (w *worker) release(from *Leg, r *reorder, all bool) {
	done := 0
	for done < r.n && from.partner != nil {
		s := &r.slots[done]
		missing := int(s.sequence - r.next)
		if missing != 0 && !all {
			break
		}
		w.makeUp(from, r, s, missing)
		b := w.parcel[:rtpHeader+s.length]
		copy(b[rtpHeader:], s.octets[:s.length])
		p := packet{marker: s.marker, sequence: s.sequence, timestamp: s.timestamp, offset: rtpHeader, payload: b[rtpHeader:]}
		w.passOn(from, r, &p, b, s.codec)
		done++
	}
	copy(r.slots[:], r.slots[done:r.n])
	r.n -= done
	if r.n > 0 {
		r.since = w.now
	}
}

// makeUp sends sound in place of lost packets. A gap in the timestamps that is longer than the loss was a pause.
func (w *worker) makeUp(from *Leg, r *reorder, s *parcel, missing int) {
	gap := int(int32(s.timestamp - r.last))
	if missing <= 0 || missing > madeUp || r.heard == 0 || gap <= 0 || gap > missing*s.length || gap > len(s.octets) {
		return
	}
	b := w.parcel[:rtpHeader+gap]
	r.codec.Conceal(r.past[:r.heard], b[rtpHeader:])
	p := packet{timestamp: r.last, offset: rtpHeader, payload: b[rtpHeader:]}
	r.remember(p.payload, p.timestamp, r.codec)
	w.pass(from, from.partner, &p, b, r.codec)
}

// keepOrder ends the waiting of packets whose predecessor never came.
func (w *worker) keepOrder(from *Leg) {
	if r := from.order; r != nil && r.n > 0 && w.now-r.since >= waitFor {
		w.release(from, r, true)
	}
}
