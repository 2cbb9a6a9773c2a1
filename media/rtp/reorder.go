package rtp

import (
	"time"

	"hotline/media/g711"
)

const (
	waiting       = 4                     // packets that wait for one before them
	reorderWait   = 40 * time.Millisecond // how long they wait
	maxConcealed  = 3                     // lost packets in a row that are concealed; a longer loss stays silent
	maxReordered  = 480                   // octets of a packet that can wait, 60 ms
	farSequence   = 100                   // packets by which a number that jumps begins the order anew
	reorderedSize = HeaderSize + maxReordered
)

// Reorder keeps the packets of one party in order for the party that it is joined to. Packets behind a missing one wait for
// it, at most four of them and at most 40 ms; then sound is concealed in the place of up to three missing ones. The zero
// value waits for the first packet.
//
// Its user calls Put for each packet, forwards the packet when Put says so, and then forwards all that Next gives. It calls
// Expire at each of its ticks, and then Next.
type Reorder struct {
	started bool
	next    uint16             // number that is due
	slots   [waiting + 1]slot  // one more than may wait: the newest comes before the oldest leaves
	order   [waiting + 1]uint8 // of slots: the first n wait in the order of their numbers, the others are free
	n       int
	release int           // packets that are forwarded whatever is missing before them
	since   time.Duration // instant since which the first one waits

	past      [maxReordered]byte // sound that was forwarded last
	heard     int                // octets of it
	codec     g711.Codec         // of it
	end       uint32             // timestamp after it
	concealed [reorderedSize]byte
}

// slot is one packet that waits.
type slot struct {
	sequence  uint16
	timestamp uint32
	marker    bool
	codec     g711.Codec
	length    int                 // of the payload
	frame     [reorderedSize]byte // room for a header, then the payload
}

// Put takes the next packet that was heard. forward tells that the packet goes on at once; otherwise it waits, or its time
// is over. A packet too long to wait, or without sound, always goes on.
func (r *Reorder) Put(p *Packet, c g711.Codec, now time.Duration) (forward bool) {
	if len(p.Payload) > maxReordered || len(p.Payload) == 0 {
		return true
	}
	ahead := int16(p.Sequence - r.next)
	switch {
	case !r.started || ahead < -farSequence || ahead > farSequence:
		r.begin()
	case ahead < 0:
		return false // it was concealed
	case ahead > 0:
		r.hold(p, c, now)
		return false
	}
	r.next, r.since = p.Sequence+1, now
	r.remember(p.Payload, p.Timestamp, c)
	return true
}

// begin forgets what waits: the numbers begin anew.
func (r *Reorder) begin() {
	r.started, r.n, r.release = true, 0, 0
	for i := range r.order {
		r.order[i] = uint8(i)
	}
}

// hold keeps a packet that came before its turn.
func (r *Reorder) hold(p *Packet, c g711.Codec, now time.Duration) {
	at := r.n
	for at > 0 && int16(r.waiting(at-1).sequence-p.Sequence) > 0 {
		at--
	}
	if at > 0 && r.waiting(at-1).sequence == p.Sequence {
		return // repeated
	}
	if r.n == 0 {
		r.since = now
	}
	free := r.order[r.n]
	copy(r.order[at+1:r.n+1], r.order[at:r.n])
	r.order[at] = free
	s := &r.slots[free]
	s.sequence, s.timestamp, s.marker, s.codec = p.Sequence, p.Timestamp, p.Marker, c
	s.length = copy(s.frame[HeaderSize:], p.Payload)
	if r.n++; r.n > waiting {
		r.release, r.since = waiting, now
	}
}

// waiting is the i-th packet that waits.
func (r *Reorder) waiting(i int) *slot { return &r.slots[r.order[i]] }

// Expire ends the waiting for a packet that has not come in time; it tells whether there is anything for Next to give.
func (r *Reorder) Expire(now time.Duration) bool {
	if r.n == 0 || now-r.since < reorderWait {
		return false
	}
	r.release, r.since = r.n, now
	return true
}

// Next gives the next packet that goes on: one whose turn it is, or sound in the place of lost ones. The packet is valid
// until the next call, and may be changed. ok is false when there is none.
func (r *Reorder) Next() (p Packet, c g711.Codec, ok bool) {
	if r.n == 0 {
		return Packet{}, 0, false
	}
	s := r.waiting(0)
	missing := int(int16(s.sequence - r.next))
	if missing > 0 {
		if r.release == 0 {
			return Packet{}, 0, false
		}
		r.next = s.sequence
		if gap := r.gap(s, missing); gap > 0 {
			return r.conceal(gap), r.codec, true
		}
	}
	first := r.order[0]
	copy(r.order[:r.n-1], r.order[1:r.n])
	r.n--
	r.order[r.n] = first
	r.release = max(0, r.release-1)
	r.next = s.sequence + 1
	frame := s.frame[:HeaderSize+s.length]
	p = Packet{Marker: s.marker, Sequence: s.sequence, Timestamp: s.timestamp, Frame: frame, Payload: frame[HeaderSize:]}
	r.remember(p.Payload, p.Timestamp, s.codec)
	return p, s.codec, true
}

// gap is how many samples are concealed before a packet. A gap in the timestamps that is longer than the loss was a pause.
func (r *Reorder) gap(s *slot, missing int) int {
	gap := int(int32(s.timestamp - r.end))
	if missing > maxConcealed || r.heard == 0 || gap <= 0 || gap > missing*s.length || gap > maxReordered {
		return 0
	}
	return gap
}

// conceal makes sound in the place of lost packets.
func (r *Reorder) conceal(samples int) Packet {
	frame := r.concealed[:HeaderSize+samples]
	r.codec.Conceal(r.past[:r.heard], frame[HeaderSize:])
	p := Packet{Timestamp: r.end, Frame: frame, Payload: frame[HeaderSize:]}
	r.remember(p.Payload, p.Timestamp, r.codec)
	return p
}

// remember keeps what is forwarded, for when the next packet is lost.
func (r *Reorder) remember(sound []byte, timestamp uint32, c g711.Codec) {
	if c != r.codec {
		r.codec, r.heard = c, 0
	}
	sound = sound[max(0, len(sound)-len(r.past)):]
	kept := min(r.heard, len(r.past)-len(sound))
	copy(r.past[:], r.past[r.heard-kept:r.heard])
	copy(r.past[kept:], sound)
	r.heard = kept + len(sound)
	r.end = timestamp + uint32(len(sound))
}
