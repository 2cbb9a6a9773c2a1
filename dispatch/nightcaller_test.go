package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"hotline/cdr"
	"hotline/ivr"
	"hotline/prompts"
	"hotline/tickets"
)

// nightCaller is one caller: types ahead, describes the fault, waits, and may leave at any instant. It implements callhandler.Call.
// What the caller hears is taken down as spans, so that nobody is left in silence.
type nightCaller struct {
	night  *randomNight
	id     tickets.CallID
	ctx    context.Context
	end    context.CancelCauseFunc
	keys   chan byte
	stirs  chan struct{} // a key was pressed
	speaks time.Duration // how long the fault is described
	tired  time.Duration // after so long on hold the key to be called back is pressed; 0: never
	air    attention
	words  attention // a sentence, a talk, a description: no music, and no key that is waited for

	mu     sync.Mutex
	talks  []string // with whom, now
	proven bool     // has talked to a person who pressed accept
	crowd  int      // to how many was joined at once, at most
	texts  []string // that were said
}

// heard are the texts that were said.
func (c *nightCaller) heard() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.texts
}

// attention is what goes on at a telephone: a sentence, music, a recording, a key that is waited for, a talk. Safe for concurrent use.
type attention struct {
	mu      sync.Mutex
	busy    int
	since   time.Time // since when nothing goes on
	longest time.Duration
	over    bool
}

// holds marks that something goes on until done is called.
func (a *attention) holds() (done func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.idle()
	a.busy++
	return sync.OnceFunc(func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.busy--; a.busy == 0 {
			a.since = time.Now()
		}
	})
}

// idle notes for how long nothing went on.
func (a *attention) idle() {
	if a.busy == 0 && !a.over {
		a.longest = max(a.longest, time.Since(a.since))
	}
}

// ends is when the telephone is not on the line any more.
func (a *attention) ends() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.idle()
	a.over = true
}

// nothing is for how long nothing went on, at most.
func (a *attention) nothing() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.idle()
	return a.longest
}

func newNightCaller(n *randomNight, number int, dice *rand.Rand) *nightCaller {
	c := &nightCaller{night: n, id: tickets.CallID(fmt.Sprint("call-", number)), keys: make(chan byte, 32), stirs: make(chan struct{}, 32), air: attention{since: time.Now()}, words: attention{since: time.Now()}}
	c.ctx, c.end = context.WithCancelCause(context.Background())
	c.speaks = time.Duration(dice.Int64N(int64(25 * time.Second)))
	if dice.IntN(4) == 0 {
		c.tired = 5*time.Second + time.Duration(dice.Int64N(int64(60*time.Second)))
	}
	return c
}

func (c *nightCaller) Caller() ivr.Caller {
	return ivr.Caller{ID: c.id, Number: "+390612345", At: time.Now()}
}
func (c *nightCaller) Now() time.Time       { return time.Now() }
func (c *nightCaller) SIPID() string        { return string(c.id) }
func (c *nightCaller) Quality() cdr.Quality { return cdr.Quality{} }
func (c *nightCaller) Hangup()              { c.leave(errOurs) }

// leave ends the call; the first reason stays.
func (c *nightCaller) leave(why error) {
	c.air.ends()
	c.words.ends()
	c.end(why)
}

func (c *nightCaller) press(keys string) {
	for _, k := range []byte(keys) {
		c.keys <- k
		c.stirs <- struct{}{}
	}
}

func (c *nightCaller) within(ctx context.Context) (context.Context, func()) {
	both, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.ctx, func() { cancel(context.Cause(c.ctx)) })
	return both, func() { stop(); cancel(nil) }
}

func (c *nightCaller) Say(ctx context.Context, lang prompts.Language, p prompts.Phrase, bargeIn bool) error {
	ctx, stop := c.within(ctx)
	defer stop()
	if bargeIn && len(c.keys) > 0 || ctx.Err() != nil {
		return context.Cause(ctx)
	}
	text, lasts := c.night.sentence(lang, p)
	c.night.say("%s hears %s", c.id, text)
	c.mu.Lock()
	c.texts = append(c.texts, text)
	c.mu.Unlock()
	defer c.air.holds()()
	defer c.words.holds()()
	for len(c.stirs) > 0 {
		<-c.stirs
	}
	stirs := c.stirs
	if !bargeIn {
		stirs = nil
	}
	over := time.NewTimer(lasts)
	defer over.Stop()
	select {
	case <-over.C:
	case <-stirs:
	case <-ctx.Done():
	}
	return context.Cause(ctx)
}

func (c *nightCaller) Key(ctx context.Context, wait time.Duration) (byte, error) {
	ctx, stop := c.within(ctx)
	defer stop()
	defer c.air.holds()()
	over := time.NewTimer(wait)
	defer over.Stop()
	select {
	case k := <-c.keys:
		return k, nil
	default:
	}
	select {
	case k := <-c.keys:
		return k, nil
	case <-over.C:
		return 0, ivr.ErrNoKey
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// HoldKey is the key of a caller who may get tired of the music.
func (c *nightCaller) HoldKey(ctx context.Context, wait time.Duration) (byte, error) {
	if c.tired > 0 && c.tired <= wait {
		if both, stop := c.within(ctx); lets(both, c.tired) {
			stop()
			c.night.say("%s presses 1 to be called back", c.id)
			return '1', nil
		} else {
			stop()
			return 0, context.Cause(both)
		}
	}
	k, err := c.Key(ctx, wait)
	c.tired = max(c.tired-wait, 0)
	return k, err
}

func (c *nightCaller) Flush() {
	for len(c.keys) > 0 {
		<-c.keys
	}
}

// Record hears the caller describe the fault, who then presses hash, and 1 to keep the message.
func (c *nightCaller) Record(ctx context.Context, r ivr.RecordRequest) (ivr.Recorded, error) {
	ctx, stop := c.within(ctx)
	defer stop()
	defer c.air.holds()()
	defer c.words.holds()()
	began := time.Now()
	got := ivr.Recorded{Recording: tickets.Recording{ID: r.ID, Call: c.id, At: began, Law: "PCMA", File: r.ID + ".wav"}, End: ivr.EndedByKey}
	if lets(ctx, c.speaks) {
		c.press("1")
	} else {
		got.End = ivr.EndedByHangUp
	}
	got.Recording.Seconds = time.Since(began).Seconds()
	return got, context.Cause(ctx)
}

func (c *nightCaller) Play(ctx context.Context, _ []byte) error { return context.Cause(ctx) }

func (c *nightCaller) Replay(ctx context.Context, _ string) error {
	defer c.air.holds()()
	lets(ctx, 3*time.Second)
	return context.Cause(ctx)
}

func (c *nightCaller) Music(context.Context) (stop func()) { return c.air.holds() }

// talk marks that the caller is joined to somebody.
func (c *nightCaller) talk(with string) (done func()) {
	over, words := c.air.holds(), c.words.holds()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.talks = append(c.talks, with)
	c.crowd = max(c.crowd, len(c.talks))
	return func() {
		c.mu.Lock()
		c.talks = slices.DeleteFunc(c.talks, func(w string) bool { return w == with })
		c.mu.Unlock()
		words()
		over()
	}
}
