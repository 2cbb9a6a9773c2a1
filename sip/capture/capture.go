// Package capture is what those who watch the signalling hear: every message as it came or went. The sockets show it, a tracing tool and the
// picture of a call hear it.
package capture

import (
	"net/netip"
	"time"
)

// Message is one message that came or went.
type Message struct {
	At        time.Time
	From, To  netip.AddrPort
	Transport string // "UDP", "TCP" or "TLS"
	Sent      bool   // by this program
	Octets    []byte // the whole message; they are somebody else's once Capture has returned
}

// Capture hears one message. It must not block nor keep the octets. Safe for concurrent use.
type Capture func(Message)

// List is several who hear the same messages, one after the other.
type List []Capture

// Hear gives a message to all of them.
func (l List) Hear(m Message) {
	for _, hear := range l {
		hear(m)
	}
}
