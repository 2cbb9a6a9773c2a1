package ring_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall"
	"hotline/oncall/ring"
)

// A telephone whose keys come as tones accepts by the code that it is asked for, and by nothing else. The code of the fakes is asked for
// in 2 s.
func TestTonesAcceptByTheCodeAlone(t *testing.T) {
	for _, c := range []struct {
		name   string
		script script
		result string
		after  time.Duration // from pick-up
	}{
		{"the code", script{inSound: true, keys: "1", after: time.Second, code: "right", talk: time.Minute}, "accepted", 66 * time.Second},
		{"the code at the second time", script{inSound: true, keys: "1", after: time.Second, code: "late", talk: time.Minute}, "accepted", 70 * time.Second},
		{"the code and a #", script{inSound: true, keys: "1", after: time.Second, code: "right#", talk: time.Minute}, "accepted", 64 * time.Second},
		{"the code within keys that go on", script{inSound: true, keys: "1", after: time.Second, code: "right56789"}, "no key: tones without the code", 8 * time.Second},
		{"the key alone", script{inSound: true, keys: "1", after: time.Second}, "no key: tones without the code", 18 * time.Second},
		{"the key again and again", script{inSound: true, keys: "11111111111111111111", after: time.Second, between: 900 * time.Millisecond, code: "11"}, "no key: tones without the code", 13 * time.Second},
		{"every key in their order", script{inSound: true, keys: "1234567890123456789012345678901234567890", after: 500 * time.Millisecond, between: 200 * time.Millisecond}, "no key: tones without the code", 24 * time.Second},
		{"no key at all", script{inSound: true}, "no key", 21 * time.Second},
		{"a key, and then a beep", script{inSound: true, keys: "1", after: time.Second, beeps: 4 * time.Second}, "no key: a mailbox", 4 * time.Second},
		{"passing", script{inSound: true, keys: "2", after: time.Second}, "passed", 2 * time.Second},
		{"a greeting of seconds before an event", script{greets: 3 * time.Second, keys: "1", after: 5 * time.Second}, "no key: tones without the code", 22 * time.Second},
		{"the same in a loud room, where somebody keys the code", script{greets: 3 * time.Second, keys: "1", after: 5 * time.Second, code: "right", talk: time.Minute}, "accepted", 70 * time.Second},
		{"an event without a greeting", script{keys: "1", after: time.Second, talk: time.Minute}, "accepted", 62 * time.Second},
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
				asked := strings.Count(n.text(), "sip:anna hears confirm-code")
				if wants := strings.Contains(c.script.keys, "1") && (c.script.inSound || c.script.greets > 0); (asked > 0) != wants {
					t.Errorf("the code is asked for %d times\n%s", asked, n.text())
				}
			})
		})
	}
}

// TestWhoPassesByTonesIsRungOnTheNextTelephone: it may have been a mailbox.
func TestWhoPassesByTonesIsRungOnTheNextTelephone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		home := anna
		home.Phone = "sip:anna-home"
		n := newNight(map[string][]script{"sip:anna": {{inSound: true, keys: "2"}}, "sip:anna-home": {accepting()}}, anna, home)
		if out, err := n.find(t.Context()); out != ring.Talked || err != nil {
			t.Fatalf("%s, %v\n%s", out, err, n.text())
		}
		n.happened(t, "sip:anna rings", "sip:anna-home rings", "accepted anna")
	})
}

// TestEveryKeyThatAcceptsAsksForTheCode: of a bulletin and of a test call too, and once a call.
func TestEveryKeyThatAcceptsAsksForTheCode(t *testing.T) {
	for _, code := range []string{"", "right"} {
		synctest.Test(t, func(t *testing.T) {
			like := script{inSound: true, keys: "1", after: time.Second, code: code}
			n := newNight(map[string][]script{"sip:anna": {like}, "sip:customer": {{talk: time.Second}}}, anna)
			s := n.search()
			if got, want := s.TestCall(t.Context(), anna), code != ""; (got == ring.ResultProven) != want {
				t.Errorf("with the code %q the test call says %q", code, got)
			}
			left, rang := s.Bulletin(t.Context(), ring.BulletinRequest{
				Attempts: []oncall.Attempt{anna}, Alarms: []ring.Alarm{{Ticket: rossi, Work: "breach"}},
				Owed: func(ring.Alarm) bool { return true }, May: func(string) bool { return true },
			})
			if taken := len(left) == 0; !rang || taken != (code != "") {
				t.Errorf("with the code %q these alarms are left: %+v", code, left)
			}
			out, err := s.Escalate(t.Context(), ring.Request{Language: "it", Ticket: rossi, CallBack: "sip:customer"})
			if accepted := out == ring.Talked; err != nil || accepted != (code != "") {
				t.Errorf("with the code %q the search ended as %s, %v\n%s", code, out, err, n.text())
			}
		})
	}
}
