package ring

import (
	"context"
	"errors"
	"time"

	"hotline/oncall/ring/recorded"
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
		j.forget(ctx)
		for say, left := first, false; ; {
			if say, left = j.comfort(ctx, say); left {
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
var errLeft = errors.New(leftWord)

const leftWord = "the caller asked to be called back"

// leaveKey is the caller's key to be called back instead of waiting.
const leaveKey = '1'

// goneWord says why the caller is not there any more.
func goneWord(ctx context.Context) string {
	if errors.Is(context.Cause(ctx), errLeft) {
		return leftWord
	}
	if errors.Is(context.Cause(ctx), ErrLineLost) {
		return "the caller's line was lost"
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
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// forget forgets what the caller has pressed before, which answers nothing here, but for a refusal.
func (j *job) forget(ctx context.Context) {
	if j.mayRefuse() {
		for {
			k, err := j.request.Caller.Key(ctx, 0)
			if err != nil {
				break
			}
			if k == recorded.Key {
				j.request.Recording.Refuse("", recorded.Caller)
			}
		}
	}
	j.request.Caller.Flush()
}

// mayRefuse tells whether the caller knows that the talk to come is recorded.
func (j *job) mayRefuse() bool {
	t := j.request.Recording
	return t.Runs() && t.Told()
}

// comfort says a sentence and plays music for a while. It tells what is said next, and whether the caller has pressed the key to leave.
func (j *job) comfort(ctx context.Context, say prompts.Phrase) (next prompts.Phrase, left bool) {
	c := j.request.Caller
	if j.request.Left != nil {
		say = prompts.Join(say, prompts.P(SayLeaveKey))
	}
	_ = c.Say(ctx, j.request.Language, say, false) // a sentence that is missing leaves the music
	if ctx.Err() != nil {
		return nil, false
	}
	defer c.Music(ctx)()
	if j.request.Left == nil && !j.mayRefuse() {
		wait(ctx, j.search.Times.Still)
		return j.words.still, false
	}
	for until := time.Now().Add(j.search.Times.Still); ctx.Err() == nil; {
		k, err := c.Key(ctx, time.Until(until))
		switch {
		case err != nil:
			return j.words.still, false
		case k == leaveKey && j.request.Left != nil:
			return nil, true
		case k == recorded.Key && j.mayRefuse() && j.request.Recording.Refuse("", recorded.Caller):
			return prompts.P(recorded.SayEnded), false
		}
	}
	return nil, false
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
