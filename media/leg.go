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
	"hotline/media/latch"
	"hotline/media/rtp"
	"hotline/media/sdp"
)

const typeAhead = 64 // keys that wait

// Why Play came back before its end, beside the context's cause and the leg's ending.
var (
	ErrBargeIn  = errors.New("a key was pressed")
	ErrReplaced = errors.New("another sound is played instead")
)

// ErrNoEvents is the error of pressing a key towards somebody who takes no telephone-events.
var ErrNoEvents = errors.New("the other side takes no telephone-events")

type legState byte

const (
	alive legState = iota
	ended
)

// Leg is the sound of one call. Safe for concurrent use; Play and SendKey are one at a time.
type Leg struct {
	engine  *Engine
	peer    Peer
	sockets pair
	worker  atomic.Pointer[worker]
	keys    chan Key
	done    chan struct{}
	err     error                  // written before done is closed
	final   LegStats               // written before done is closed
	after   atomic.Pointer[func()] // run when it is over
	touched atomic.Bool
	down    atomic.Bool  // a key is down that has not counted yet
	heardAt atomic.Int64 // engine time of the last sign of life; 0 before the first packet

	mu    sync.Mutex // negotiation
	local sdp.Local

	// What follows belongs to the worker.
	state       legState
	open        bool // terms are agreed
	slot, place int
	watched     bool
	terms       sdp.Terms
	latch       latch.Latch
	sequence    rtp.Sequence
	pad         dtmf.Receiver
	toned       bool         // tones are listened to although events were agreed on
	order       *rtp.Reorder // of a joined leg
	encryption  *encryption  // nil: plain RTP
	packing     *packing     // nil until packets of another length are sent
	sender      rtp.Sender
	mark        bool          // next packet of sound begins a talkspurt
	sentAt      time.Duration // instant of the last packet
	spokenTo    time.Duration // end of what was said so far, by the instants at which it was due; 0 for nothing yet
	quiet       time.Duration // until then nothing is sent but the next sound: a key is being pressed
	playing     *playing
	press       *press
	recording   *Recording
	partner     *Leg
	forward     forwarding
	active      time.Duration // last sign of life
	nextReport  time.Duration
	looks       looks
	reception   reception
	wary        wariness
}

func newLeg(e *Engine, p Peer, s pair) *Leg {
	return &Leg{
		engine: e, peer: p, sockets: s, keys: make(chan Key, typeAhead), done: make(chan struct{}),
		// The first number is of the lower half: whoever misses the first encrypted packets could not tell that the numbers
		// have wrapped in the meantime (RFC 3711 section 3.3.1).
		sender: rtp.Sender{SSRC: rand.Uint32(), Sequence: uint16(rand.Uint32N(1 << 15)), Timestamp: rand.Uint32()},
		mark:   true,
	}
}

// post hands a command to whichever worker owns the leg.
func (l *Leg) post(do func(w *worker, l *Leg)) bool {
	return l.worker.Load().post(command{leg: l, do: do})
}

// postSoon is post for what a caller would hear the waiting of: the worker is woken.
func (l *Leg) postSoon(do func(w *worker, l *Leg)) bool {
	return l.worker.Load().post(command{leg: l, do: do, soon: true})
}

// ask has the worker do something and waits until it is done; the leg's ending when it is over.
func (l *Leg) ask(do func(w *worker, l *Leg)) error { return l.asked(l.post, do) }

// askSoon is ask for what a caller would hear the waiting of.
func (l *Leg) askSoon(do func(w *worker, l *Leg)) error { return l.asked(l.postSoon, do) }

func (l *Leg) asked(post func(func(w *worker, l *Leg)) bool, do func(w *worker, l *Leg)) error {
	answered := make(chan struct{})
	if post(func(w *worker, l *Leg) {
		if l.state == alive {
			do(w, l)
			close(answered)
		}
	}) {
		select {
		case <-answered:
			return nil
		case <-l.done:
		}
	}
	return l.ending()
}

// ending is why the leg is over; ErrClosed when its worker is about to end it.
func (l *Leg) ending() error {
	select {
	case <-l.done:
		return l.err
	default:
		return ErrClosed
	}
}

// Done is closed when the leg is over.
func (l *Leg) Done() <-chan struct{} { return l.done }

// AfterEnd has f run in a goroutine of its own when the leg is over, one f a leg. stop keeps it from that and tells
// whether it was in time, as with [context.AfterFunc].
func (l *Leg) AfterEnd(f func()) (stop func() bool) {
	p := &f
	l.after.Store(p)
	select {
	case <-l.done:
		l.over()
	default:
	}
	return func() bool { return l.after.CompareAndSwap(p, nil) }
}

// over starts what was asked to be run after the end.
func (l *Leg) over() {
	if f := l.after.Swap(nil); f != nil {
		go (*f)()
	}
}

// Err tells why the leg is over, ErrClosed or ErrTimeout; nil while it is not.
func (l *Leg) Err() error {
	select {
	case <-l.done:
		return l.err
	default:
		return nil
	}
}

// Close ends the leg and waits until its sockets are closed. Idempotent.
func (l *Leg) Close() error {
	if l.post(func(w *worker, l *Leg) { w.end(l, ErrClosed) }) {
		<-l.done
	}
	return nil
}

// Activity tells that a request came in the dialog: the other side lives.
func (l *Leg) Activity() { l.touched.Store(true) }

// Accept takes the answer to our offer; from now on the leg sends and hears. Refusals as with Engine.Answer.
func (l *Leg) Accept(answer []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, err := sdp.Read(answer)
	if err != nil {
		return err
	}
	t, err := d.Agree(l.peer.Remote, l.peer.Encryption)
	if err != nil {
		return err
	}
	if err := l.local.Accept(&t); err != nil {
		return err
	}
	return l.adopt(t)
}

// Reoffer answers a later offer of the other side: hold (sendonly, inactive, 0.0.0.0), resume, another address. nil asks
// for an offer of ours. When it refuses, the terms stay as they were.
func (l *Leg) Reoffer(offer []byte) (answer []byte, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if offer == nil {
		var codec g711.Codec
		if err := l.ask(func(_ *worker, l *Leg) { codec = l.terms.Codec }); err != nil {
			return nil, err
		}
		return l.local.Offer(codec), nil
	}
	d, err := sdp.Read(offer)
	if err != nil {
		return nil, err
	}
	t, err := d.Agree(l.peer.Remote, l.peer.Encryption)
	if err != nil {
		return nil, err
	}
	return l.local.Answer(d, &t), l.adopt(t)
}

// adopt makes terms the leg's.
func (l *Leg) adopt(t sdp.Terms) error {
	fresh, err := l.ready(&t)
	if err != nil {
		return err
	}
	return l.ask(func(w *worker, l *Leg) { l.agreed(t, fresh, w.now) })
}

// ready makes terms ready to come into force, and gives their encryption.
func (l *Leg) ready(t *sdp.Terms) (*encryption, error) {
	if !meets(l.sockets.rtp.Addr().Addr(), t.Remote.Addr()) {
		t.UseAddress(l.peer.Remote.Unmap())
	}
	if err := l.engine.notOurs(l, *t); err != nil {
		return nil, err
	}
	if !t.Secure {
		return nil, nil
	}
	return newEncryption(l.local.Key(), t.Theirs)
}

// agreed puts terms into force. For the leg's owner alone.
func (l *Leg) agreed(t sdp.Terms, fresh *encryption, now time.Duration) {
	if !t.Secure {
		l.encryption = nil
	} else if l.encryption == nil || l.encryption.ours != fresh.ours || l.encryption.theirs != fresh.theirs {
		l.encryption = fresh // the same keys keep their counters
	}
	first := !l.open
	moved := first || t.Remote != l.terms.Remote
	l.terms = t
	l.active = now
	if !l.open {
		l.open, l.nextReport = true, now+reportEvery
	}
	if moved {
		l.wary.begin()
		l.reception.report.losses.Moved(l.sender.Sequence)
		l.pad.Forget()
	}
	if moved && t.Remote.Addr().IsValid() && (first || !t.Remote.Addr().IsUnspecified()) {
		before := l.latch
		l.latch = latch.New(t.Remote, l.peer.Remote.Unmap(), &before, now)
		l.latch.Trust(l.peer.Networks)
	}
}

// meets tells whether a socket of ours can send to an address: of the same family, and not from loopback to elsewhere.
func meets(ours, theirs netip.Addr) bool {
	return theirs.IsUnspecified() || ours.Is4() == theirs.Is4() && ours.IsLoopback() == theirs.IsLoopback()
}

// LocalPort is the port at which the leg hears.
func (l *Leg) LocalPort() uint16 { return l.sockets.rtp.Addr().Port() }

// Keys is how many keys wait.
func (l *Leg) Keys() int { return len(l.keys) }

// FlushKeys forgets the keys that wait.
func (l *Leg) FlushKeys() {
	for {
		select {
		case <-l.keys:
		default:
			return
		}
	}
}

// Press takes a key that came by signalling (SIP INFO). What is no key is passed over.
func (l *Leg) Press(k Key) {
	_ = l.post(func(w *worker, l *Leg) {
		if l.state == alive {
			w.pressed(l, l.pad.Info(k, w.now))
		}
	})
}

// SilentFor is how long nothing has come: no RTP, no RTCP, no request in the dialog. It is zero before the first packet and
// while the other side holds, which silences it on purpose; a telephone that suppresses silence still sends reports.
func (l *Leg) SilentFor() time.Duration {
	at := l.heardAt.Load()
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
	LostThere      uint64        // packets of ours that never came, as the other side reports
	RoundTrip      time.Duration // by RTCP; 0 when the other side sent no reports
	Encrypted      bool
	Jitter         time.Duration // of arrival (RFC 3550 appendix A.8)
	FirstPacket    time.Duration // from the agreement on terms to the first packet; 0 for none
	ForeignPackets uint64
}

// Stats is what is known of the leg so far, or was known at its end.
func (l *Leg) Stats() LegStats {
	var s LegStats
	if err := l.ask(func(w *worker, l *Leg) { s = l.stats() }); err != nil {
		select {
		case <-l.done:
			return l.final
		default:
		}
	}
	return s
}
