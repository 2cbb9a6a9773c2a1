package ring_test

import (
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall/ring"
)

// A brief of the fakes lasts 6 s, and a key is waited for 15 s after its first end.
func TestAMailboxIsNotWaitedForAndAHumanIs(t *testing.T) {
	for _, c := range []struct {
		name   string
		script script
		result string
		after  time.Duration // from pick-up
	}{
		{"silence", script{}, "no key", 21 * time.Second},
		{"a beep during the brief", script{beeps: 4 * time.Second}, "no key: a mailbox", 4 * time.Second},
		{"a beep after it", script{greets: 8 * time.Second, beeps: 10 * time.Second}, "no key: a mailbox", 10 * time.Second},
		{"a beep during a repetition", script{beeps: 11 * time.Second}, "no key: a mailbox", 11 * time.Second},
		{"speech on and on during the brief", script{greets: 5 * time.Second}, "no key", 11 * time.Second},
		{"speech on and on during a repetition", script{greets: 10 * time.Second}, "no key", 15 * time.Second},
		{"speech on and on, and a key after the brief", script{greets: 5 * time.Second, keys: "1", after: 10 * time.Second, code: "right", talk: time.Minute}, "accepted", 75 * time.Second},
		{"a wrong key, then a beep", script{keys: "7", after: time.Second, beeps: 4 * time.Second}, "no key", 16 * time.Second},
		{"a wrong key, then speech", script{keys: "7", after: time.Second, greets: 3 * time.Second}, "no key", 16 * time.Second},
		{"the message, a beep, and then accept", script{keys: "31", after: time.Second, between: 12 * time.Second, beeps: 4 * time.Second, talk: time.Minute}, "accepted", 74 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:anna": {c.script}, "sip:marco": {accepting()}}, anna, marco)
				if out, err := n.find(t.Context()); out != ring.Talked || err != nil {
					t.Fatalf("%s, %v\n%s", out, err, n.text())
				}
				n.happened(t, "book: rang anna Anna at sip:anna: "+c.result)
				leg := n.legs[0]
				if got := leg.Ended.Sub(leg.Answered); leg.Result != c.result || got.Round(time.Second) != c.after {
					t.Errorf("the leg says %q after %s, want %q after %s\n%s", leg.Result, got, c.result, c.after, n.text())
				}
			})
		})
	}
}
