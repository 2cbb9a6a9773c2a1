package ring_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall/ring"
)

// TestALineThatWasLostIsNotToldAsHungUp: a telephone that fell silent or broke did not hang up, whoever's it was and whenever it was.
func TestALineThatWasLostIsNotToldAsHungUp(t *testing.T) {
	for name, c := range map[string]struct {
		anna   script
		caller time.Duration // after the call began the caller's line is lost; 0: never
		want   string
	}{
		"the caller's, while a telephone rings": {script{delay: 10 * time.Second}, 5 * time.Second, "book: caller_gone anna the caller's line was lost; Anna was told"},
		"the caller's, before they talked":      {pressed(script{}), 4 * time.Second, "book: caller_gone anna the caller's line was lost"},
		"the caller's, after a talk":            {pressed(script{}), time.Minute, "book: talk_ended anna the caller's line was lost after"},
		"both":                                  {pressed(script{hangsUp: 3500 * time.Millisecond, breaks: true}), 3 * time.Second, "the caller's line was lost before they had talked, and Anna is gone too"},
		"the engineer's, before a key":          {script{hangsUp: 3 * time.Second, breaks: true}, 0, "Anna at sip:anna: line lost"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:anna": {c.anna}, "sip:marco": {accepting()}}, anna, marco)
				ctx, end := context.WithCancelCause(t.Context())
				defer end(nil)
				if c.caller > 0 {
					defer time.AfterFunc(c.caller, func() { end(ring.ErrLineLost) }).Stop()
				}
				_, _ = n.find(ctx)
				n.happened(t, c.want)
				n.never(t, "caller hung up")
				if c.caller == 0 {
					n.never(t, "sip:anna: hung up")
				}
			})
		})
	}
}
