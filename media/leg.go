package media

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"hotline/media/dtmf"
	"hotline/media/g711"
	"hotline/media/rtp"
	"hotline/media/sdp"
)

// Why a leg is over.
var (
	ErrClosed  = errors.New("leg closed")
	ErrTimeout = errors.New("no rtp came any more")
)

// legState is how far a leg has come. It only rises.
type legState byte

const (
	offered legState = iota // no terms are agreed on: nothing is sent or heard
	open
	over
)

// Leg is the sound of one call. Safe for concurrent use; Play and SendKey are one at a time.
type Leg struct {
	engine      *Engine
	peer        Peer
	sockets     pair
	worker      atomic.Pointer[worker] // that owns the leg; it changes when the leg is joined to one of another worker
	negotiation negotiation
	keys        keyQueue
	liveness    liveness
	ending      ending

	// What follows belongs to the worker.
	state      legState
	place      place
	terms      sdp.Terms
	encryption *encryption // nil: plain RTP
	in         receiver
	out        sender
	rtcp       reports
	playback   *playback // nil: nothing is played
	keyPress   *keyPress // nil: no key of ours is pressed
	recording  *Recording
	bridge     bridge
}

// negotiation is our end of the offers and answers. One goroutine at a time negotiates.
type negotiation struct {
	mu    sync.Mutex
	local sdp.Local
}

func newLeg(e *Engine, p Peer, s pair) *Leg {
	l := &Leg{engine: e, peer: p, sockets: s, keys: newKeyQueue(), ending: ending{done: make(chan struct{})}}
	l.out.budget.limited = p.Unverified
	// The first number is of the lower half: who misses the first encrypted packets could not tell that the numbers have
	// wrapped in the meantime (RFC 3711 section 3.3.1).
	l.out.stream = rtp.Sender{SSRC: rand.Uint32(), Sequence: uint16(rand.Uint32N(1 << 15)), Timestamp: rand.Uint32()}
	l.out.mark = true
	return l
}

// ending is the end of a leg.
type ending struct {
	done  chan struct{}
	err   error                  // written before done is closed
	stats LegStats               // written before done is closed
	after atomic.Pointer[func()] // called when it is over
}

// run calls what is to be called after the end, in a goroutine of its own.
func (e *ending) run() {
	if f := e.after.Swap(nil); f != nil {
		go (*f)()
	}
}

// isOver tells whether the leg is over.
func (e *ending) isOver() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// endedBy is why the leg is over; ErrClosed when its worker is about to end it.
func (l *Leg) endedBy() error {
	if l.ending.isOver() {
		return l.ending.err
	}
	return ErrClosed
}

// Done is closed when the leg is over.
func (l *Leg) Done() <-chan struct{} { return l.ending.done }

// Err tells why the leg is over, ErrClosed or ErrTimeout; nil while it is not.
func (l *Leg) Err() error {
	if l.ending.isOver() {
		return l.ending.err
	}
	return nil
}

// AfterEnd has f called in a goroutine of its own when the leg is over, one f a leg. stop keeps it from that and tells
// whether it was in time, as with [context.AfterFunc].
func (l *Leg) AfterEnd(f func()) (stop func() bool) {
	p := &f
	l.ending.after.Store(p)
	if l.ending.isOver() {
		l.ending.run()
	}
	return func() bool { return l.ending.after.CompareAndSwap(p, nil) }
}

// Close ends the leg and waits until its sockets are closed. Idempotent.
func (l *Leg) Close() error {
	if l.post(func(w *worker, l *Leg) { w.end(l, ErrClosed) }) {
		<-l.ending.done
	}
	return nil
}

// LocalPort is the port at which the leg receives.
func (l *Leg) LocalPort() uint16 { return l.sockets.rtp.Addr().Port() }

// liveness is what is known of the other side being there.
type liveness struct {
	request atomic.Bool   // a request came in the dialog, which the worker has not seen yet
	heardAt atomic.Int64  // engine time of the last sign of life; 0 before the first packet
	last    time.Duration // instant of the last sign of life; the worker's
}

// packet notes a packet of sound.
func (v *liveness) packet(now time.Duration) {
	v.last = now
	v.heardAt.Store(int64(now))
}

// sign notes a sign of life that is not sound.
func (v *liveness) sign(now time.Duration) {
	v.last = now
	v.held(now)
}

// held lets the time without sound not count: the other side holds the call.
func (v *liveness) held(now time.Duration) {
	if v.heardAt.Load() != 0 {
		v.heardAt.Store(int64(now))
	}
}

// Activity tells that a request came in the dialog: the other side lives.
func (l *Leg) Activity() { l.liveness.request.Store(true) }

// SilentFor is how long nothing has come: no RTP, no RTCP, no request in the dialog. It is zero before the first packet and
// while the other side holds, which silences it on purpose. A telephone that suppresses silence still sends reports.
func (l *Leg) SilentFor() time.Duration {
	at := l.liveness.heardAt.Load()
	if at == 0 {
		return 0
	}
	return l.engine.now() - time.Duration(at)
}

// LegStats is what is known of a leg's sound.
type LegStats struct {
	Codec          g711.Codec
	Remote         netip.AddrPort // where its sound comes from, or is sent to
	PacketsIn      uint64
	PacketsOut     uint64
	Lost           uint64        // packets that never came
	RemoteLost     uint64        // packets of ours that never came, as the other side reports
	RoundTrip      time.Duration // by RTCP; 0 when the other side sent no reports
	Encrypted      bool
	Jitter         time.Duration // of arrival (RFC 3550 appendix A.8)
	FirstPacket    time.Duration // from the agreement on terms to the first packet; 0 for none
	ForeignPackets uint64        // that were not the other party's
}

// Stats is what is known of the leg so far, or was known at its end.
func (l *Leg) Stats() LegStats {
	var s LegStats
	if err := l.ask(func(w *worker, l *Leg) { s = l.stats() }); err != nil && l.ending.isOver() {
		return l.ending.stats
	}
	return s
}

// stats is for the leg's owner alone.
func (l *Leg) stats() LegStats {
	s := LegStats{
		Codec: l.terms.Codec, Remote: l.in.latch.Target(), Encrypted: l.terms.Secure,
		PacketsIn: l.in.sequence.Received(), Lost: l.in.sequence.Lost(), Jitter: l.in.jitter.Duration(), ForeignPackets: l.in.foreign,
		PacketsOut: uint64(l.out.stream.Packets), RemoteLost: l.rtcp.losses.Total(), RoundTrip: l.rtcp.roundTrip,
	}
	if l.in.first > 0 {
		s.FirstPacket = l.in.first - l.in.latch.Opened()
	}
	return s
}

// Keys is how many keys wait.
func (l *Leg) Keys() int { return len(l.keys.waiting) }

// FlushKeys forgets the keys that wait.
func (l *Leg) FlushKeys() {
	for {
		select {
		case <-l.keys.waiting:
		default:
			return
		}
	}
}

// ReceiveInfo takes a key that came by signalling (SIP INFO). What is not a key is passed over.
func (l *Leg) ReceiveInfo(k dtmf.Key) {
	_ = l.post(func(w *worker, l *Leg) {
		if l.state != over {
			w.pressed(l, l.in.keys.Info(k, w.now))
		}
	})
}
