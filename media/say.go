package media

import (
	"context"
	"fmt"
	"time"

	"hotline/media/dtmf"
	"hotline/media/rtp"
)

// PlayOptions say how a sound is played.
type PlayOptions struct {
	BargeIn bool // the first packet of a key stops it
	Loop    bool // begins anew for ever
}

// playing is a sound on its way.
type playing struct {
	sound   Sound
	options PlayOptions
	at      position
	over    bool // its last frame was sent
	done    chan error
}

// Play plays a sound and blocks until its last frame has sounded. ErrBargeIn when a key stopped it, or was waiting
// already; ErrReplaced when another Play began; else ctx's cause or the leg's ending. While the other side holds the
// call the sound waits.
func (l *Leg) Play(ctx context.Context, s Sound, o PlayOptions) error {
	p := &playing{sound: s, options: o, done: make(chan error, 1)}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if !l.postSoon(func(w *worker, l *Leg) { w.play(l, p) }) {
		return l.ending()
	}
	select {
	case err := <-p.done:
		return err
	case <-l.done:
		return l.err
	case <-ctx.Done():
		l.post(func(w *worker, l *Leg) {
			if l.playing == p {
				w.finishPlaying(l, nil)
			}
		})
		return context.Cause(ctx)
	}
}

func (w *worker) play(l *Leg, p *playing) {
	switch {
	case l.state != alive:
		p.done <- l.err
	case p.options.BargeIn && (len(l.keys) > 0 || l.pad.Down()):
		p.done <- ErrBargeIn
	default:
		w.finishPlaying(l, ErrReplaced)
		l.playing, l.mark = p, true
		w.beginNow(l)
	}
}

// beginNow begins a sound at once instead of at the leg's turn, where nothing was said for the last 20 ms: after the
// answer, and after a key. From now on this is the leg's turn, so that the far end hears one more talkspurt in a phase
// of its own (RFC 3550 section 5.1: the marker), and nothing is said twice.
func (w *worker) beginNow(l *Leg) {
	if !l.open || l.terms.Held() || l.press != nil || w.now < l.spokenTo {
		return
	}
	slot := int(w.now/quarter) % slots
	if slot != l.slot {
		if len(w.wheel[slot]) > crowded+2*len(w.wheel[l.slot]) {
			return // everybody at once: the turns must stay apart
		}
		w.unseat(l)
		w.seat(l, slot)
	}
	w.say(l, w.now)
}

// crowded is how many legs more than in another slot are no crowd.
const crowded = 16

func (w *worker) finishPlaying(l *Leg, why error) {
	if l.playing != nil {
		l.playing.done <- why
		l.playing, l.mark = nil, true
	}
}

// say sends the leg's next 20 ms, due at an instant: a key, a sound, or silence, so that the far end and every NAT on the
// way keep seeing media. While the other side holds, or a partner's sound is passed on, there is nothing to send; nor is
// there while a key is being pressed that has stopped what was said, until what comes next begins.
func (w *worker) say(l *Leg, due time.Duration) {
	switch {
	case l.terms.Held():
		l.mark = true
		return
	case w.now < l.spokenTo && due < l.spokenTo-quarter:
		return // the sound began between two turns, and is ahead of this one
	case l.playing != nil && l.playing.over && l.press == nil:
		w.finishPlaying(l, nil)
	}
	if l.press == nil && l.playing == nil && (w.now < l.quiet || l.partner != nil && w.now-l.sentAt < keepSeen) {
		return
	}
	if l.hushed() {
		l.mark = true
		return
	}
	if l.partner != nil && (l.press != nil || l.playing != nil) {
		l.partner.forward.known = false // what he says goes on behind this
	}
	w.catchUp(l, due)
	if l.press != nil {
		w.sendPress(l, l.press)
		return
	}
	payload := w.out[rtp.HeaderSize:]
	if p := l.playing; p != nil {
		p.over = !p.sound.frame(&p.at, payload, l.terms.Codec, p.options.Loop)
	} else {
		for i := range payload {
			payload[i] = l.terms.Codec.Silence()
		}
	}
	if l.packet() == frameSamples {
		w.unpack(l)
		w.send(l, w.out[:], l.terms.Codec.PayloadType(), l.mark, l.sender.Timestamp)
	} else {
		w.pack(l, payload, l.sender.Timestamp, l.mark, due)
	}
	l.sender.Timestamp += frameSamples
	l.mark = false
}

// catchUp moves the timestamp on over the time in which nothing was said: on purpose, or because this machine was kept
// from it. What is said next is a new talkspurt then.
func (w *worker) catchUp(l *Leg, due time.Duration) {
	if missed := due - l.spokenTo; l.spokenTo > 0 && missed >= quarter {
		l.sender.Timestamp += uint32(missed * 8 / time.Millisecond)
		l.mark = true
	} else if l.spokenTo > 0 {
		due = max(due, l.spokenTo)
	}
	l.spokenTo = due + frame
}

// keepSeen is how long a joined leg may send nothing before a frame of silence shows that it is there. A telephone, a network
// or a machine that is late by less must not have its sound overtaken by that silence.
const keepSeen = time.Second

// send puts the header before a payload and hands the packet on.
func (w *worker) send(l *Leg, b []byte, payloadType uint8, marker bool, timestamp uint32) {
	l.sender.Put(b, payloadType, marker, timestamp)
	w.transmit(l, b)
	l.sentAt = w.now
	w.engine.counts.out.Add(1)
}

// press is a key that we send (RFC 4733 section 2.5.1).
type press struct {
	event  dtmf.Event
	start  uint32
	length uint16 // samples
	begun  bool
	done   chan error
	tone   Key // sounds in place of events, towards somebody who takes none; 0 otherwise
}

// pressedFor is how long a key that is passed on sounds, samples: 100 ms.
const pressedFor = 800

// passKey presses a key of one party towards the other: by events where that one takes them, else as its tones.
func (w *worker) passKey(to *Leg, k Key) {
	code, err := k.Code()
	if err != nil || to.press != nil {
		return
	}
	p := &press{event: dtmf.Event{Code: code}, length: pressedFor, done: make(chan error, 1)}
	if to.terms.EventsOut == 0 {
		p.tone = k
	}
	to.press = p
}

// soundKey sends the next 20 ms of a key's tones.
func (w *worker) soundKey(l *Leg, p *press) {
	w.unpack(l)
	p.tone.Tone(int(p.event.Duration), w.frame[:])
	for i, s := range w.frame {
		w.out[rtp.HeaderSize+i] = l.terms.Codec.EncodeSample(s)
	}
	w.send(l, w.out[:], l.terms.Codec.PayloadType(), !p.begun, l.sender.Timestamp)
	p.begun = true
	l.sender.Timestamp += frameSamples
	if p.event.Duration += frameSamples; p.event.Duration >= p.length {
		w.finishPress(l, nil)
	}
}

// endings is how often the last packet of a press is sent (RFC 4733 section 2.5.1.4).
const endings = 3

// SendKey presses a key for d, at most 8 s, and blocks until it is released. ErrNoEvents when the other side takes none.
func (l *Leg) SendKey(ctx context.Context, k Key, d time.Duration) error {
	code, err := k.Code()
	if err != nil {
		return err
	}
	p := &press{event: dtmf.Event{Code: code}, length: uint16(min(d, 8*time.Second) * 8 / time.Millisecond), done: make(chan error, 1)}
	if !l.post(func(w *worker, l *Leg) { w.begin(l, p) }) {
		return l.ending()
	}
	select {
	case err := <-p.done:
		return err
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (w *worker) begin(l *Leg, p *press) {
	switch {
	case l.state != alive:
		p.done <- l.err
	case l.terms.EventsOut == 0:
		p.done <- fmt.Errorf("pressing a key: %w", ErrNoEvents)
	default:
		w.finishPress(l, ErrReplaced)
		l.press = p
	}
}

func (w *worker) finishPress(l *Leg, why error) {
	if l.press != nil {
		l.press.done <- why
		l.press, l.mark = nil, true
	}
}

// sendPress sends the next packet of a press, the last one three times.
func (w *worker) sendPress(l *Leg, p *press) {
	if p.tone != 0 {
		w.soundKey(l, p)
		return
	}
	first := !p.begun
	if first {
		w.unpack(l)
		p.begun, p.start = true, l.sender.Timestamp
	}
	p.event.Duration += frameSamples
	p.event.End = p.event.Duration >= p.length
	times := 1
	if p.event.End {
		times = endings
	}
	for range times {
		b := w.out[:rtp.HeaderSize+4]
		p.event.Put(b[rtp.HeaderSize:])
		w.send(l, b, l.terms.EventsOut, first, p.start)
	}
	l.sender.Timestamp += frameSamples
	if p.event.End {
		w.finishPress(l, nil)
	}
}
