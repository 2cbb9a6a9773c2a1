package sip

import (
	"bytes"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// origin is where a message came from and where it arrived.
type origin struct {
	from, local netip.AddrPort
	transport   string // "UDP", "TCP" or "TLS"
}

// guard stands between the sockets and sipgo: it reads every message first, answers or drops what must not get further,
// and logs samples without payload. Its memory does not grow with the number of senders. Safe for concurrent use.
type guard struct {
	admit   func(e *envelope, o origin) verdict // the stateful half, the agent's
	parses  func(data []byte) bool              // whether sipgo can read it
	known   func(from netip.Addr) bool          // trunks, own telephones
	capture func(at time.Time, from, to netip.AddrPort, transport string, message []byte)
	server  string
	log     *slog.Logger
	lines   sampler
	budget  budget
	credit  ledger
	sent    *repeats
	came    *repeats

	mu    sync.Mutex
	drops map[string]uint64 // by reason; the reasons are constants of this package
}

func newGuard(a *Agent) *guard {
	return &guard{
		admit: a.admit, parses: a.parses, known: a.known, capture: a.cfg.Capture, server: a.server(), log: a.log,
		budget: newBudget(), credit: newLedger(), drops: map[string]uint64{},
		sent: newRepeats(), came: newRepeats(),
	}
}

// judge decides about one message: pass is what sipgo is to read, out the stateless answer; at most one of them is there.
func (g *guard) judge(data []byte, o origin) (pass, out []byte, to netip.AddrPort) {
	stranger := !g.known(o.from.Addr())
	if stranger && !g.budget.take(o.from.Addr(), g.credit.proven(o.from.Addr()), time.Now()) {
		g.note("over budget", o)
		return nil, nil, o.from
	}
	size := len(data)
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
	if stranger && o.transport == "UDP" {
		g.credit.received(o.from.Addr(), size, v.pass && e.request)
	}
	if v.pass {
		return data, nil, o.from
	}
	g.note(v.why, o)
	if v.answer == nil || len(e.vias) == 0 {
		return nil, nil, o.from
	}
	out = reply(&e, *v.answer, o.from, g.server)
	if stranger && o.transport == "UDP" && len(out) > amplification*size {
		return nil, nil, o.from
	}
	return nil, out, backTo(&e, o.from)
}

// note counts what was not taken, and writes one line of it unless there are too many.
func (g *guard) note(why string, o origin) {
	if why == "" {
		return
	}
	g.count(why)
	if n, ok := g.lines.take(time.Now()); ok {
		g.log.Info("sip: message not taken", "why", why, "from", o.from.String(), "transport", o.transport, "since_last_line", n)
	}
}

func (g *guard) count(why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drops[why]++
}

// keepsAlive tells whether a datagram only holds a way through a NAT open: ends of lines (RFC 5626 3.5.1), zeroes, or a
// word such as HELLO that some telephones send every few seconds. No message of SIP is so short.
func keepsAlive(datagram []byte) bool {
	return len(datagram) <= 4 || len(datagram) <= 32 && !bytes.Contains(datagram, []byte("SIP/"))
}

// Dropped is how many messages and connections were not taken so far, by reason.
func (a *Agent) Dropped() map[string]uint64 {
	if a.guard == nil {
		return nil
	}
	a.guard.mu.Lock()
	defer a.guard.mu.Unlock()
	return maps.Clone(a.guard.drops)
}

func (g *guard) see(from, to netip.AddrPort, transport string, message []byte) {
	if g.capture != nil {
		g.capture(time.Now(), from, to, transport, withoutKeys(message))
	}
}

// withoutKeys is a message whose body is crossed out where it may hold keys, and with them a PIN.
func withoutKeys(message []byte) []byte {
	end := headersEnd(message)
	if !bytes.HasPrefix(message, []byte("INFO ")) || end < 0 {
		return message
	}
	out := bytes.Clone(message)
	for i := end; i < len(out); i++ {
		out[i] = 'x'
	}
	return out
}

// linesPerSecond and linesBurst bound the log: at 200 octets a line a flood writes less than 250 KB a minute.
const (
	linesPerSecond = 20
	linesBurst     = 100
)

// sampler lets so many lines through and counts the rest. Safe for concurrent use.
type sampler struct {
	mu    sync.Mutex
	line  bucket
	count int
}

func (s *sampler) take(now time.Time) (count int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if !s.line.take(now, linesPerSecond, linesBurst) {
		return 0, false
	}
	count, s.count = s.count, 0
	return count, true
}

// guardedPacket is a PacketConn that yields only messages the guard let pass.
type guardedPacket struct {
	net.PacketConn
	guard  *guard
	local  netip.AddrPort
	deaf   atomic.Bool // nothing passes any more
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
		if p.deaf.Load() {
			continue
		}
		if keepsAlive(b[:n]) {
			p.guard.count("keep-alive")
			continue
		}
		o := origin{from: addrPort(addr), local: p.local, transport: "UDP"}
		p.guard.see(o.from, p.local, "UDP", b[:n])
		pass, out, to := p.guard.judge(b[:n], o)
		if pass != nil || out != nil { // junk has no repeats
			p.guard.came.see(b[:n], time.Now())
		}
		if pass != nil {
			return copy(b, pass), addr, nil
		}
		if out != nil {
			p.guard.see(p.local, to, "UDP", out)
			p.guard.sent.see(out, time.Now())
			_, _ = p.PacketConn.WriteTo(out, udpAddr(to))
		}
	}
}

// WriteTo sends a message of ours; one that an unproven source has no credit for is not sent, which its sender cannot
// tell from a loss.
func (p *guardedPacket) WriteTo(b []byte, addr net.Addr) (int, error) {
	to := addrPort(addr)
	if !p.guard.credit.spend(to.Addr(), len(b)) {
		p.guard.note("answer to an unproven source", origin{from: to, local: p.local, transport: "UDP"})
		return len(b), nil
	}
	p.guard.see(p.local, to, "UDP", b)
	p.guard.sent.see(b, time.Now())
	return p.PacketConn.WriteTo(b, addr)
}

// Close ends the socket; a second call does nothing.
func (p *guardedPacket) Close() error {
	if p.closed.Swap(true) {
		return nil
	}
	return p.PacketConn.Close()
}
