package media

import (
	"context"
	"errors"
)

// Why Play came back before its end, beside the context's cause and the leg's ending.
var (
	ErrBargeIn  = errors.New("a key was pressed")
	ErrReplaced = errors.New("another sound is played instead")
)

// PlayOptions say how a sound is played.
type PlayOptions struct {
	BargeIn bool // the first packet of a key stops it
	Loop    bool // begins anew for ever
}

// playback is a sound that a leg plays.
type playback struct {
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
	p := &playback{sound: s, options: o, done: make(chan error, 1)}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if !l.postSoon(func(w *worker, l *Leg) { w.play(l, p) }) {
		return l.endedBy()
	}
	select {
	case err := <-p.done:
		return err
	case <-l.ending.done:
		return l.ending.err
	case <-ctx.Done():
		l.post(func(w *worker, l *Leg) {
			if l.playback == p {
				w.endPlayback(l, nil)
			}
		})
		return context.Cause(ctx)
	}
}

func (w *worker) play(l *Leg, p *playback) {
	switch {
	case l.state == over:
		p.done <- l.ending.err
	case p.options.BargeIn && (len(l.keys.waiting) > 0 || l.in.keys.Down()):
		p.done <- ErrBargeIn
	default:
		w.endPlayback(l, ErrReplaced)
		l.playback, l.out.mark = p, true
		w.startAtOnce(l)
	}
}

// startAtOnce begins a sound now instead of at the leg's turn, where nothing was sent for the last 20 ms: after the answer,
// and after a key. From now on this is the leg's turn, so that the far end receives one more talkspurt in a phase of its
// own (RFC 3550 section 5.1: the marker), and nothing is sent twice.
func (w *worker) startAtOnce(l *Leg) {
	if l.state != open || l.terms.Held() || l.keyPress != nil || w.now < l.out.until {
		return
	}
	if w.wheel.move(l, int(w.now/quarter)%slots) {
		w.sendTurn(l, w.now)
	}
}

// endPlayback ends what is played, if anything is.
func (w *worker) endPlayback(l *Leg, why error) {
	if l.playback != nil {
		l.playback.done <- why
		l.playback, l.out.mark = nil, true
	}
}
