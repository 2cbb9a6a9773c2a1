package show

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"hotline/phone"
)

// customer is the caller of the demo.
type customer struct {
	say   func(who, what string)
	fault []int16 // described after the tone
	talk  []int16 // said to the engineer
	heard []int16

	accepted func(ctx context.Context) bool // whether somebody has accepted this caller's ticket
}

// longestWait is the time for a mailbox, then a second engineer, and for both of them once more for an earlier ticket.
const longestWait = 2 * time.Minute

// call makes the demo's call: PIN and category at once, the fault after the tone, then a talk with whoever accepts.
func (c *customer) call(ctx context.Context, to string) error {
	p, err := phone.New(phone.Config{At: netip.MustParseAddrPort("127.0.0.1:0"), User: "rossi"})
	if err != nil {
		return err
	}
	if err := p.Start(ctx); err != nil {
		return err
	}
	defer p.Stop(context.WithoutCancel(ctx))
	c.say("caller", "calls "+to)
	line, err := p.Dial(ctx, to)
	if err != nil {
		return err
	}
	defer func() { line.Hangup(); c.heard = line.Heard() }()
	if err := c.report(ctx, line); err != nil {
		return fmt.Errorf("reporting the fault: %w", err)
	}
	if err := c.wait(ctx, line); err != nil {
		return err
	}
	return c.converse(ctx, line)
}

// wait waits until an engineer has accepted this caller's ticket. His telephone may ring for another ticket first: that of an
// earlier demo that was broken off. Its call-out begins as soon as the line is up again.
func (c *customer) wait(ctx context.Context, line *phone.Call) error {
	look := time.NewTicker(250 * time.Millisecond)
	defer look.Stop()
	for late := time.After(longestWait); !c.accepted(ctx); {
		select {
		case <-look.C:
		case <-line.Context().Done():
			return fmt.Errorf("waiting for an engineer: %w", context.Cause(line.Context()))
		case <-late:
			return fmt.Errorf("waiting for an engineer: nobody within %v", longestWait)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// report keys PIN and category ahead and describes the fault.
func (c *customer) report(ctx context.Context, line *phone.Call) error {
	c.say("caller", "keys the PIN, # and 1, without waiting for the prompts")
	if err := line.Press(ctx, "314159#1"); err != nil {
		return err
	}
	tone, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := line.AwaitTone(tone, 0); err != nil {
		return fmt.Errorf("waiting for the tone: %w", err)
	}
	c.say("caller", "describes the fault, then presses #")
	if err := line.Say(ctx, c.fault); err != nil {
		return err
	}
	if err := line.Wait(ctx, 300*time.Millisecond); err != nil {
		return err
	}
	return line.Press(ctx, "##") // ends the recording, and keeps it
}

// converse talks to the engineer and hangs up.
func (c *customer) converse(ctx context.Context, line *phone.Call) error {
	if err := line.Wait(ctx, 10*time.Second); err != nil {
		return fmt.Errorf("listening to the engineer: %w", err)
	}
	c.say("caller", "answers")
	if err := line.Say(ctx, c.talk); err != nil {
		return err
	}
	if err := line.Wait(ctx, 2*time.Second); err != nil {
		return fmt.Errorf("ending the talk: %w", err)
	}
	c.say("caller", "hangs up")
	return nil
}
