package line

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hotline/cdr"
	"hotline/ivr"
	"hotline/media"
	"hotline/media/g711"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sip"
)

// ErrWeHungUp is the ending of a call that we hung up.
var ErrWeHungUp = errors.New("hung up by us")

// Dialog is the signalling of one call: a SIP dialog, or whatever stands in its place. Safe for concurrent use.
type Dialog interface {
	// Context ends with the call; its cause is the ending.
	Context() context.Context
	// Hangup ends the call, with words for the log of the other side. Idempotent.
	Hangup(words string) error
}

// leg is one dialog with its sound, whoever called.
type leg struct {
	board         *Switchboard
	id            string
	sipID         string // the Call-ID of its dialog
	to            string // "caller", or the address rung
	dialog        Dialog
	sound         *media.Leg
	ctx           context.Context
	cancel        context.CancelCauseFunc
	watch         sync.WaitGroup // what was started when the dialog or the sound ended
	stopDialogEnd func() bool    // keeps the dialog's end from starting it
	stopSoundEnd  func() bool    // and the sound's
	once          sync.Once
}

// connect makes a leg alive. When the dialog or the sound ends, the leg ends, and so does the other of the two, whatever the
// conversation is doing. No goroutine waits for that: its stack would be a sixth of a call's memory.
func (s *Switchboard) connect(l *leg, d Dialog, sound *media.Leg) {
	l.board, l.dialog, l.sound = s, d, sound
	l.ctx, l.cancel = context.WithCancelCause(context.Background())
	s.mu.Lock()
	s.legs[l.id] = l
	s.mu.Unlock()
	if hear := s.cfg.Reported; hear != nil {
		sound.OnReport(func(r media.Report) { hear(l.sipID, r) })
	}
	l.watch.Add(2)
	l.stopDialogEnd = context.AfterFunc(d.Context(), func() {
		defer l.watch.Done()
		l.over(ending(context.Cause(d.Context())))
	})
	l.stopSoundEnd = sound.AfterEnd(func() {
		defer l.watch.Done()
		if errors.Is(sound.Err(), media.ErrTimeout) {
			s.cfg.Log.Info("call without sound ended", "call", l.id)
		}
		l.end(errLineLost, "no RTP")
	})
}

// unwatch lets the ends of the dialog and the sound start nothing more, and waits for what they have started.
func (l *leg) unwatch() {
	for _, stop := range []func() bool{l.stopDialogEnd, l.stopSoundEnd} {
		if stop() {
			l.watch.Done()
		}
	}
	l.watch.Wait()
}

// errLineLost is the ending of a leg that nobody ended: that of the conversation, and of those who ring.
var errLineLost = error(lineLost{})

type lineLost struct{}

func (lineLost) Error() string { return ivr.ErrLineLost.Error() }

// Is makes it the endings of both.
func (lineLost) Is(target error) bool { return target == ivr.ErrLineLost || target == ring.ErrLineLost }

// ending turns a dialog's ending into the conversation's.
func ending(cause error) error {
	switch {
	case errors.Is(cause, sip.ErrRemoteBye), errors.Is(cause, ivr.ErrHungUp):
		return ivr.ErrHungUp
	case errors.Is(cause, sip.ErrLocalBye), errors.Is(cause, sip.ErrStopped), errors.Is(cause, ErrWeHungUp):
		return ErrWeHungUp
	}
	return fmt.Errorf("%w: %w", errLineLost, cause)
}

// over ends what is under way on the leg, and its sound, for a reason. The sound cannot wait for the end of the conversation: the
// port that it goes to may be somebody else's by then. The first reason stays.
func (l *leg) over(cause error) {
	l.cancel(cause)
	_ = l.sound.Close()
}

// end hangs up for a reason; the first reason stays.
func (l *leg) end(cause error, words string) {
	l.cancel(cause)
	_ = l.dialog.Hangup(words)
	_ = l.sound.Close()
}

// close ends the leg and waits for everything that it started. Idempotent.
func (l *leg) close(words string) {
	l.once.Do(func() {
		l.unwatch()
		l.end(ErrWeHungUp, words)
		l.board.cfg.Ended(l.sound.Stats())
		l.board.mu.Lock()
		delete(l.board.legs, l.id)
		l.board.mu.Unlock()
	})
}

// Quality is how the sound came over so far, or did until the leg's end.
func (l *leg) Quality() cdr.Quality {
	s := l.sound.Stats()
	return cdr.Quality{
		Law: s.Codec.String(), Encrypted: s.Encrypted, PacketsIn: s.PacketsIn, PacketsOut: s.PacketsOut, Lost: s.Lost, LostThere: s.RemoteLost,
		Jitter: s.Jitter.Seconds(), RoundTrip: s.RoundTrip.Seconds(),
	}
}

// within joins a caller's ctx with the leg's own: the returned context ends with either, by its cause.
func (l *leg) within(ctx context.Context) (context.Context, context.CancelFunc) {
	both, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(l.ctx, func() { cancel(context.Cause(l.ctx)) })
	return both, func() { stop(); cancel(nil) }
}

// Say speaks a phrase; a key stops it where bargeIn allows. A sound that is missing is passed over.
func (l *leg) Say(ctx context.Context, lang prompts.Language, p prompts.Phrase, bargeIn bool) error {
	if said := l.board.cfg.Said; said != nil && (!bargeIn || l.sound.Keys() == 0) {
		said(l.to, lang, p)
	}
	return l.play(ctx, l.board.cfg.Voices.Sound(lang, p), media.PlayOptions{BargeIn: bargeIn})
}

func (l *leg) play(ctx context.Context, s media.Sound, o media.PlayOptions) error {
	both, cancel := l.within(ctx)
	defer cancel()
	err := l.sound.Play(both, s, o)
	switch {
	case context.Cause(both) != nil:
		return context.Cause(both)
	case err == nil || errors.Is(err, media.ErrBargeIn):
		return nil
	case errors.Is(err, media.ErrTimeout), errors.Is(err, media.ErrClosed):
		<-l.ctx.Done() // what the sound's end has started is about to say why
		return context.Cause(l.ctx)
	}
	return err
}

// Music plays the hold music in a loop until stop is called, which waits for it.
func (l *leg) Music(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = l.play(ctx, l.board.cfg.Voices.Music(), media.PlayOptions{Loop: true})
	}()
	return func() { cancel(); <-done }
}

// key takes the next key; none when none went down in time.
func (l *leg) key(ctx context.Context, wait time.Duration, none error) (byte, error) {
	both, cancel := l.within(ctx)
	defer cancel()
	k, err := l.sound.KeyWithin(both, wait, none)
	switch {
	case err == nil:
		return byte(k), nil
	case context.Cause(both) != nil:
		return 0, context.Cause(both)
	case errors.Is(err, none):
		return 0, none
	}
	<-l.ctx.Done()
	return 0, context.Cause(l.ctx)
}

// Replay plays a recording back; a key stops it.
func (l *leg) Replay(ctx context.Context, id string) error {
	codec, octets, err := l.board.cfg.Spool.Octets(id)
	if err != nil {
		return err
	}
	return l.play(ctx, media.EncodedSound(codec, octets), media.PlayOptions{BargeIn: true})
}

// Play plays a sound, A-law of 8 kHz; a key stops it.
func (l *leg) Play(ctx context.Context, alaw []byte) error {
	return l.play(ctx, media.EncodedSound(g711.ALaw, alaw), media.PlayOptions{BargeIn: true})
}
