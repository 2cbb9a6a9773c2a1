package processor

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
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
	if got := w.Rest(); got != 1 {
		t.Errorf("before the first look: %.2f at rest", got)
	}
	for i, c := range []struct {
		idle, total uint64
		want        float64
	}{
		{1000, 2000, 1}, // nothing to compare with
		{1025, 2100, 0.25},
		{1025, 2200, 0},
		{1225, 2400, 1},
		{0, 0, 1}, // the kernel tells nothing
	} {
		if w.look(Times{Idle: c.idle, Total: c.total}); w.Rest() != c.want {
			t.Errorf("look %d: %.2f at rest, want %.2f", i, w.Rest(), c.want)
		}
	}
}

func TestTheProcessorsAreLookedAtWhereItIsNeeded(t *testing.T) {
	for _, needed := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			w := Watch{latest: Times{Total: 1}}
			var running sync.WaitGroup
			running.Go(func() { w.Run(ctx, func() bool { return needed }) })
			time.Sleep(2 * looks)
			stop()
			running.Wait()
			if looked := w.latest.Total > 0; looked != needed {
				t.Errorf("needed %v: looked %v", needed, looked)
			}
			if !needed && w.Rest() != 1 {
				t.Errorf("not needed: %.2f at rest", w.Rest())
			}
		})
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
