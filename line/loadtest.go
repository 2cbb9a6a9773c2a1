package line

import (
	"context"
	"errors"
	"fmt"
	"io"

	"hotline/media"
	"hotline/media/g711"
)

// Answer plays a sound to the caller again and again while it records him, until the call is over; a key begins the
// sound anew. It is the conversation by which a line is measured: both directions at work, and nothing else.
func (l *Line) Answer(ctx context.Context, s media.Sound, recording string) error {
	both, cancel := l.within(ctx)
	defer cancel()
	create := func(c g711.Codec) (io.WriteCloser, error) { return l.board.cfg.Spool.Create(recording, c) }
	rec, err := l.sound.Record(create, media.RecordOptions{})
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	for err == nil {
		err = l.sound.Play(both, s, media.PlayOptions{BargeIn: true, Loop: true})
		if errors.Is(err, media.ErrBargeIn) {
			_, err = l.sound.Key(both)
		}
	}
	_, failed := rec.Stop()
	return errors.Join(err, failed)
}

// Pair lets two callers hear each other until one of them is gone.
func Pair(ctx context.Context, a, b *Line) error {
	unjoin, err := media.Join(a.sound, b.sound)
	if err != nil {
		return err
	}
	defer unjoin()
	select {
	case <-a.ctx.Done():
		return context.Cause(a.ctx)
	case <-b.ctx.Done():
		return context.Cause(b.ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Await blocks until the caller is gone.
func (l *Line) Await(ctx context.Context) error {
	select {
	case <-l.ctx.Done():
		return context.Cause(l.ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
