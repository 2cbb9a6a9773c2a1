package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Key is one key of a telephone: '0' to '9', '*', '#', 'A' to 'D'.
type Key byte

// ErrNotAKey is the error of a character that no telephone has.
var ErrNotAKey = errors.New("not a telephone key")

const keypadOrder = "0123456789*#ABCD" // by event code (RFC 4733 section 3.2)

// String hides nothing: it is the key itself. Keys may be digits of a PIN, so never log one.
func (k Key) String() string { return string(rune(k)) }

// code is the event code of the key (RFC 4733 section 3.2).
func (k Key) code() (uint8, error) {
	for i := range len(keypadOrder) {
		if keypadOrder[i] == byte(k) {
			return uint8(i), nil
		}
	}
	return 0, fmt.Errorf("event code of a key: %w", ErrNotAKey)
}

// event is the payload of one telephone-event packet (RFC 4733 section 2.3).
type event struct {
	code     uint8
	end      bool
	duration uint16 // samples since the event's timestamp
}

// parseEvent reads a payload; codes above 15 are no keys.
func parseEvent(b []byte) (event, bool) {
	if len(b) < 4 || b[0] > 15 {
		return event{}, false
	}
	return event{code: b[0], end: b[1]&0x80 != 0, duration: binary.BigEndian.Uint16(b[2:])}, true
}

// put writes the payload at -10 dBm0, the level RFC 4733 section 2.3.3 leaves to the sender.
func (e event) put(b []byte) {
	b[0], b[1] = e.code, 10
	if e.end {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], e.duration)
}

// eventSilence ends a press whose end packets were all lost.
const eventSilence = 120 * time.Millisecond

// keypad makes one key out of each press, whatever is lost, doubled or late (RFC 4733 section 2.5.2). A press begins
// with its first packet and ends with the end bit, with the next press, or after eventSilence.
type keypad struct {
	pressed   bool
	sounding  bool // a key is heard in the sound itself
	known     bool // timestamp holds the last press
	code      uint8
	timestamp uint32
	duration  uint16
	last      time.Duration // instant of the last packet of the press
}

// presses is what one packet or one moment of silence means.
type presses struct {
	began bool
	keys  [2]Key // ended presses: the one before and, when a lone end packet came, this one
	n     int
}

func (p *presses) add(code uint8) {
	p.keys[p.n] = Key(keypadOrder[code])
	p.n++
}

func (k *keypad) packet(e event, timestamp uint32, now time.Duration) presses {
	var p presses
	switch newer := !k.known || int32(timestamp-k.timestamp) > 0; {
	case k.known && timestamp == k.timestamp:
		if !k.pressed || e.code != k.code {
			return p // repeated end, or nonsense
		}
	case k.pressed && e.code == k.code && k.duration == 0xffff && timestamp == k.timestamp+0xffff:
		k.timestamp = timestamp // next segment of a very long press (RFC 4733 section 2.5.1.3)
	case newer:
		if k.pressed {
			p.add(k.code)
		}
		p.began = true
		k.pressed, k.known, k.code, k.timestamp = true, true, e.code, timestamp
	default:
		return p // late packet of an earlier press
	}
	k.duration, k.last = e.duration, now
	if e.end {
		k.pressed = false
		p.add(k.code)
	}
	return p
}

// silence ends a press that has gone quiet.
func (k *keypad) silence(now time.Duration) presses {
	var p presses
	if k.pressed && now-k.last >= eventSilence {
		k.pressed = false
		p.add(k.code)
	}
	return p
}

// newStream forgets the timestamps of a stream that another one has replaced; a press under way ends.
func (k *keypad) newStream() presses {
	var p presses
	if k.pressed {
		p.add(k.code)
	}
	*k = keypad{}
	return p
}
