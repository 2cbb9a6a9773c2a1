package listener

import (
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"hotline/limits"
)

// Result is what became of a message, for the metrics. The list is closed.
type Result string

// What becomes of a message. Those from Rate on are losses: something was said that nobody hears of.
const (
	Alerts      Result = "alert"        // it became alerts
	Counted     Result = "counted"      // the rules make no alert of it
	Repeated    Result = "duplicate"    // sent again, and taken already
	Stranger    Result = "unknown"      // of a source that nobody has named
	Refused     Result = "refused"      // the community, the user or the certificate is wrong
	Replayed    Result = "replayed"     // of SNMPv3, outside its time
	Malformed   Result = "malformed"    // it cannot be read
	Connections Result = "connections"  // a connection too many
	Rate        Result = "rate"         // beyond what one source may send
	Overflow    Result = "overflow"     // too many waited
	Kernel      Result = "kernel"       // it came faster than this machine read
	Failed      Result = "failed"       // the Alerting Manager refused it, and the log says why
	Unfinished  Result = "stopped"      // it waited when the program stopped
	Shortened   Result = "shortened"    // only the beginning of it was read
	Disconnect  Result = "disconnected" // a connection ended within a message
)

// Results are all of them.
func Results() []Result {
	return []Result{Alerts, Counted, Repeated, Stranger, Refused, Replayed, Malformed, Connections, Rate, Overflow, Kernel, Failed, Unfinished, Shortened, Disconnect}
}

// loss tells whether a result means that a known source was not heard.
func (r Result) loss() bool {
	switch r {
	case Rate, Overflow, Kernel, Failed, Unfinished:
		return true
	}
	return false
}

// strangersMost is how many unknown sources are named in the log.
const strangersMost = 100

// Counts counts what becomes of messages, and remembers losses and strangers. Safe for concurrent use.
type Counts struct {
	what    string
	counted func(r Result, n int)
	log     *slog.Logger
	now     func() time.Time

	mu        sync.Mutex
	lost      int
	lostAt    time.Time
	strangers map[string]bool
}

// NewCounts makes counts for a listener, such as "SNMP". counted hears each of them; it may be nil.
func NewCounts(what string, counted func(r Result, n int), now func() time.Time, log *slog.Logger) *Counts {
	if counted == nil {
		counted = func(Result, int) {}
	}
	return &Counts{what: what, counted: counted, log: log, now: now, strangers: map[string]bool{}}
}

// Add counts n messages.
func (c *Counts) Add(r Result, n int) {
	if n <= 0 {
		return
	}
	c.counted(r, n)
	if !r.loss() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); c.lostAt.IsZero() || now.Sub(c.lostAt) > quiet {
		c.log.Warn("messages of installed systems are lost", "listener", c.what, "why", string(r), "messages", n)
	}
	c.lost += n
	c.lostAt = c.now()
}

// quiet is how long nothing is lost until a loss is told anew.
const quiet = time.Minute

// Lost is how many messages of known sources were lost since the start, and when the last one was.
func (c *Counts) Lost() (n int, last time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost, c.lostAt
}

// Unknown counts a message of a source that nobody has named, or that does not prove itself, and names it in the log once.
// why says what to do.
func (c *Counts) Unknown(r Result, from netip.Addr, who, why string) {
	c.counted(r, 1)
	name := string(r) + " " + from.String() + " " + who
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.strangers[name] || len(c.strangers) >= strangersMost {
		return
	}
	c.strangers[name] = true
	c.log.Warn("a source of alerts is not taken", "listener", c.what, "from", from, "who", limits.OneLine(who, limits.Line), "why", why)
	if len(c.strangers) == strangersMost {
		c.log.Warn("no more sources of alerts that are not taken are named; the metrics count them", "listener", c.what)
	}
}
