package mailbox

import (
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// errEndless is the error of a server that sends more than anybody asked for.
var errEndless = errors.New("the server sends without end")

// bounded is a connection whose time and octets this package alone bounds. The library sets its own deadlines for reading and
// lifts them after each answer; it would wait for ever for a server that falls silent then. It also takes lines and mails of any
// length.
type bounded struct {
	net.Conn
	left atomic.Int64 // octets that may still come
}

// allow gives the next step its time and its octets.
func (c *bounded) allow(d time.Duration, octets int64) {
	c.left.Store(octets)
	_ = c.Conn.SetDeadline(time.Now().Add(d))
}

// Read reads what was allowed.
func (c *bounded) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.left.Add(-int64(n)) < 0 {
		return 0, errEndless
	}
	return n, err
}

// SetReadDeadline is what the library calls; the deadline stays as it was allowed.
func (c *bounded) SetReadDeadline(time.Time) error { return nil }

// SetDeadline is left alone as well.
func (c *bounded) SetDeadline(time.Time) error { return nil }
