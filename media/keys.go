package media

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"hotline/media/dtmf"
	"hotline/media/g711"
	"hotline/media/rtp"
)

// Key is one key of a telephone: '0' to '9', '*', '#', 'A' to 'D'. Keys may be digits of a PIN, so never log one.
type Key = dtmf.Key

// ErrNoEvents is the error of pressing a key towards somebody who takes no telephone-events.
var ErrNoEvents = errors.New("the other side takes no telephone-events")

const (
	typeAhead = 64 // keys that wait

	// While a key is down, and after it, no silence is sent in expectation of what the key will bring about.
	quietOfKey    = 500 * time.Millisecond
	quietAfterKey = 100 * time.Millisecond

	// whileDown is how often a wait that is over looks again whether the key that is down has come up.
	whileDown = 20 * time.Millisecond
)

// keyQueue holds the keys that a leg has heard and nobody has taken yet.
type keyQueue struct {
	waiting chan Key
	down    atomic.Bool // a key is down that has not counted yet

	outOfBand atomic.Bool // one has come in another way than in the sound
}

func newKeyQueue() keyQueue { return keyQueue{waiting: make(chan Key, typeAhead)} }

// put adds a key; false when too many wait.
func (q *keyQueue) put(k Key) bool {
	select {
	case q.waiting <- k:
		return true
	default:
		return false
	}
}

// Key takes the next key, waiting for it; keys typed ahead come first, also after the leg's end.
func (l *Leg) Key(ctx context.Context) (Key, error) {
	k, _, err := l.nextKey(ctx, nil)
	return k, err
}

// KeyWithin is Key with an end: none when no key went down within wait. A key that is down by then is waited for, since it
// counts when it comes up, or after 10 s.
func (l *Leg) KeyWithin(ctx context.Context, wait time.Duration, none error) (Key, error) {
	t := time.NewTimer(wait)
	defer t.Stop()
	for {
		k, over, err := l.nextKey(ctx, t.C)
		switch {
		case !over:
			return k, err
		case l.keys.down.Load():
			t.Reset(whileDown)
			continue
		}
		select {
		case k := <-l.keys.waiting: // it came up just now
			return k, nil
		default:
			return 0, none
		}
	}
}

// nextKey takes the next key, or tells that end has come first.
func (l *Leg) nextKey(ctx context.Context, end <-chan time.Time) (k Key, over bool, err error) {
	select {
	case k := <-l.keys.waiting:
		return k, false, nil
	default:
	}
	select {
	case k := <-l.keys.waiting:
		return k, false, nil
	case <-ctx.Done():
		return 0, false, context.Cause(ctx)
	case <-l.ending.done:
		return 0, false, l.ending.err
	case <-end:
		return 0, true, nil
	}
}

// Pressed is the queue of keys, for a select beside other things: each key is given once, here or by Key.
func (l *Leg) Pressed() <-chan Key { return l.keys.waiting }

// OutOfBand tells whether a key has come in another way than in the sound.
func (l *Leg) OutOfBand() bool { return l.keys.outOfBand.Load() }

// DetectTones has the leg listen for keys in the sound although events were agreed on, until the first event comes. It is for
// somebody who was asked for a key and whose gateway may send only tones. It is stricter with a tone than where tones are the
// agreed way. While the leg is joined to another it listens only where the leg is recorded: who is recorded may refuse by key at any time.
func (l *Leg) DetectTones() {
	_ = l.post(func(_ *worker, l *Leg) { l.in.tones = true })
}

// detectTones looks for keys in the sound, where no other way of keys was agreed on, or where tones are listened to all the
// same. Once a key has come in another way it is not looked for in the sound any more.
func (w *worker) detectTones(l *Leg, p *rtp.Packet, codec g711.Codec) {
	agreed := l.terms.EventsIn == 0
	if !agreed && (!l.in.tones || l.bridge.joined() && l.recording == nil) || l.in.keys.OutOfBand() {
		return
	}
	at := p.Timestamp
	for sound := p.Payload; len(sound) > 0; {
		n := codec.Decode(w.buf.samples[:], sound)
		w.pressed(l, l.in.keys.Sound(w.buf.samples[:n], at, !agreed, w.now))
		sound, at = sound[n:], at+uint32(n)
	}
}

// pressed handles presses of the other party.
func (w *worker) pressed(l *Leg, p dtmf.Presses) {
	if p.Began || p.N > 0 {
		l.keys.outOfBand.Store(l.in.keys.OutOfBand()) // before the key is in the queue
		w.handlePresses(l, &p)
		l.keys.down.Store(l.in.keys.Down()) // after the key is in the queue
	}
}

// handlePresses does what presses are for: a prompt stops at the first packet of a key, a recording at its key, and each
// press that is over becomes one key.
func (w *worker) handlePresses(l *Leg, p *dtmf.Presses) {
	if p.Began {
		w.wheel.poll(l)
		if l.playback == nil || l.playback.options.BargeIn {
			l.out.quietUntil = w.now + quietOfKey
		}
		if l.playback != nil && l.playback.options.BargeIn {
			w.endPlayback(l, ErrBargeIn)
		}
		if l.recording != nil {
			l.recording.track.mask()
		}
	}
	if p.N > 0 && l.out.quietUntil > w.now {
		l.out.quietUntil = w.now + quietAfterKey
	}
	for _, k := range p.Keys[:p.N] {
		l.bridge.forwardKey(k)
		if r := l.recording; r != nil && r.options.StopKey == k {
			r.finish(w, EndKey)
			continue
		}
		if !l.keys.put(k) {
			w.engine.counts.keysLost.Add(1)
		}
	}
}

// keyPress is a key that we send (RFC 4733 section 2.5.1).
type keyPress struct {
	event  dtmf.Event
	start  uint32 // timestamp
	length uint16 // samples
	begun  bool
	done   chan error
	tone   Key // sounds in place of events, towards somebody who takes none; 0 otherwise
}

const (
	forwardedPress = 800             // samples that a key sounds that is passed on: 100 ms
	endCopies      = 3               // how often the last packet of a press is sent (RFC 4733 section 2.5.1.4)
	longestPress   = 8 * time.Second // the length of an event has 16 bits
)

// SendKey presses a key for d, at most 8 s, and blocks until it is released. ErrNoEvents when the other side takes none.
func (l *Leg) SendKey(ctx context.Context, k Key, d time.Duration) error {
	code, err := k.Code()
	if err != nil {
		return err
	}
	p := &keyPress{event: dtmf.Event{Code: code}, length: uint16(min(d, longestPress) * 8 / time.Millisecond), done: make(chan error, 1)}
	if !l.post(func(w *worker, l *Leg) { w.startKeyPress(l, p) }) {
		return l.endedBy()
	}
	select {
	case err := <-p.done:
		return err
	case <-l.ending.done:
		return l.ending.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (w *worker) startKeyPress(l *Leg, p *keyPress) {
	switch {
	case l.state == over:
		p.done <- l.ending.err
	case l.terms.EventsOut == 0:
		p.done <- fmt.Errorf("pressing a key: %w", ErrNoEvents)
	default:
		w.endKeyPress(l, ErrReplaced)
		l.keyPress = p
	}
}

// endKeyPress releases the key that we press, if there is one.
func (w *worker) endKeyPress(l *Leg, why error) {
	if l.keyPress != nil {
		l.keyPress.done <- why
		l.keyPress, l.out.mark = nil, true
	}
}

// send sends the next packet of a press, the last one three times.
func (p *keyPress) send(w *worker, l *Leg) {
	if p.tone != 0 {
		p.sendTone(w, l)
		return
	}
	first := !p.begun
	if first {
		l.out.packets.flush(w, l)
		p.begun, p.start = true, l.out.stream.Timestamp
	}
	p.event.Duration += frameSamples
	p.event.End = p.event.Duration >= p.length
	copies := 1
	if p.event.End {
		copies = endCopies
	}
	for range copies {
		b := w.buf.out[:rtp.HeaderSize+dtmf.EventOctets]
		p.event.Put(b[rtp.HeaderSize:])
		w.send(l, b, l.terms.EventsOut, first, p.start)
	}
	l.out.stream.Timestamp += frameSamples
	if p.event.End {
		w.endKeyPress(l, nil)
	}
}

// sendTone sends the next 20 ms of a key's tones.
func (p *keyPress) sendTone(w *worker, l *Leg) {
	l.out.packets.flush(w, l)
	p.tone.Tone(int(p.event.Duration), w.buf.samples[:])
	for i, s := range w.buf.samples {
		w.buf.out[rtp.HeaderSize+i] = l.terms.Codec.EncodeSample(s)
	}
	w.send(l, w.buf.out[:], l.terms.Codec.PayloadType(), !p.begun, l.out.stream.Timestamp)
	p.begun = true
	l.out.stream.Timestamp += frameSamples
	if p.event.Duration += frameSamples; p.event.Duration >= p.length {
		w.endKeyPress(l, nil)
	}
}
