package smtpd

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"hotline/sip/ratelimit"
)

// bounded is a listener that has so many connections at most, in all and of each host: the line needs the file descriptors. Who comes
// when there are too many is told so and comes again.
type bounded struct {
	net.Listener
	refused func()

	mu   sync.Mutex
	all  int
	open map[netip.Addr]int
}

// Accept waits for the next connection that there is room for.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := addressOf(c.RemoteAddr())
		if b.enter(from) {
			return &connection{Conn: c, leave: sync.OnceFunc(func() { b.leave(from) })}, nil
		}
		b.refused()
		_ = c.SetWriteDeadline(time.Now().Add(time.Second)) // it is closed anyway
		_, _ = c.Write([]byte("421 4.3.2 too many connections: come again later\r\n"))
		_ = c.Close()
	}
}

func (b *bounded) enter(from netip.Addr) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	who := ratelimit.Network(from)
	if b.all >= connectionsMost || b.open[who] >= perSource && !from.IsLoopback() {
		return false
	}
	b.all++
	b.open[who]++
	return true
}

func (b *bounded) leave(from netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	who := ratelimit.Network(from)
	b.all--
	if b.open[who]--; b.open[who] == 0 {
		delete(b.open, who)
	}
}

// connection makes room when it is closed.
type connection struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (c *connection) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
