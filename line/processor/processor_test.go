package processor

import (
	"testing"
	"time"
)

func TestTheFirstLineOfTheKernelsTimesIsRead(t *testing.T) {
	for text, want := range map[string]Times{
		"cpu  10 20 30 400 50 6 7 8 9 1\ncpu0 1 1 1 1\n": {Idle: 450, Stolen: 8, Total: 531},
		"cpu 1 2 3 4\n": {Idle: 4, Total: 10}, // a kernel of long ago
		"":              {},
		"cpu x y":       {},
	} {
		if got := parse(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
	if now := Read(); now.Idle == 0 || now.Total <= now.Idle {
		t.Errorf("this machine: %+v", now)
	}
}

func TestHowMuchTheProcessorsAreAtRest(t *testing.T) {
	var w Watch
	start := time.Date(2026, 10, 25, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		after       time.Duration
		idle, total uint64
		want        float64
	}{
		{0, 1000, 2000, 1}, // nothing to compare with
		{499 * time.Millisecond, 1000, 2100, 1},
		{500 * time.Millisecond, 1025, 2100, 0.25},
		{900 * time.Millisecond, 9999, 9999, 0.25}, // half a second is not over
		{time.Second, 1025, 2200, 0},
		{2 * time.Second, 1225, 2400, 1},
		{3 * time.Second, 0, 0, 1}, // the kernel tells nothing
	} {
		if got := w.look(start.Add(c.after), func() Times { return Times{Idle: c.idle, Total: c.total} }); got != c.want {
			t.Errorf("after %s: %.2f at rest, want %.2f", c.after, got, c.want)
		}
	}
}

func TestWhatTheHostTook(t *testing.T) {
	earlier := Times{Stolen: 10, Total: 1000}
	for later, want := range map[Times]float64{{Stolen: 60, Total: 2000}: 0.05, {Stolen: 10, Total: 2000}: 0, {}: 0} {
		if got := later.StolenSince(earlier); got != want {
			t.Errorf("%+v: %.3f, want %.3f", later, got, want)
		}
	}
}
