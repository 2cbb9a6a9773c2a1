package ring_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
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

// TestAnEngineerHearsWhatIsTrueOfACallerWhoIsNotThere walks the ways in which the caller does not wait on the line, or is not free, when
// an engineer picks up or presses accept.
func TestAnEngineerHearsWhatIsTrueOfACallerWhoIsNotThere(t *testing.T) {
	const subject = "sip:anna hears Rossi S.p.A. level-extended category-blocking ticket 417 "
	rings := script{delay: 18 * time.Second, keys: "1", after: 9 * time.Second, talk: time.Minute}
	listens := script{delay: time.Second, keys: "1", after: 25 * time.Second, talk: time.Minute}
	quick := script{keys: "1", after: time.Second, talk: time.Minute}
	errStopped := errors.New("the house stops")
	for name, c := range map[string]struct {
		anna, marco script
		ends        error         // of the call, after so long; nil: it goes on
		after       time.Duration // 0: never
		leaves      time.Duration // the key to be called back is pressed, after so long on hold; 0: never
		unknown     bool          // where the customer can be rung
		off         time.Duration // staff make the search pointless, after so long; 0: never
		want        []string
		never       []string
	}{
		"hung up while it rings":          {anna: rings, ends: errCallerHungUp, after: 10 * time.Second, want: []string{subject + "caller-gone", "customer rings"}},
		"hung up over the brief":          {anna: listens, ends: errCallerHungUp, after: 10 * time.Second, want: []string{"sip:anna hears caller-gone", "customer rings"}},
		"hung up, and cannot be rung":     {anna: listens, ends: errCallerHungUp, after: 10 * time.Second, unknown: true, want: []string{"sip:anna hears caller-gone-only customer-number"}, never: []string{"customer rings"}},
		"lost while it rings":             {anna: rings, ends: ring.ErrLineLost, after: 10 * time.Second, want: []string{subject + "caller-away", "customer rings"}, never: []string{"caller-gone"}},
		"lost over the brief":             {anna: listens, ends: ring.ErrLineLost, after: 10 * time.Second, want: []string{"sip:anna hears caller-away", "customer rings"}, never: []string{"caller-gone"}},
		"asks for a call while it rings":  {anna: rings, leaves: 8 * time.Second, want: []string{"let go", subject + "caller-away", "customer rings"}, never: []string{"caller-gone"}},
		"asks for a call over the brief":  {anna: listens, leaves: 8 * time.Second, want: []string{"let go", "sip:anna hears caller-away", "customer rings"}, never: []string{"caller-gone"}},
		"asks for a call, still listens":  {anna: listens, leaves: 8 * time.Second, ends: errStopped, after: 35 * time.Second, want: []string{"sip:anna hears calling-back", "sip:anna hears music", "  35.0s sip:customer rings"}, never: []string{"caller-gone"}},
		"asks for a call, cannot be rung": {anna: listens, leaves: 8 * time.Second, unknown: true, want: []string{"let go", "sip:anna hears caller-away-only customer-number"}, never: []string{"caller-gone", "customer rings"}},
		"asks for a call and is gone":     {anna: listens, leaves: 8 * time.Second, ends: errStopped, after: 12 * time.Second, want: []string{"let go", "sip:anna hears caller-away", "customer rings"}, never: []string{"caller-gone"}},
		"talks to another one":            {anna: listens, marco: quick, want: []string{"sip:anna hears called-off goodbye", "sip:marco joined"}, never: []string{"caller-gone"}},
		"somebody has seen to it":         {anna: listens, off: 10 * time.Second, want: []string{"sip:anna hears called-off goodbye"}, never: []string{"caller-gone", "customer rings"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:anna": {c.anna}, "sip:marco": {c.marco}, "sip:customer": {{delay: time.Second, talk: time.Minute}}}, anna, marco)
				attempts := []oncall.Attempt{anna}
				if c.marco.keys != "" {
					attempts = append(attempts, marco)
				}
				n.plan = &escalation.Plan{Rounds: 1, Steps: []escalation.Group{{Ring: 20 * time.Second, AtOnce: true, Attempts: attempts}}}
				ctx, end := context.WithCancelCause(t.Context())
				until, off := context.WithCancel(t.Context())
				defer end(nil)
				defer off()
				if c.after > 0 {
					defer time.AfterFunc(c.after, func() { end(c.ends) }).Stop()
				}
				if c.off > 0 {
					defer time.AfterFunc(c.off, off).Stop()
				}
				r := ring.Request{Caller: &customer{night: n, id: "call-1", leaves: c.leaves}, Language: "it", Ticket: rossi, CallBack: "sip:customer", Until: until, Left: func() { n.say("let go") }}
				if c.unknown {
					r.CallBack = ""
				}
				_, _ = n.search().Find(ctx, r)
				n.happened(t, c.want...)
				for _, word := range c.never {
					n.never(t, word)
				}
			})
		})
	}
}
