package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"hotline/media/g711"
	"hotline/media/sdp"
)

// Endings of a leg, and what its methods say afterwards.
var (
	ErrClosed  = errors.New("leg closed")
	ErrTimeout = errors.New("no rtp came any more")
)

const (
	few     = 200 // legs below which one worker with long ticks is enough
	slots   = 4   // slots of the wheel: 20 ms in quarters of 5 ms
	quarter = 5 * time.Millisecond
	frame   = slots * quarter

	frameSamples = 160  // samples, and octets, of 20 ms
	maxDatagram  = 2048 // octets read of one datagram; no G.711 packet of up to 200 ms is longer
)

// Config says how an [Engine] works.
type Config struct {
	Workers   int          // 0 means one a core
	Bind      []netip.Addr // local addresses that sound may use; unspecified allows every one of its family
	Public    netip.Addr   // written into descriptions in place of the local address, but for loopback peers
	Low, High uint16       // RTP ports, RTCP on the next; 0, 0 leaves the choice to the kernel
	Wire      Wire         // nil means the kernel's UDP
	// Timeout ends a leg when neither RTP, RTCP nor a request in the dialog came for so long: 30 s by default.
	// HoldTimeout is the same while the other side holds: 300 s by default.
	Timeout, HoldTimeout time.Duration
	Log                  *slog.Logger // nil means silence
}

// Peer is where the signalling of a leg runs, Local being our end and Remote the other side's, and how its sound is to be
// encrypted. Wary is for somebody whom nobody knows: what he describes may be a victim's.
type Peer struct {
	Local, Remote netip.Addr
	Encryption    sdp.Encryption
	Wary          bool
	Networks      []netip.Prefix // the other party's sound may come from these too, wherever its description says
}

// Engine owns the workers and the recording writer. Safe for concurrent use.
type Engine struct {
	cfg     Config
	wire    Wire
	epoch   time.Time
	workers []*worker
	writer  *writer
	counts  counters

	mu      sync.Mutex // starting and stopping
	state   engineState
	running sync.WaitGroup
	legs    atomic.Int64
	ours    sync.Map // ports of legs alive
	ports   ports
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
	Legs            int    // alive now
	PacketsIn       uint64 // RTP packets of our parties
	PacketsOut      uint64
	LatePackets     uint64 // sent more than 20 ms after their slot
	ForeignPackets  uint64 // from strangers, dropped
	BlocksDropped   uint64 // recorded seconds lost because the disk was too slow
	KeysDropped     uint64 // keys beyond the 64 that wait
	Ticks           uint64 // wake-ups of all workers
	Workers, Timers int    // goroutines that move sound, and timers that wake them
	Use             float64
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
	e := &Engine{cfg: c, wire: c.Wire}
	if e.wire == nil {
		e.wire = kernel{}
	}
	e.writer = newWriter()
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
	if err := e.hire(); err != nil {
		return fmt.Errorf("starting media: %w", err)
	}
	e.state = started
	for _, w := range e.workers {
		e.running.Go(w.run)
	}
	e.writer.start()
	return nil
}

// hire makes the workers. After an error nothing is left open.
func (e *Engine) hire() error {
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
		Ticks: c.ticks.Load(), Workers: len(e.workers), Timers: len(e.workers), Use: e.Use(),
	}
}

// Lag is how far the sound is behind its time on the busiest worker, smoothed over some 2.5 s.
func (e *Engine) Lag() time.Duration {
	var most int64
	for _, w := range e.workers {
		if w.load.Load() > 0 {
			most = max(most, w.lag.Load())
		}
	}
	return time.Duration(most)
}

// now is the time since the start, the only clock of the workers.
func (e *Engine) now() time.Duration { return time.Since(e.epoch) }

// Answer takes an offer and gives the leg and our answer. The leg sends and hears at once. The errors are those of
// [sdp.Read] and [sdp.Description.Agree], and ErrNoPorts.
func (e *Engine) Answer(offer []byte, p Peer) (*Leg, []byte, error) {
	d, err := sdp.Read(offer)
	if err != nil {
		return nil, nil, err
	}
	t, err := d.Agree(p.Remote, p.Encryption)
	if err != nil {
		return nil, nil, err
	}
	far := t.Remote.Addr()
	if far.IsUnspecified() { // on hold from the beginning
		far = p.Remote.Unmap()
	}
	l, err := e.leg(p, far)
	if errors.Is(err, sdp.ErrBadAddress) && !errors.Is(err, errNowhere) {
		// An address that none of ours leads to: a telephone on this machine that describes its network's address to a line
		// on loopback, or one that describes IPv6 and signals over IPv4. Its sound goes back to where it comes from anyway.
		t.UseAddress(p.Remote.Unmap())
		l, err = e.leg(p, t.Remote.Addr())
	}
	if err != nil {
		return nil, nil, err
	}
	answer := l.local.Answer(d, &t)
	fresh, err := l.ready(&t)
	if err != nil {
		return nil, nil, errors.Join(err, e.disown(l.sockets))
	}
	l.agreed(t, fresh, e.now()) // nobody else has the leg yet
	return l, answer, e.employ(l)
}

// Offer gives a leg and our offer, for a call of our own or a 200 to an INVITE without one. The leg is silent and deaf
// until Accept.
func (e *Engine) Offer(p Peer) (*Leg, []byte, error) {
	l, err := e.leg(p, p.Remote.Unmap())
	if err != nil {
		return nil, nil, err
	}
	if p.Encryption != sdp.Plain {
		l.local.OfferEncryption()
	}
	return l, l.local.Offer(g711.ALaw), e.employ(l)
}

// leg opens the sockets of a leg whose sound goes to remote.
func (e *Engine) leg(p Peer, remote netip.Addr) (*Leg, error) {
	local, err := e.local(p, remote)
	if err != nil {
		return nil, err
	}
	if err := e.ports.take(local, p.Wary, e.cfg.pairs()); err != nil {
		return nil, err
	}
	sockets, err := e.open(local)
	if err != nil {
		e.ports.release(local)
		return nil, err
	}
	known := local
	if e.cfg.Public.IsValid() && !remote.IsLoopback() && e.cfg.Public.Is4() == local.Is4() {
		known = e.cfg.Public
	}
	e.own(sockets)
	l := newLeg(e, p, sockets)
	l.local = sdp.NewLocal(rand.Uint64N(1<<53), netip.AddrPortFrom(known, sockets.rtp.Addr().Port()))
	return l, nil
}

// employ gives a leg to a worker.
func (e *Engine) employ(l *Leg) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state == started {
		w := e.choose()
		l.worker.Store(w)
		e.legs.Add(1)
		if w.post(command{leg: l, do: (*worker).add}) {
			return nil
		}
		e.legs.Add(-1)
	}
	return errors.Join(fmt.Errorf("opening a leg: media does not run: %w", ErrClosed), e.disown(l.sockets))
}

// choose picks the first worker while there are few legs, so that the others sleep, else the one with the fewest.
func (e *Engine) choose() *worker {
	best := e.workers[0]
	if e.legs.Load() < few {
		return best
	}
	for _, w := range e.workers[1:] {
		if w.load.Load() < best.load.Load() {
			best = w
		}
	}
	return best
}
