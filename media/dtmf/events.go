package dtmf

import "time"

const (
	eventSilence = 120 * time.Millisecond // without a packet: ends a press whose end packets were all lost
	restartSlack = 40 * time.Millisecond  // a press that began so long after the one before is another one
	copySlack    = 120 * time.Millisecond // the same for a press of which only the end has come: its copies may come late
	copyApart    = 60 * time.Millisecond  // between two copies of an end at most; no finger presses twice within it
	shortest     = 320                    // timestamp units in which no two presses of one key fit: 40 ms
	anew         = 1000                   // sequence numbers that are missing behind an end: no loss of so many seconds lies within a press
	nearlyFull   = 0xff00                 // a duration from which a very long press wraps, or goes on in another segment
	fullSegment  = 0x10100                // timestamp units after which that segment begins at the latest
)

// events follows the telephone-events of one stream. Packets are ordered by their sequence numbers alone: timestamps
// fall when a gateway restarts, stand still with some senders and grow within a press with others.
type events struct {
	known     bool // the fields below are those of a press
	unordered bool // of a stream that another has replaced: the next packet is taken as it comes
	pressed   bool
	closed    bool // its end has come; a press may also be over because nothing more came
	code      uint8
	duration  uint16
	timestamp uint32        // of the last packet
	order     uint32        // its extended sequence number
	last      time.Duration // its instant
}

// packet takes one packet with its extended sequence number. ends tells that the press under way before it is over, begins
// that the packet is a new press's first, ended that the packet is its press's last.
func (k *events) packet(e Event, marker bool, order, timestamp uint32, now time.Duration) (ends, begins, ended bool) {
	if k.known && !k.unordered && int32(order-k.order) <= 0 {
		return false, false, false // late: what came after it has told more
	}
	switch fresh := !k.known || e.Code != k.code || k.another(e, marker, order, timestamp, now); {
	case fresh:
		ends, begins = k.pressed, true
		k.pressed, k.closed, k.code = true, false, e.Code
	case !k.pressed && !e.End:
		return false, false, false // of a press that has ended
	}
	k.known, k.unordered = true, false
	k.duration, k.timestamp, k.order, k.last = e.Duration, timestamp, order, now
	if e.End {
		k.pressed, k.closed, ended = false, true, k.pressed
	}
	return ends, begins, ended
}

// another tells whether a packet of the same code is of another press. Each rule is a habit of senders:
//
//	pressed  same timestamp       another when its duration has fallen: the end was lost, the timestamp stands still
//	any      next segment         the same: a very long press (RFC 4733 section 2.5.1.3)
//	no end   grown as duration    the same, unless it began later: senders that put the packet's own time into each (Sonus)
//	pressed  within its duration  the same: nobody presses a key that is down
//	pressed  an end, later        another when it began after the last packet; else the first end was lost, and is copied
//	over     same timestamp       another when its duration has fallen, a marker begins it, or it began after the end
//	over     numbers far on       another: the sender began anew; copies have the next numbers
//	over     an end, near in time the same, unless it began later: a copy of the end with a timestamp of its own
//	given up an end, later        the same, unless it began later: all between was lost, and a copy has overtaken the first end
//	any      anything else        another
func (k *events) another(e Event, marker bool, order, timestamp uint32, now time.Duration) bool {
	step := int32(timestamp - k.timestamp)
	fell := e.Duration < k.duration && k.duration < nearlyFull
	switch {
	case k.closed && order-k.order >= anew:
		return true
	case k.duration >= nearlyFull && step >= nearlyFull && step <= fullSegment:
		return false
	case !k.closed && step > 0 && int32(e.Duration)-int32(k.duration) == step:
		return k.since(e, now) >= restartSlack
	case k.pressed && step == 0:
		return fell && !e.End
	case k.pressed && step >= 0 && step < int32(k.duration):
		return false
	case k.pressed && step > 0 && e.End:
		return k.since(e, now) >= restartSlack
	case !k.pressed && step == 0 && !e.End:
		return fell || marker || k.closed && k.since(e, now) >= restartSlack
	case !k.pressed && step == 0:
		return k.closed && k.since(e, now) >= copySlack
	case !k.pressed && e.End && step > 0 && (!k.closed || step < max(int32(k.duration), shortest)):
		return k.since(e, now) >= copySlack
	case !k.pressed && e.End && order == k.order+1 && e.Duration == k.duration && now-k.last < copyApart && k.since(e, now) < 0:
		return false
	}
	return true
}

// since is how long after the last packet a press began that has lasted for the event's duration by now, at 8 kHz.
func (k *events) since(e Event, now time.Duration) time.Duration {
	return now - k.last - time.Duration(e.Duration)*time.Millisecond/8
}

// over tells whether the packet of this instant was a late or repeated end of a press.
func (k *events) over(now time.Duration) bool {
	return k.known && !k.pressed && k.closed && k.last == now
}

// silence tells whether a press has gone quiet, which ends it.
func (k *events) silence(now time.Duration) bool {
	if !k.pressed || now-k.last < eventSilence {
		return false
	}
	k.pressed = false
	return true
}

// newStream takes the next packet as it comes: another stream's numbers say nothing about this one's. It tells whether a
// press was under way, which ends.
func (k *events) newStream() bool {
	was := k.pressed
	k.pressed, k.unordered = false, true
	return was
}
