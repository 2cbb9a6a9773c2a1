package load

import (
	"context"
	"time"
)

// maxBehind is how many slots are made up for when the crowd itself was kept from running.
const maxBehind = 8 * slots

// few is how many calls are served by half as many wakings, as the line itself does.
const few = 200

// Run lets the crowd call, speak and hear for d; it comes back earlier when ctx ends. The error is a socket that could
// not be opened.
func (k *Crowd) Run(ctx context.Context, d time.Duration) error {
	return k.RunUntil(ctx, d, func() bool { return false })
}

// RunUntil is Run that comes back as soon as done tells so; it is asked at each slot.
func (k *Crowd) RunUntil(ctx context.Context, d time.Duration, done func() bool) error {
	began := k.now()
	if turned := int64(began / quarter); turned > k.turned {
		k.pause(turned - k.turned)
		k.turned = turned
	}
	for end := began + d; ; {
		now := k.now()
		if now >= end || ctx.Err() != nil || done() {
			return context.Cause(ctx)
		}
		step := int64(1)
		if len(k.calls) < few {
			step = 2
		}
		wake := min(time.Duration(k.turned+step)*quarter, end)
		for _, b := range k.batches {
			wake = min(wake, b.due)
		}
		if wake > now {
			k.alarm.sleep(wake - now)
			k.sums.own.add(int64(k.now() - wake))
		}
		k.signal()
		if err := k.invite(); err != nil {
			return err
		}
		k.turn()
	}
}

// invite dials what is due.
func (k *Crowd) invite() error {
	now := k.now()
	kept := k.batches[:0]
	for _, b := range k.batches {
		for b.left > 0 && b.due <= now {
			if err := k.dial(b); err != nil {
				return err
			}
			b.left--
			b.due += b.every
		}
		if b.left > 0 {
			kept = append(kept, b)
		}
	}
	k.batches = kept
	return nil
}

// turn serves the slots that are due.
func (k *Crowd) turn() {
	now := k.now()
	due := int64(now / quarter)
	if due-k.turned > maxBehind {
		k.sums.skipped += int(due - maxBehind - k.turned)
		k.pause(due - maxBehind - k.turned)
		k.turned = due - maxBehind
	}
	for ; k.turned < due; k.turned++ {
		calls := k.wheel[(k.turned+1)%slots]
		for i := len(calls) - 1; i >= 0; i-- { // a call that ends is swapped with the last
			k.serve(calls[i], now)
		}
	}
}

// pause moves the timestamps on over quarters in which nobody spoke: what is said next is a new talkspurt, and not late.
func (k *Crowd) pause(quarters int64) {
	for _, c := range k.calls {
		c.talk.spurt = true
		c.talk.stamp += uint32(quarters * frameSize / slots)
	}
}

// serve is one call's turn.
func (k *Crowd) serve(c *call, now time.Duration) {
	switch c.state {
	case inviting, leaving:
		k.chase(c, now)
	case up:
		k.speak(c, now)
		if c.turn++; c.turn%every == 0 || c.state != up {
			k.listen(c)
		}
		k.sums.callTime += frame
		if c.until > 0 && now >= c.until {
			k.goodbye(c)
		}
	}
}
