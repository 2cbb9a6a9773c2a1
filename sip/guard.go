package sip

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// origin is where a message came from and where it arrived.
type origin struct {
	from, local netip.AddrPort
	transport   string // "UDP" or "TCP"
}

// guard stands between the sockets and sipgo: it reads every message first,
// answers or drops what must not get further, and logs samples without payload.
type guard struct {
	admit  func(e *envelope, o origin) verdict // the stateful half, the agent's
	parses func(data []byte) bool              // whether sipgo can read it
	server string
	log    *slog.Logger
	drops  sampler
}

// judge decides about one message: pass is what sipgo is to read, out the stateless
// answer; at most one of them is there.
func (g *guard) judge(data []byte, o origin) (pass, out []byte, to netip.AddrPort) {
	data = tidy(data)
	e, err := readEnvelope(data)
	if err != nil {
		g.note("junk", o)
		return nil, nil, o.from
	}
	v := check(&e, len(data))
	if v.pass {
		data = withTag(data, &e)
	}
	if v.pass && !g.parses(data) {
		v = refuse(400, "Bad Request")
		if !e.request || e.method == "ACK" {
			v = silence("unreadable")
		}
	}
	if v.pass {
		v = g.admit(&e, o)
	}
	if v.pass {
		return data, nil, o.from
	}
	g.note(v.why, o)
	if v.answer == nil || len(e.vias) == 0 {
		return nil, nil, o.from
	}
	return nil, reply(&e, *v.answer, o.from, g.server), backTo(&e, o.from)
}

func (g *guard) note(why string, o origin) {
	if why == "" {
		return
	}
	if n, ok := g.drops.take(time.Now()); ok {
		g.log.Info("sip: message not taken", "why", why, "from", o.from.String(), "transport", o.transport, "since_last_line", n)
	}
}

// sampler lets one line a second through and counts the rest, so that a flood of
// junk cannot fill a disk. Safe for concurrent use.
type sampler struct {
	mu    sync.Mutex
	last  time.Time
	count int
}

func (s *sampler) take(now time.Time) (count int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if !s.last.IsZero() && now.Sub(s.last) < time.Second {
		return 0, false
	}
	count, s.count, s.last = s.count, 0, now
	return count, true
}

// guardedPacket is a PacketConn that yields only messages the guard let pass.
type guardedPacket struct {
	net.PacketConn
	guard  *guard
	local  netip.AddrPort
	closed atomic.Bool
}

// ReadFrom blocks until a message passes. An error that is not the end of the
// socket (an ICMP echo of what we sent, a momentary lack of buffers) is slept
// over: sipgo would end the listener for good.
func (p *guardedPacket) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, addr, err := p.PacketConn.ReadFrom(b)
		if err != nil {
			if p.closed.Load() || isClosed(err) {
				return 0, nil, net.ErrClosed
			}
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if n <= 4 {
			continue // keep-alive of CRLFs or zeroes (RFC 5626 3.5.1)
		}
		o := origin{from: addrPort(addr), local: p.local, transport: "UDP"}
		pass, out, to := p.guard.judge(b[:n], o)
		if pass != nil {
			return copy(b, pass), addr, nil
		}
		if out != nil {
			_, _ = p.PacketConn.WriteTo(out, net.UDPAddrFromAddrPort(to))
		}
	}
}

// Close ends the socket; a second call does nothing.
func (p *guardedPacket) Close() error {
	if p.closed.Swap(true) {
		return nil
	}
	return p.PacketConn.Close()
}
