package media

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// A worker that spends 2 ms of each 5 ms on 400 legs of two workers' 800 leaves room for about as many again, and the
// forecast says so before they cost anything.
func TestTheNextLegIsForeseenBeforeItCostsAnything(t *testing.T) {
	e, err := New(Config{Workers: 2, Bind: []netip.Addr{netip.IPv4Unspecified()}})
	if err != nil {
		t.Fatal(err)
	}
	e.workers = []*worker{{engine: e}, {engine: e}}
	if e.Load() != 0 {
		t.Errorf("a line without calls is used to %.2f", e.Load())
	}
	for range 400 {
		for _, w := range e.workers {
			w.load.note(2*time.Millisecond, quarter, 400)
		}
	}
	for _, c := range []struct {
		legs     int64
		from, to float64
	}{{800, 0.39, 0.41}, {1200, 0.59, 0.61}, {1600, 0.79, 0.81}} {
		if e.legs.Store(c.legs); e.Load() < c.from || e.Load() > c.to {
			t.Errorf("with %d legs the use is %.3f, want %.2f to %.2f", c.legs, e.Load(), c.from, c.to)
		}
	}
	e.legs.Store(800)
	for _, w := range e.workers {
		w.load.note(time.Second, quarter, 400) // the machine stood still for a moment
	}
	if u := e.Load(); u > 0.45 {
		t.Errorf("after one stall the use is %.2f", u)
	}
	for range 200 {
		for _, w := range e.workers {
			w.load.note(time.Second, quarter, 400)
		}
	}
	if u := e.Load(); u < 0.95 {
		t.Errorf("a machine that is behind all the time is used to %.2f", u)
	}
}

func TestALateTickIsRememberedForTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &Engine{epoch: time.Now()}
		time.Sleep(time.Second)
		for _, c := range []struct {
			late, after time.Duration
			want        bool
		}{
			{0, 0, false},
			{muchLate, 0, false},
			{muchLate + 1, 0, true},
			{0, lateMemory, true},
			{0, 1, false},
			{time.Second, 5 * time.Second, true},
			{time.Second, 9 * time.Second, true},
			{0, 11 * time.Second, false},
		} {
			e.noteLate(c.late, e.now())
			time.Sleep(c.after)
			if e.Late() != c.want {
				t.Errorf("a tick that was %s late, %s ago: %t", c.late, c.after, e.Late())
			}
		}
	})
}
