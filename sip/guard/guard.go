// Package guard stands between the sockets and sipgo: it reads every message first, and answers or drops what must not get
// further. What strangers may do is decided here: how much they may send, what is answered to a source whose address nobody
// has proven, and how many calls they may hold. The sockets ([hotline/sip/transport]) ask it for each message; the agent
// decides through [Config.Admit] what belongs to a call.
package guard

import (
	"bytes"
	"log/slog"
	"maps"
	"net/netip"
	"sync"
	"time"

	"hotline/sip/capture"
	"hotline/sip/ratelimit"
	"hotline/sip/syntax"
)

// strangerRate is how many messages a second one source may send that we know nothing of, provenRate one that has
// acknowledged an answer of ours, and allStrangersRate all strangers together.
func strangerRate() ratelimit.Rate     { return ratelimit.Rate{PerSecond: 10, Burst: 60} }
func provenRate() ratelimit.Rate       { return ratelimit.Rate{PerSecond: 100, Burst: 400} }
func allStrangersRate() ratelimit.Rate { return ratelimit.Rate{PerSecond: 500, Burst: 1500} }

// Origin is where a message came from and where it arrived.
type Origin struct {
	From, Local netip.AddrPort
	Transport   string // "UDP", "TCP" or "TLS"
}

// Config is what the guard asks others for. Every function is safe for concurrent use.
type Config struct {
	// Admit is the half of the judgement that knows calls. It must not block.
	Admit func(m *syntax.Message, o Origin) Verdict
	// Parses tells whether sipgo can read a message.
	Parses func(data []byte) bool
	// Known tells whether a source is a trunk, an own telephone or another one that is no stranger.
	Known func(from netip.Addr) bool
	// Captures hear every message that came or went.
	Captures capture.List
	// Server is what the Server header of an answer says.
	Server string
	// Log gets samples without payload.
	Log *slog.Logger
}

// Guard judges messages. Its memory does not grow with the number of senders. Safe for concurrent use.
type Guard struct {
	cfg      Config
	lines    sampler
	budget   *ratelimit.Sources
	credit   *credit
	sent     *retransmissions
	received *retransmissions

	mu      sync.Mutex
	dropped map[string]uint64 // by reason; the reasons are constants of this program
}

// New makes a guard that has met nobody yet.
func New(c Config) *Guard {
	return &Guard{
		cfg: c, budget: ratelimit.NewSources(), credit: newCredit(), dropped: map[string]uint64{},
		sent: newRetransmissions(), received: newRetransmissions(),
	}
}

// Decision is what becomes of one message: Pass is what sipgo is to read, Answer the stateless answer and To where it goes;
// at most one of Pass and Answer is there.
type Decision struct {
	Pass   []byte
	Answer []byte
	To     netip.AddrPort
}

// Known tells whether a source is no stranger.
func (g *Guard) Known(from netip.Addr) bool { return g.cfg.Known(from) }

// Judge decides about one datagram.
//
// Its octets are read three times:
//   - by syntax.Read, which accepts what RFC 3261 allows and names each fault, so that it can be answered;
//   - by sipgo's parser under our recover (Config.Parses): a message that sipgo cannot read gets its 400 before a call is made
//     of it, and a panic of the parser in sipgo's own read loop would end the process;
//   - by that loop, because sipgo's transaction layer takes messages from its own transports only.
//
// For an INVITE of 0.9 KB the first costs about 10 µs of one core and each pass of sipgo's parser 12 µs
// (BenchmarkReading in transport). A call has some eight messages, so the second pass of sipgo's parser takes 0.1 ms of it.
func (g *Guard) Judge(data []byte, o Origin) Decision {
	stranger := !g.cfg.Known(o.From.Addr())
	if stranger && !g.withinBudget(o) {
		return Decision{To: o.From}
	}
	neat := syntax.Normalise(data)
	m, err := syntax.Read(neat)
	if err != nil {
		g.Note("junk", o)
		return Decision{To: o.From}
	}
	return g.decide(&m, neat, len(data), o, stranger && o.Transport == "UDP")
}

// JudgeRead is Judge for a message that was read already: a stream has to read the head to find the end of the message.
// data is the message as syntax.Normalise has made it.
func (g *Guard) JudgeRead(m *syntax.Message, data []byte, o Origin) Decision {
	if !g.cfg.Known(o.From.Addr()) && !g.withinBudget(o) {
		return Decision{To: o.From}
	}
	return g.decide(m, data, len(data), o, false)
}

// withinBudget spends one message of a stranger's budget.
func (g *Guard) withinBudget(o Origin) bool {
	from, now := o.From.Addr(), time.Now()
	ok := false
	if g.credit.isProven(from) {
		ok = g.budget.Take(from, now, provenRate())
	} else {
		ok = g.budget.TakeShared(from, now, strangerRate(), allStrangersRate())
	}
	if !ok {
		g.Note("over budget", o)
	}
	return ok
}

// decide judges a message that was read. size is that of the datagram, in octets; unproven tells that its source address may
// be forged.
func (g *Guard) decide(m *syntax.Message, data []byte, size int, o Origin, unproven bool) Decision {
	v := check(m, len(data))
	if v.Pass {
		data = syntax.WithFromTag(data, m)
	}
	if v.Pass && !g.cfg.Parses(data) {
		v = Refuse(400, "Bad Request")
		if !m.Request || m.Method == "ACK" {
			v = Silence("unreadable")
		}
	}
	if v.Pass {
		v = g.cfg.Admit(m, o)
	}
	if unproven {
		g.credit.received(o.From.Addr(), size, v.Pass && m.Request)
	}
	if v.Pass {
		return Decision{Pass: data, To: o.From}
	}
	g.Note(v.Why, o)
	if v.Answer == nil || len(m.Vias) == 0 {
		return Decision{To: o.From}
	}
	out := Answer(m, *v.Answer, o.From, g.cfg.Server)
	if unproven && len(out) > amplification*size {
		return Decision{To: o.From}
	}
	return Decision{Answer: out, To: answerTo(m, o.From)}
}

// Refuse writes the stateless answer to a message that a stream cannot go on behind.
func (g *Guard) Refuse(m *syntax.Message, r Refusal, o Origin) []byte {
	return Answer(m, r, o.From, g.cfg.Server)
}

// Proved notes that a source of UDP has sent the ACK of an answer of ours: it has read the answer, so its address is not
// forged.
func (g *Guard) Proved(from netip.Addr) { g.credit.proved(from) }

// Proven tells whether a source has proven its address within the last hour.
func (g *Guard) Proven(from netip.Addr) bool { return g.credit.isProven(from) }

// MaySend takes a datagram of ours off what may be sent to a source that has not proven its address; false when it is too
// much.
func (g *Guard) MaySend(to netip.AddrPort, local netip.AddrPort, octets int) bool {
	if g.credit.spend(to.Addr(), octets) {
		return true
	}
	g.Note("answer to an unproven source", Origin{From: to, Local: local, Transport: "UDP"})
	return false
}

// Note counts what was not taken, and writes one line about it unless there are too many. why is a constant, never text of a
// message; an empty one is not counted.
func (g *Guard) Note(why string, o Origin) {
	if why == "" {
		return
	}
	g.Count(why)
	if n, ok := g.lines.take(time.Now()); ok {
		g.cfg.Log.Info("sip: message not taken", "why", why, "from", o.From.String(), "transport", o.Transport, "since_last_line", n)
	}
}

// Count counts what was not taken.
func (g *Guard) Count(why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropped[why]++
}

// Dropped is how many messages and connections were not taken so far, by reason.
func (g *Guard) Dropped() map[string]uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.dropped)
}

// KeepsAlive tells whether a datagram only holds a way through a NAT open: ends of lines (RFC 5626 3.5.1), zeroes, or a word
// such as HELLO that some telephones send every few seconds. No message of SIP is so short.
func KeepsAlive(datagram []byte) bool {
	return len(datagram) <= 4 || len(datagram) <= 32 && !bytes.Contains(datagram, []byte("SIP/"))
}

// Came shows a message that has come to [Config.Captures].
func (g *Guard) Came(o Origin, message []byte) {
	g.captured(capture.Message{From: o.From, To: o.Local, Transport: o.Transport, Octets: message})
}

// Went shows a message that we send to [Config.Captures]. o is the other side, as it is where a message comes from there.
func (g *Guard) Went(o Origin, message []byte) {
	g.captured(capture.Message{From: o.Local, To: o.From, Transport: o.Transport, Sent: true, Octets: message})
}

func (g *Guard) captured(m capture.Message) {
	if len(g.cfg.Captures) > 0 {
		m.At, m.Octets = time.Now(), withoutKeys(m.Octets)
		g.cfg.Captures.Hear(m)
	}
}

// withoutKeys is a message whose body is crossed out where it may hold keys, and with them a PIN.
func withoutKeys(message []byte) []byte {
	end := syntax.HeadEnd(message)
	if !bytes.HasPrefix(message, []byte("INFO ")) || end < 0 {
		return message
	}
	out := bytes.Clone(message)
	for i := end; i < len(out); i++ {
		out[i] = 'x'
	}
	return out
}

// lineRate bounds the log: at 200 octets a line a flood writes less than 250 KB a minute.
func lineRate() ratelimit.Rate { return ratelimit.Rate{PerSecond: 20, Burst: 100} }

// sampler lets so many lines through and counts the rest. Safe for concurrent use.
type sampler struct {
	mu    sync.Mutex
	line  ratelimit.Bucket
	count int
}

func (s *sampler) take(now time.Time) (count int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if !s.line.Take(now, lineRate()) {
		return 0, false
	}
	count, s.count = s.count, 0
	return count, true
}
