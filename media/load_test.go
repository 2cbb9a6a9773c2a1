package media

import (
	"net/netip"
	"testing"
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

func TestALateTickIsRememberedWithTheLegsOfItsTime(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	var l lateness
	for _, c := range []struct {
		late, now time.Duration
		legs      int
		want      int // 0: nothing is remembered
	}{
		{12 * ms, 1 * s, 100, 0},
		{13 * ms, 2 * s, 200, 200},
		{40 * ms, 5 * s, 300, 200}, // what counts is how many there were at the first one
		{0, 15 * s, 400, 200},
		{0, 15*s + ms, 400, 0}, // ten seconds without one
		{13 * ms, 20 * s, 500, 500},
		{13 * ms, 29 * s, 600, 500},
		{13 * ms, 40 * s, 700, 700},
	} {
		l.note(c.late, c.now, c.legs)
		legs, ok := l.legsAt(c.now)
		if ok != (c.want > 0) || ok && legs != c.want {
			t.Errorf("a tick %s late at %s with %d legs: remembered %d, %t, want %d", c.late, c.now, c.legs, legs, ok, c.want)
		}
	}
}
