package ring

import (
	"context"
	"time"

	"hotline/prompts"
)

// hold keeps a caller company: a sentence, then music, and from time to time that the search goes on. It has the one
// goroutine that uses the caller while it lasts.
type hold struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// startHold begins with a sentence; nothing when the music plays already.
func (j *job) startHold(ctx context.Context, first prompts.Phrase) {
	if j.hold != nil || j.request.Caller == nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	h := &hold{cancel: cancel, done: make(chan struct{})}
	j.hold = h
	c, lang, pause, still := j.request.Caller, j.request.Language, j.search.Times.Still, j.words.still
	go func() {
		defer close(h.done)
		for say := first; ; say = still {
			_ = c.Say(ctx, lang, say, false) // a sentence that is missing leaves the music
			if ctx.Err() != nil {
				return
			}
			stop := c.Music(ctx)
			wait(ctx, pause)
			stop()
			if ctx.Err() != nil {
				return
			}
		}
	}()
}

// stopHold silences it and waits: afterwards the caller is free.
func (j *job) stopHold() {
	if j.hold == nil {
		return
	}
	j.hold.cancel()
	<-j.hold.done
	j.hold = nil
}

// wait waits unless ctx ends before.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
