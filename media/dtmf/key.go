// Package dtmf makes one key out of each press of a telephone. A press comes as telephone-events (RFC 4733), as tones in the
// sound (ITU-T Q.23), by signalling (SIP INFO), or in several of these ways at once.
package dtmf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Key is one key of a telephone: '0' to '9', '*', '#', 'A' to 'D'.
type Key byte

// ErrNotAKey is the error of a character that no telephone has.
var ErrNotAKey = errors.New("not a telephone key")

const byCode = "0123456789*#ABCD" // by event code (RFC 4733 section 3.2)

// String hides nothing: it is the key itself. Keys may be digits of a PIN, so never log one.
func (k Key) String() string { return string(rune(k)) }

// Code is the event code of the key (RFC 4733 section 3.2).
func (k Key) Code() (uint8, error) {
	if i := strings.IndexByte(byCode, byte(k)); i >= 0 {
		return uint8(i), nil
	}
	return 0, fmt.Errorf("event code of a key: %w", ErrNotAKey)
}

// EventOctets is the length of an event's payload.
const EventOctets = 4

// Event is the payload of one telephone-event packet (RFC 4733 section 2.3).
type Event struct {
	Code     uint8 // of a key: 0 to 15
	End      bool
	Duration uint16 // since the event's timestamp, in its units
}

// Lasted is how long the key has been down.
func (e Event) Lasted() time.Duration { return time.Duration(e.Duration) * time.Second / 8000 }

// Key is the key whose event it is.
func (e Event) Key() Key { return Key(byCode[e.Code&0xf]) }

// ParseEvent reads a payload; codes above 15 are no keys.
func ParseEvent(b []byte) (Event, bool) {
	if len(b) < EventOctets || b[0] > 15 {
		return Event{}, false
	}
	return Event{Code: b[0], End: b[1]&0x80 != 0, Duration: binary.BigEndian.Uint16(b[2:])}, true
}

// IsKeyEvent tells whether a payload is a key's event beyond doubt, at whatever payload type it comes: it has four octets, the
// code of a key, and the reserved bit is 0.
func IsKeyEvent(b []byte) bool { return len(b) == EventOctets && b[0] <= 15 && b[1]&0x40 == 0 }

// Put writes the payload at -10 dBm0, the level RFC 4733 section 2.3.3 leaves to the sender.
func (e Event) Put(b []byte) {
	b[0], b[1] = e.Code, 10
	if e.End {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], e.Duration)
}
