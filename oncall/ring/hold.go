package ring

import (
	"context"
	"errors"
	"time"

	"hotline/prompts"
)

// hold keeps a caller company: a sentence, then music, and from time to time that the search goes on. It has the one
// goroutine that uses the caller while it lasts.
type hold struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// startHold begins with a sentence, as soon as the caller waits; nothing when the music plays already.
func (j *job) startHold(ctx context.Context, first prompts.Phrase) {
	if j.hold != nil || j.request.Caller == nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	h := &hold{cancel: cancel, done: make(chan struct{})}
	j.hold = h
	go func() {
		defer close(h.done)
		if !j.callerWaits(ctx) {
			return
		}
		j.request.Caller.Flush() // what was pressed before answers nothing here
		for say := first; ; say = j.words.still {
			if j.comfort(ctx, say) {
				j.leave(errLeft)
				j.request.Left()
				return
			}
			if ctx.Err() != nil {
				return
			}
		}
	}()
}

// errLeft is why a search goes on without its caller: the key to be called back was pressed.
var errLeft = errors.New("the caller asked to be called back")

// leaveKey is the caller's key to be called back instead of waiting.
const leaveKey = '1'

// goneWord says why the caller is not there any more.
func goneWord(ctx context.Context) string {
	if errors.Is(context.Cause(ctx), errLeft) {
		return errLeft.Error()
	}
	return "the caller hung up"
}

// callerWaits comes back when the caller waits; false when ctx ends before.
func (j *job) callerWaits(ctx context.Context) bool {
	if j.request.Busy.waits() {
		return true
	}
	select {
	case <-j.request.Busy.Waits:
		return true
	case <-ctx.Done():
		return false
	}
}

// comfort says a sentence and plays music for a while. It tells whether the caller has pressed the key to leave.
func (j *job) comfort(ctx context.Context, say prompts.Phrase) (left bool) {
	c := j.request.Caller
	if j.request.Left != nil {
		say = prompts.Join(say, prompts.P(SayLeaveKey))
	}
	_ = c.Say(ctx, j.request.Language, say, false) // a sentence that is missing leaves the music
	if ctx.Err() != nil {
		return false
	}
	defer c.Music(ctx)()
	if j.request.Left == nil {
		wait(ctx, j.search.Times.Still)
		return false
	}
	for until := time.Now().Add(j.search.Times.Still); ctx.Err() == nil; {
		k, err := c.Key(ctx, time.Until(until))
		if err != nil {
			return false
		}
		if k == leaveKey {
			return true
		}
	}
	return false
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
