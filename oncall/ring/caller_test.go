package ring_test

import (
	"context"
	"sync"
	"time"

	"hotline/oncall/ring"
	"hotline/oncall/ring/recorded"
	"hotline/prompts"
)

// customer is a caller on hold.
type customer struct {
	night  *night
	id     string
	leaves time.Duration // after this time on hold the key to be called back is pressed; 0: never
	hold7  time.Duration // after this time on hold the caller refuses the recording; 0: never
	mu     sync.Mutex
	using  bool
}

func (c *customer) ID() string { return c.id }

func (c *customer) use(what string) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.using {
		c.night.say("two at once use the caller")
	}
	c.using = true
	c.night.say("%s hears %s", c.id, what)
	return func() { c.mu.Lock(); c.using = false; c.mu.Unlock() }
}

func (c *customer) Say(ctx context.Context, _ prompts.Language, p prompts.Phrase, _ bool) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	defer c.use(words(p))()
	if !pass(ctx, length(p)) {
		return context.Cause(ctx)
	}
	return nil
}

func (c *customer) Music(context.Context) func() { return c.use("music") }

func (c *customer) Flush() {}

// Key is that of a caller who is tired of the music.
func (c *customer) Key(ctx context.Context, wait time.Duration) (byte, error) {
	switch {
	case c.hold7 > 0 && c.hold7 <= wait:
		if after := c.hold7; pass(ctx, after) {
			c.hold7 = 0
			return recorded.Key, nil
		}
	case c.leaves > 0 && c.leaves <= wait:
		if pass(ctx, c.leaves) {
			return '1', nil
		}
	case pass(ctx, wait):
		c.leaves = max(c.leaves-wait, 0)
		return 0, ring.ErrNoKey
	}
	return 0, context.Cause(ctx)
}
