package recorded_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall/ring/recorded"
)

// recording counts how it ended: the first end counts.
type recording struct {
	closed, discarded int
	ended             sync.Once
}

func (r *recording) Close() error   { r.ended.Do(func() { r.closed++ }); return nil }
func (r *recording) Discard() error { r.ended.Do(func() { r.discarded++ }); return nil }

// TestASessionIsOneRecording: whoever joins gets the one that runs; there is none after its end.
func TestASessionIsOneRecording(t *testing.T) {
	var none *recorded.Session
	none.End()
	if none.Runs() || none.Refuse("", recorded.Caller) || none.Refused() != nil {
		t.Error("a talk without a session is recorded")
	}
	session, begun := &recorded.Session{}, 0
	r := &recording{}
	for range 3 {
		if session.Recording(func() recorded.Recording { begun++; return r }) != r || !session.Runs() {
			t.Error("there are two")
		}
	}
	session.End()
	if session.Recording(func() recorded.Recording { begun++; return r }) != nil || session.Runs() || begun != 1 || r.closed != 1 || r.discarded != 0 {
		t.Errorf("%d were begun, %d kept and %d deleted", begun, r.closed, r.discarded)
	}
	if session.Refuse("", recorded.Caller) {
		t.Error("somebody refuses what is over")
	}
}

// TestTheFirstRefusalCounts: it is written once, who talks hears it once, and what was recorded is kept or deleted by the policy.
func TestTheFirstRefusalCounts(t *testing.T) {
	for name, c := range map[string]struct {
		deletes, begun bool
		line           string
		kept, deleted  int
	}{
		"kept":            {false, true, "Anna refused the recording of the talk, by key: what was recorded until then stays", 1, 0},
		"deleted":         {true, true, "Anna refused the recording of the talk, by key: what was recorded until then is deleted", 0, 1},
		"nothing begun":   {false, false, "Anna refused the recording of the talk, by key: nothing of it is recorded", 0, 0},
		"nothing to keep": {true, false, "Anna refused the recording of the talk, by key: nothing of it is recorded", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var lines, heard []string
				var mu sync.Mutex
				session, r := &recorded.Session{Discards: c.deletes, Note: func(who, text string) { lines = append(lines, who, text) }}, &recording{}
				if c.begun {
					session.Recording(func() recorded.Recording { return r })
				}
				hears := func(who string) func(context.Context) {
					return func(context.Context) { mu.Lock(); defer mu.Unlock(); heard = append(heard, who) }
				}
				beside := session.Beside(t.Context())
				beside.Hears(hears("Anna"))
				beside.Refuse("anna", "Anna", hears("the caller"))
				synctest.Wait()
				beside.Refuse("", recorded.Caller, hears("the caller, again"))
				synctest.Wait()
				session.End()
				beside.Over()
				if len(lines) != 2 || lines[0] != "anna" || lines[1] != c.line {
					t.Errorf("the history says %q", lines)
				}
				if len(heard) != 2 {
					t.Errorf("it is heard by %q", heard)
				}
				if r.discarded != c.deleted || r.closed != c.kept {
					t.Errorf("kept %d times, deleted %d times", r.closed, r.discarded)
				}
			})
		})
	}
}

// TestNobodyHearsAnythingBesideATalkThatEndsRecorded, and the end of the talk ends the waiting for a refusal.
func TestNobodyHearsAnythingBesideATalkThatEndsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, session := range []*recorded.Session{nil, {}} {
			beside := session.Beside(t.Context())
			beside.Hears(func(context.Context) { t.Error("it is said that the talk is not recorded") })
			time.Sleep(time.Minute)
			beside.Over()
		}
	})
}
