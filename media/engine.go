// Package media is the engine of sound, its workers and its legs. A [Leg] is the sound of one call over RTP (RFC 3550): it
// sends what is played to it, receives, takes keys, records, and is joined to another leg. Package line makes calls of it,
// package phone telephones.
//
// An [Engine] owns a few workers; a worker owns its legs and everything that changes in them. A leg has no goroutine and no
// timer of its own: it stands in one of four slots of a 20 ms wheel. At its slot the worker takes what waits at the leg's
// socket without blocking, handles it, takes the next frame of whatever the leg plays (a prompt, the other party, silence)
// and sends it. Callers of this package change a leg only by commands, which the worker takes from its mailbox at its next
// tick.
//
//	ticks     10 ms and one worker below 200 legs, 5 ms and one worker a core above, none without legs
//	frames    20 ms of 8 kHz G.711, 160 octets (RFC 3551 section 4.5.14)
//	keys      RFC 4733 events, tones in the sound, SIP INFO through Leg.ReceiveInfo: one key a press (hotline/media/dtmf)
//	send      prompts ready in both codecs; frames of silence when there is nothing to play, so that the far end and every
//	          NAT on the way keep seeing media; nothing at all while the far end holds the call
//	carried   somebody else's packets in the place of the sockets, such as those of a browser (Engine.Carry): all else is the same
//	receive   the source address and SSRC are latched (hotline/media/latch); what others send is neither heard, recorded
//	          nor answered
//
// A leg is a few values, each in the file of its name: receiver (receive.go), sender (send.go, with packetizer.go), playback,
// keyPress (keys.go), Recording (recording.go, with track.go), bridge, reports (rtcp.go), encryption, negotiation
// (negotiate.go), and its place on the wheel (wheel.go).
//
// Goroutines: the workers and one recording writer, all started by Engine.Start and awaited by Engine.Stop. Everything
// exported is safe for concurrent use unless its comment says otherwise.
package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"hotline/media/udp"
)

// Config says how an [Engine] works.
type Config struct {
	Workers   int          // 0 means one a core
	Bind      []netip.Addr // local addresses that sound may use; unspecified allows every one of its family
	Public    netip.Addr   // written into descriptions in place of the local address, but for loopback peers
	Low, High uint16       // range of RTP ports, with RTCP on the next one; 0, 0 leaves the choice to the kernel
	Wire      udp.Network  // nil means the kernel's UDP
	// Timeout is how long a leg lives without RTP, RTCP or a request in the dialog: 30 s by default. HoldTimeout is the
	// same while the other side holds the call: 300 s by default.
	Timeout, HoldTimeout time.Duration
	Log                  *slog.Logger // nil means silence
}

// Engine owns the workers and the recording writer. Safe for concurrent use.
type Engine struct {
	cfg      Config
	network  udp.Network
	epoch    time.Time // instant of the start
	workers  []*worker
	writer   *writer
	counts   counters
	legs     atomic.Int64 // alive now
	lateTick atomic.Int64 // instant of the latest tick that was much behind, since the start; 0: none
	ports    ports

	mu      sync.Mutex // starting and stopping
	state   engineState
	running sync.WaitGroup
}

type engineState byte

const (
	unstarted engineState = iota
	started
	stopped
)

// counters are the engine's sums; see Stats.
type counters struct {
	in, out, late, foreign, dropped, ticks, keysLost atomic.Uint64
}

// Stats are the sums of an engine since its start.
type Stats struct {
	Legs            int     // alive now
	PacketsIn       uint64  // RTP packets of our parties
	PacketsOut      uint64  // RTP packets sent
	LatePackets     uint64  // sent more than 20 ms after their slot
	ForeignPackets  uint64  // from strangers, dropped
	BlocksDropped   uint64  // recorded seconds lost because the disk was too slow
	KeysDropped     uint64  // keys beyond the 64 that wait
	Ticks           uint64  // wake-ups of all workers
	Workers, Timers int     // goroutines that move sound, and timers that wake them
	Load            float64 // see Engine.Load
}

// New checks the configuration and opens nothing.
func New(c Config) (*Engine, error) {
	if c.Low != 0 || c.High != 0 {
		if c.Low >= c.High || c.High == 65535 {
			return nil, fmt.Errorf("opening the range of RTP ports %d-%d: the first must be below the last, and the last below 65535", c.Low, c.High)
		}
	}
	if len(c.Bind) == 0 {
		return nil, errors.New("opening media: no local address to bind to")
	}
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.HoldTimeout <= 0 {
		c.HoldTimeout = 300 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	e := &Engine{cfg: c, network: c.Wire, writer: newWriter()}
	if e.network == nil {
		e.network = udp.Kernel{}
	}
	return e, nil
}

// Start starts the workers and the writer. ctx is not kept: Stop ends them.
func (e *Engine) Start(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state != unstarted {
		return errors.New("starting media: it was started before")
	}
	e.epoch = time.Now()
	if err := e.makeWorkers(); err != nil {
		return fmt.Errorf("starting media: %w", err)
	}
	e.state = started
	for _, w := range e.workers {
		e.running.Go(w.run)
	}
	e.writer.start()
	return nil
}

// makeWorkers makes the workers. After an error nothing is left open.
func (e *Engine) makeWorkers() error {
	for range e.cfg.Workers {
		w, err := newWorker(e)
		if err != nil {
			for _, w := range e.workers {
				w.close()
			}
			e.workers = nil
			return err
		}
		e.workers = append(e.workers, w)
	}
	return nil
}

// Stop ends every leg with ErrClosed and waits for the workers and for the last recorded second. Idempotent.
func (e *Engine) Stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state != started {
		return
	}
	e.state = stopped
	for _, w := range e.workers {
		w.stop()
	}
	e.running.Wait()
	e.writer.stop()
}

// Stats sums up.
func (e *Engine) Stats() Stats {
	c := &e.counts
	return Stats{
		Legs: int(e.legs.Load()), PacketsIn: c.in.Load(), PacketsOut: c.out.Load(), LatePackets: c.late.Load(),
		ForeignPackets: c.foreign.Load(), BlocksDropped: c.dropped.Load(), KeysDropped: c.keysLost.Load(),
		Ticks: c.ticks.Load(), Workers: len(e.workers), Timers: len(e.workers), Load: e.Load(),
	}
}

// now is the time since the start, the only clock of the workers.
func (e *Engine) now() time.Duration { return time.Since(e.epoch) }

// quarters is the number of the present quarter of all wheels.
func (e *Engine) quarters() int64 { return int64(e.now() / quarter) }

// ntp is an instant in the time of the network time protocol: seconds since 1900 in 32.32 bits.
func (e *Engine) ntp(now time.Duration) uint64 {
	const to1900 = 2208988800 // seconds from 1900 to 1970
	at := e.at(now)
	return uint64(at.Unix()+to1900)<<32 | uint64(at.Nanosecond())<<32/1e9
}

// at is an instant of the engine's time.
func (e *Engine) at(now time.Duration) time.Time { return e.epoch.Add(now) }

// assign gives a leg to a worker.
func (e *Engine) assign(l *Leg) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state == started {
		w := e.chooseWorker()
		l.worker.Store(w)
		e.legs.Add(1)
		if w.post(command{leg: l, do: (*worker).add}) {
			return nil
		}
		e.legs.Add(-1)
	}
	return errors.Join(fmt.Errorf("opening a leg: media does not run: %w", ErrClosed), e.giveBack(l.sockets))
}

// chooseWorker picks the first worker while there are few legs, so that the others sleep, else the one with the fewest.
func (e *Engine) chooseWorker() *worker {
	best := e.workers[0]
	if e.legs.Load() < few {
		return best
	}
	for _, w := range e.workers[1:] {
		if w.load.legs.Load() < best.load.legs.Load() {
			best = w
		}
	}
	return best
}
