package media

import (
	"errors"
	"fmt"
	"time"

	"hotline/media/dtmf"
	"hotline/media/g711"
	"hotline/media/mix"
	"hotline/media/rtp"
)

// bridge is what joins a leg to one other, or to two. Its worker uses it alone.
type bridge struct {
	partner *Leg         // nil: the leg is not joined to one other
	three   *conference  // nil: it is not one of three
	order   *rtp.Reorder // the leg's packets on their way to the partner
	stamps  forwarding
	own     Key  // from this key on none goes to the partner; 0: all of them do
	keeps   bool // that key was pressed
}

// KeepKeys has a joined leg pass no key on to its partner any more from the given one on, which opens a menu: what is pressed there
// is nobody else's business. It holds until the leg is joined anew.
func (l *Leg) KeepKeys(from Key) {
	_ = l.post(func(_ *worker, l *Leg) { l.bridge.own = from })
}

// forwarding numbers the sound of one leg on the other.
type forwarding struct {
	known bool
	in    uint32        // timestamp of the last packet forwarded, as it came
	out   uint32        // and as it went
	late  bool          // it was not forwarded: silence had been sent at its time
	since time.Duration // instant since which that is so
}

const (
	maxPause  = 10 * g711.Rate        // samples: the longest gap between two packets that is kept as it is when it is forwarded
	talkspurt = 800                   // samples: a gap after which somebody begins to speak again, 100 ms
	lateFor   = 40 * time.Millisecond // how long a bunch that the network has held up may be late
)

// follow gives the timestamp of a packet that is forwarded at an instant, so that it keeps the distance to the one before
// that it came with. ok is false when it cannot: said, what the other party has been sent already, reaches beyond it. A
// bunch that the network had held up catches up within moments, and what is too late in it is lost. Who is still behind
// after that has begun anew behind a clock that stood still, as with a hold.
func (f *forwarding) follow(timestamp, said uint32, now time.Duration) (out uint32, ok, lost bool) {
	delta := timestamp - f.in
	if !f.known || int32(delta) <= 0 || delta > maxPause {
		return 0, false, false
	}
	if out = f.out + delta; int32(said-out) <= 0 {
		f.late = false
		return out, true, false
	}
	if !f.late {
		f.late, f.since = true, now
	}
	if delta > talkspurt || now-f.since > lateFor {
		return 0, false, false
	}
	return out, true, true
}

// Join has a leg enter the talk of another one: the two hear each other, or the three where that one is joined already. A talk that the
// leg has elsewhere ends. Whoever of three leaves, or ends, lets the two others go on joined. Prompts played to one of them take the
// place of the others' voice; recordings go on. A key is heard by us and by the other parties, in whichever way each takes keys. leave
// takes a out of the talk; it waits and is idempotent.
func Join(a, b *Leg) (leave func(), err error) {
	if a == b || a.engine != b.engine {
		return nil, fmt.Errorf("joining two legs: they must be different ones of one engine")
	}
	joined := make(chan error, 1)
	if !b.post(func(w *worker, _ *Leg) { w.join(a, b, joined) }) {
		return nil, fmt.Errorf("joining two legs: %w", b.endedBy())
	}
	select {
	case err = <-joined:
	case <-a.ending.done:
		err = a.ending.err
	case <-b.ending.done:
		err = b.ending.err
	}
	if err != nil {
		return nil, fmt.Errorf("joining two legs: %w", err)
	}
	return func() {
		_ = a.ask(func(w *worker, l *Leg) {
			if l.bridge.with(b) {
				w.unjoin(l)
			}
		})
	}, nil
}

// joined tells whether anybody hears the leg.
func (b *bridge) joined() bool { return b.partner != nil || b.three != nil }

// join has a enter b's talk. Both must belong to one worker: a is fetched when it does not.
func (w *worker) join(a, b *Leg, joined chan<- error) {
	switch owner := a.worker.Load(); {
	case owner != w:
		fetch := func(from *worker, a *Leg) {
			if from.moveTo(w, a); a.worker.Load() != w { // it has ended, or w has
				joined <- ErrClosed
				return
			}
			b.post(func(w *worker, _ *Leg) { w.join(a, b, joined) })
		}
		if !owner.post(command{leg: a, do: fetch}) {
			joined <- ErrClosed
		}
	case a.state == over:
		joined <- a.ending.err
	case b.state == over:
		joined <- b.ending.err
	case b.bridge.with(a):
		joined <- nil
	case b.bridge.three != nil:
		joined <- errThree
	default:
		w.unjoin(a)
		joined <- w.enter(a, b)
	}
}

// enter joins a leg that has no talk to another one, and to whoever that one is joined to.
func (w *worker) enter(a, b *Leg) error {
	newcomers := []*Leg{a}
	if b.bridge.partner == nil {
		newcomers = append(newcomers, b)
	}
	for _, l := range newcomers { // what waits is of before: forwarded in one go it would make all that follows late
		l.in.polls.twice()
		w.receive(l)
	}
	third := b.bridge.partner
	if a.state == over || b.state == over || third == nil && len(newcomers) == 1 {
		return ErrClosed
	}
	for _, l := range newcomers {
		l.bridge = bridge{order: new(rtp.Reorder)}
		w.wheel.poll(l)
	}
	if third == nil {
		a.bridge.partner, b.bridge.partner = b, a
		return nil
	}
	c := &conference{legs: [...]*Leg{b, third, a}}
	for _, l := range c.legs {
		l.bridge.partner, l.bridge.three, l.bridge.stamps = nil, c, forwarding{}
	}
	return nil
}

// moveTo gives a leg to another worker.
func (w *worker) moveTo(to *worker, l *Leg) {
	if l.state == over || to == w {
		return
	}
	w.unjoin(l)
	w.remove(l)
	if !to.mailbox.handOver(l, to) {
		w.add(l) // the engine is stopping: this worker ends it
		return
	}
	if to.load.legs.Load() == 0 {
		to.timer.Wake()
	}
}

// unjoin ends the partnership of a leg, if it has one. Of three the two others go on joined.
func (w *worker) unjoin(l *Leg) {
	if l.bridge.three != nil {
		l.bridge.three.leave(l)
		return
	}
	if o := l.bridge.partner; o != nil {
		l.bridge, o.bridge = bridge{}, bridge{}
		l.out.mark, o.out.mark = true, true
	}
}

// put takes a packet of sound heard on the leg. It goes to the partner at once when it is in order.
func (b *bridge) put(w *worker, p *rtp.Packet, codec g711.Codec) {
	if b.order.Put(p, codec, w.now) {
		b.forward(w, p, codec)
	}
	b.forwardNext(w)
}

// expire ends the waiting of packets whose predecessor never came.
func (b *bridge) expire(w *worker) {
	if b.joined() && b.order.Expire(w.now) {
		b.forwardNext(w)
	}
}

// forwardNext forwards what has waited for its turn.
func (b *bridge) forwardNext(w *worker) {
	for b.joined() {
		p, codec, ok := b.order.Next()
		if !ok {
			return
		}
		b.forward(w, &p, codec)
	}
}

// forward sends a packet to the partner: the same octets with a new header, through one table when the codecs differ.
// Timestamps keep the distances that they came with, and never run backwards: where a frame of silence was sent in the
// place of sound that comes after all, that sound is lost. Moved behind the silence, all that follows would be late until
// the end of the talk.
func (b *bridge) forward(w *worker, p *rtp.Packet, codec g711.Codec) {
	if b.three != nil {
		b.three.put(b, p, codec)
		return
	}
	f, to := &b.stamps, b.partner
	if to.state != open || to.terms.Held() || to.playback != nil || to.keyPress != nil || len(p.Payload) == 0 || to.out.budget.exhausted() {
		f.known = false
		return
	}
	s, marker := &to.out, p.Marker
	out, follows, lost := f.follow(p.Timestamp, s.stream.Timestamp, w.now)
	if !follows {
		s.catchUp(w.now)
		out, marker, f.late = s.stream.Timestamp, true, false
	}
	f.in, f.out, f.known = p.Timestamp, out, true
	if lost {
		return
	}
	s.stream.Timestamp = f.out + uint32(len(p.Payload))
	s.until = w.now + time.Duration(len(p.Payload))*time.Millisecond/8
	g711.Transcode(p.Payload, codec, to.terms.Codec)
	if len(p.Payload) != to.packetLength() || s.packets.waits() {
		w.packetize(to, p.Payload, f.out, marker, w.now)
	} else {
		w.send(to, p.Frame, to.terms.Codec.PayloadType(), marker, f.out)
	}
	s.mark = false
}

// forwardKey presses a key towards whoever hears the leg: by events where that one takes them, else as its tones.
func (b *bridge) forwardKey(k Key) {
	b.keeps = b.keeps || b.own != 0 && k == b.own
	if b.keeps {
		return
	}
	if b.partner != nil {
		b.partner.pressForwarded(k)
	}
	if b.three != nil {
		for _, l := range b.three.legs {
			if &l.bridge != b {
				l.pressForwarded(k)
			}
		}
	}
}

// pressForwarded presses a key of another leg's on this one, unless one is being pressed.
func (l *Leg) pressForwarded(k Key) {
	code, err := k.Code()
	if err != nil || l.keyPress != nil {
		return
	}
	p := &keyPress{event: dtmf.Event{Code: code}, length: forwardedPress, done: make(chan error, 1)}
	if l.terms.EventsOut == 0 {
		p.tone = k
	}
	l.keyPress = p
}

// conference is three legs that hear each other. Each is sent the sum of the two others at its own turn, by its own clock. Their
// worker uses it alone.
type conference struct {
	legs [mix.Parties]*Leg
	mix  mix.Mix
}

// errThree is a talk that nobody more can enter.
var errThree = errors.New("three are talking already")

// with tells whether a leg is heard.
func (b *bridge) with(l *Leg) bool {
	return l != nil && (b.partner == l || b.three != nil && l.bridge.three == b.three)
}

// leave lets a leg go; the others hear each other as two.
func (c *conference) leave(l *Leg) {
	var stay []*Leg
	for _, one := range c.legs {
		one.out.mark = true
		if one != l {
			stay = append(stay, one)
		}
	}
	l.bridge = bridge{}
	for i, one := range stay {
		one.bridge.partner, one.bridge.three, one.bridge.stamps = stay[1-i], nil, forwarding{}
	}
}

// seat is a leg's place.
func (c *conference) seat(b *bridge) int {
	for i, l := range c.legs {
		if &l.bridge == b {
			return i
		}
	}
	return 0
}

// put takes a packet of sound, heard on the leg of a bridge.
func (c *conference) put(b *bridge, p *rtp.Packet, codec g711.Codec) {
	c.mix.Put(c.seat(b), p.Payload, codec)
}

// frame fills 20 ms of what a leg is to hear.
func (c *conference) frame(l *Leg, payload []byte) {
	c.mix.Frame(c.seat(&l.bridge), payload, l.terms.Codec)
}
