package ring_test

import (
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall"
	"hotline/oncall/ring"
)

// TestABulletinCountsNoCallToWhoTalks: a telephone that is not rung uses up none of the calls that it may have for alarms.
func TestABulletinCountsNoCallToWhoTalks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{keys: "1", talk: 3 * time.Minute}, {keys: "1"}}}, anna)
		s := n.search()
		over := make(chan struct{})
		go func() {
			defer close(over)
			_, _ = s.Find(t.Context(), ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi})
		}()
		counted := 0
		tell := func() (left []ring.Alarm, rang bool) {
			return s.Bulletin(t.Context(), ring.BulletinRequest{
				Attempts: []oncall.Attempt{anna}, Alarms: []ring.Alarm{{Ticket: rossi, Work: "breach"}},
				Owed: func(ring.Alarm) bool { return true }, May: func(string) bool { counted++; return true },
			})
		}
		time.Sleep(time.Minute)
		if left, rang := tell(); len(left) != 1 || rang || counted != 0 {
			t.Errorf("while she talks: left are %+v, rang %v, %d calls are counted", left, rang, counted)
		}
		<-over
		if left, rang := tell(); len(left) != 0 || !rang || counted != 1 {
			t.Errorf("after her talk: left are %+v, rang %v, %d calls are counted", left, rang, counted)
		}
		n.happened(t, "sip:anna hung up", "book: accepted anna Anna pressed accept in a bulletin of 1")
	})
}
