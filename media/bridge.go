package media

import (
	"fmt"
	"time"

	"hotline/media/g711"
	"hotline/media/rtp"
)

// forwarding is how the sound heard on one leg is numbered on the other.
type forwarding struct {
	known bool
	in    uint32        // timestamp of the last packet passed on, as it came
	out   uint32        // and as it went
	late  bool          // it was not passed on: silence had been sent at its time
	since time.Duration // instant since which that is so
}

const (
	catchUpFor = 40 * time.Millisecond // how long a bunch that the network had held up may be late
	maxPause   = 10 * 8000             // samples: the longest gap between two packets that is kept as it is when it is passed on
	talkspurt  = 800                   // samples: a gap after which somebody begins to speak again, 100 ms
)

// follow gives the timestamp of a packet that is passed on at an instant, so that it keeps the distance to the one before
// that it came with. ok is false when it cannot: said, what the other one has been sent already, reaches beyond it. A bunch
// that the network had held up catches up within moments, and what is too late in it is lost; whoever is still behind after
// that has begun anew behind a clock that stood still, as with a hold.
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
	if delta > talkspurt || now-f.since > catchUpFor {
		return 0, false, false
	}
	return out, true, true
}

// Join lets two legs hear each other until unjoin is called or one of them ends. Prompts played to one of them take the
// place of the other's voice; recordings go on. A key is heard by us and by the other party, in whichever way that one
// takes keys. unjoin waits and is idempotent.
func Join(a, b *Leg) (unjoin func(), err error) {
	if a == b || a.engine != b.engine {
		return nil, fmt.Errorf("joining two legs: they must be different ones of one engine")
	}
	joined := make(chan error, 1)
	if !a.post(func(w *worker, _ *Leg) { w.join(a, b, joined) }) {
		return nil, fmt.Errorf("joining two legs: %w", a.ending())
	}
	select {
	case err = <-joined:
	case <-a.done:
		err = a.err
	case <-b.done:
		err = b.err
	}
	if err != nil {
		return nil, fmt.Errorf("joining two legs: %w", err)
	}
	return func() {
		_ = a.ask(func(w *worker, l *Leg) {
			if l.partner == b {
				w.split(l)
			}
		})
	}, nil
}

// join makes two legs partners. Both must belong to one worker: the second is fetched when it does not.
func (w *worker) join(a, b *Leg, joined chan<- error) {
	if owner := b.worker.Load(); owner != w {
		fetch := func(from *worker, b *Leg) {
			if from.move(b, w); b.worker.Load() != w { // it has ended, or w has
				joined <- ErrClosed
				return
			}
			a.post(func(w *worker, _ *Leg) { w.join(a, b, joined) })
		}
		if !owner.post(command{leg: b, do: fetch}) {
			joined <- ErrClosed
		}
		return
	}
	switch {
	case a.state != alive:
		joined <- a.err
	case b.state != alive:
		joined <- b.err
	default:
		w.split(a)
		w.split(b)
		for _, l := range [...]*Leg{a, b} { // what waits is of before: passed on in one go it would make all that follows late
			l.looks.twice()
			w.receive(l)
		}
		if a.state != alive || b.state != alive {
			joined <- ErrClosed
			return
		}
		a.partner, b.partner = b, a
		a.forward, b.forward = forwarding{}, forwarding{}
		a.order, b.order = new(rtp.Reorder), new(rtp.Reorder)
		w.watch(a)
		w.watch(b)
		joined <- nil
	}
}

// move gives a leg to another worker.
func (w *worker) move(l *Leg, to *worker) {
	if l.state != alive || to == w {
		return
	}
	if l.partner != nil {
		w.split(l)
	}
	w.remove(l)
	if !to.adopt(l) {
		w.add(l) // the engine is stopping: this worker ends it
	}
}

// adopt has another worker's leg added to this one's; false when this one has stopped. It is the owner from now on, and
// whatever is posted to it as the owner comes after the adding.
func (w *worker) adopt(l *Leg) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.inbox = append(w.inbox, command{leg: l, do: (*worker).add})
	l.worker.Store(w)
	if w.load.Load() == 0 {
		w.pace.rouse()
	}
	return true
}

// split ends the partnership of a leg, if it has one.
func (w *worker) split(l *Leg) {
	if o := l.partner; o != nil {
		l.partner, o.partner = nil, nil
		l.order, o.order = nil, nil
		l.mark, o.mark = true, true
	}
}

// pass sends a packet heard on one leg to the other: the same octets with a new header, through one table when the codecs
// differ. Timestamps keep the distances that they came with, and never run backwards: where a frame of silence was sent in the
// place of sound that comes after all, that sound is lost. Moved behind the silence, all that follows would be late until the
// end of the talk.
func (w *worker) pass(from, to *Leg, p *rtp.Packet, codec g711.Codec) {
	if !to.open || to.terms.Held() || to.playing != nil || to.press != nil || len(p.Payload) == 0 || to.hushed() {
		from.forward.known = false
		return
	}
	f, marker := &from.forward, p.Marker
	out, follows, lost := f.follow(p.Timestamp, to.sender.Timestamp, w.now)
	if !follows {
		w.catchUp(to, w.now)
		out, marker, f.late = to.sender.Timestamp, true, false
	}
	f.in, f.out, f.known = p.Timestamp, out, true
	if lost {
		return
	}
	to.sender.Timestamp = f.out + uint32(len(p.Payload))
	to.spokenTo = w.now + time.Duration(len(p.Payload))*time.Millisecond/8
	g711.Transcode(p.Payload, codec, to.terms.Codec)
	if len(p.Payload) != to.packet() || to.packed() {
		w.pack(to, p.Payload, f.out, marker, w.now)
		to.mark = false
		return
	}
	w.send(to, p.Frame, to.terms.Codec.PayloadType(), marker, f.out)
	to.mark = false
}

// forwardSound takes a packet heard on a joined leg: in order it goes on at once.
func (w *worker) forwardSound(from *Leg, p *rtp.Packet, codec g711.Codec) {
	if from.order.Put(p, codec, w.now) {
		w.pass(from, from.partner, p, codec)
	}
	w.passNext(from)
}

// passNext sends on what has waited for its turn.
func (w *worker) passNext(from *Leg) {
	for from.partner != nil {
		p, codec, ok := from.order.Next()
		if !ok {
			return
		}
		w.pass(from, from.partner, &p, codec)
	}
}

// keepOrder ends the waiting of packets whose predecessor never came.
func (w *worker) keepOrder(from *Leg) {
	if from.order != nil && from.order.Expire(w.now) {
		w.passNext(from)
	}
}
