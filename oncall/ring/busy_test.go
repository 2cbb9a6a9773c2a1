package ring_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall/ring"
	"hotline/oncall/ring/recorded"
)

// busy is a caller who describes the fault for some time, unless somebody fetches him.
type busy struct {
	*ring.Busy
	night   *night
	waits   chan struct{}
	fetched chan struct{}
}

// describing begins the description; done waits for the caller's own goroutine.
func (n *night) describing(lasts time.Duration, message string) (b *busy, done func()) {
	b = &busy{night: n, waits: make(chan struct{}), fetched: make(chan struct{})}
	over := make(chan struct{})
	go func() {
		defer close(over)
		describes := time.NewTimer(lasts)
		defer describes.Stop()
		select {
		case <-describes.C:
		case <-b.fetched:
		}
		n.say("the caller waits")
		close(b.waits)
	}()
	b.Busy = &ring.Busy{
		Waits: b.waits, Message: func() string { return message },
		Fetch: func(ctx context.Context) {
			n.say("the caller is fetched")
			close(b.fetched)
			select {
			case <-b.waits:
			case <-ctx.Done():
			}
		},
	}
	return b, func() { <-over }
}

func TestAnEngineerWhoAcceptsFetchesTheCallerOutOfTheDescription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{delay: 4 * time.Second, keys: "31", after: 2 * time.Second, between: 10 * time.Second, talk: time.Minute}}}, anna)
		b, done := n.describing(time.Hour, "so-far")
		defer done()
		began := time.Now()
		out, err := n.search().Find(t.Context(), ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi, Busy: b.Busy})
		if out != ring.Talked || err != nil {
			t.Fatalf("%s, %v\n%s", out, err, n.text())
		}
		n.happened(t, "sip:anna picks up", "ticket 417 describing brief-keys", "sip:anna hears recording so-far", "accepted anna",
			"the caller is fetched", "the caller waits", "call-1 hears connected", "sip:anna joined to call-1")
		n.never(t, "music")
		n.never(t, "call-1 hears searching")
		if took := time.Since(began); took > 90*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestWhoHasDescribedTheFaultWaitsWithMusic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{delay: time.Hour}}, "sip:marco": {accepting()}}, anna, marco)
		b, done := n.describing(10*time.Second, "")
		defer done()
		out, _ := n.search().Find(t.Context(), ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi, Busy: b.Busy})
		if out != ring.Talked {
			t.Fatalf("%s\n%s", out, n.text())
		}
		n.happened(t, "sip:anna rings", "the caller waits", "call-1 hears searching", "call-1 hears music", "sip:marco picks up", "call-1 hears connected")
		n.never(t, "describing") // the brief came after it
		n.never(t, "fetched")
	})
}

func TestACallerWhoHangsUpWhileDescribingIsCalledBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{delay: 8 * time.Second, keys: "1", after: time.Second, talk: time.Minute}}, "sip:customer": {{delay: time.Second}}}, anna)
		b, done := n.describing(20*time.Second, "")
		defer done()
		ctx, hangUp := context.WithCancelCause(t.Context())
		defer time.AfterFunc(5*time.Second, func() { hangUp(errCallerHungUp) }).Stop()
		_, err := n.search().Find(ctx, ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi, CallBack: "sip:customer", Busy: b.Busy})
		if err == nil {
			t.Error("the caller's end is not told")
		}
		n.happened(t, "sip:anna picks up", "caller-gone", "sip:customer rings")
		n.never(t, "call-1 hears")
	})
}

func TestACallerWhoDoesNotWaitIsLetGoAtOnceAndTheTelephoneRingsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(map[string][]script{"sip:anna": {{delay: 18 * time.Second, keys: "1", after: 9 * time.Second, talk: time.Minute}}, "sip:customer": {{delay: time.Second}}}, anna)
		left := make(chan time.Time, 1)
		caller := &customer{night: n, id: "call-1", leaves: 8 * time.Second}
		began := time.Now()
		out, err := n.search().Find(t.Context(), ring.Request{
			Caller: caller, Language: "it", Ticket: rossi, CallBack: "sip:customer",
			Left: func() { left <- time.Now(); n.say("let go") },
		})
		if out != ring.Left || err != nil {
			t.Fatalf("%s, %v\n%s", out, err, n.text())
		}
		n.happened(t, "call-1 hears searching leave-key", "let go", "sip:anna picks up", "asked to be called back; Anna was told", "sip:customer rings")
		if after := (<-left).Sub(began); after > 15*time.Second {
			t.Errorf("let go after %s", after)
		}
		if after := n.text()[strings.Index(n.text(), "let go"):]; strings.Contains(after, "call-1 hears") {
			t.Errorf("spoken to after that:\n%s", after)
		}
	})
}

// TestATalkIsRecordedOnlyWhenBothHaveBeenTold: the engineer hears of it in the brief, whatever is pressed over it, and the caller must have
// heard of it before.
func TestATalkIsRecordedOnlyWhenBothHaveBeenTold(t *testing.T) {
	for name, c := range map[string]struct {
		policy, told bool
		after        time.Duration // from pick-up to the key
		want, never  []string
	}{
		"both have":                     {true, true, 20 * time.Second, []string{"sip:anna hears Rossi S.p.A.", "sip:anna hears talk-told", "sip:anna hears describing brief-keys", "accepted anna", "sip:anna and call-1 are recorded"}, nil},
		"a key over it does not cut it": {true, true, 100 * time.Millisecond, []string{"  0.0s sip:anna hears Rossi S.p.A.", "  0.1s sip:anna hears talk-told", "  1.1s sip:anna hears describing", "accepted anna", "sip:anna and call-1 are recorded"}, nil},
		"the caller has not":            {true, false, time.Second, []string{"sip:anna hears talk-told", "sip:anna joined to call-1"}, []string{"are recorded"}},
		"no policy":                     {false, true, time.Second, []string{"sip:anna joined to call-1"}, []string{"talk-told", "are recorded"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(map[string][]script{"sip:anna": {{keys: "1", after: c.after, talk: time.Minute}}}, anna)
				b, done := n.describing(time.Hour, "")
				defer done()
				r := ring.Request{Caller: &customer{night: n, id: "call-1"}, Language: "it", Ticket: rossi, Busy: b.Busy}
				if c.policy {
					r.Recording = &recorded.Session{Told: func() bool { return c.told }}
				}
				if out, err := n.search().Find(t.Context(), r); out != ring.Talked || err != nil {
					t.Fatalf("%s, %v\n%s", out, err, n.text())
				}
				n.happened(t, c.want...)
				for _, not := range c.never {
					n.never(t, not)
				}
			})
		})
	}
}
