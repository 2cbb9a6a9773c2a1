// Package processor tells how much the processors of the machine have to do.
package processor

import (
	"context"
	"math"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Times are those of all processors since the machine's start, in the kernel's ticks.
type Times struct {
	Idle   uint64 // with nothing to do, or waiting for a disk
	Stolen uint64 // in which the host of a virtual machine ran something else
	Total  uint64
}

// Read reads the first line of /proc/stat (proc_stat(5)). Where the kernel does not tell it, all is 0.
func Read() Times {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Times{}
	}
	return parse(string(text))
}

// parse reads user, nice, system, idle, iowait, irq, softirq and steal; what guests took is in the first two already.
func parse(text string) (t Times) {
	line, _, _ := strings.Cut(text, "\n")
	for i, word := range strings.Fields(line) {
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil || i > 8 {
			continue // the name of the line, and guests
		}
		t.Total += n
		switch i {
		case 4, 5:
			t.Idle += n
		case 8:
			t.Stolen += n
		}
	}
	return t
}

// Rest is the share of time in which the processors were idle since an earlier reading: 0 to 1, and 1 where nothing is known.
func (t Times) Rest(earlier Times) float64 {
	if t.Total <= earlier.Total || t.Idle < earlier.Idle || earlier.Total == 0 {
		return 1
	}
	return float64(t.Idle-earlier.Idle) / float64(t.Total-earlier.Total)
}

// StolenSince is the share of time that the host took since an earlier reading: 0 to 1, and 0 where nothing is known.
func (t Times) StolenSince(earlier Times) float64 {
	if t.Total <= earlier.Total || t.Stolen < earlier.Stolen {
		return 0
	}
	return float64(t.Stolen-earlier.Stolen) / float64(t.Total-earlier.Total)
}

// looks is how often the processors are looked at.
const looks = 500 * time.Millisecond

// Watch tells how much the processors were at rest lately. The zero value is ready: until two looks were taken they are at rest.
// Safe for concurrent use, but for Run.
type Watch struct {
	latest Times         // of Run alone
	busy   atomic.Uint64 // bits of the share of time in which they were not idle between the latest two looks
}

// Run looks each half second until ctx is done, while needed says that somebody wants to know: the kernel counts for all processors
// each time it is asked. Without need they are at rest.
func (w *Watch) Run(ctx context.Context, needed func() bool) {
	t := time.NewTicker(looks)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			if needed() {
				w.look(Read())
			} else {
				w.look(Times{})
			}
		case <-ctx.Done():
			return
		}
	}
}

func (w *Watch) look(t Times) {
	w.busy.Store(math.Float64bits(1 - t.Rest(w.latest)))
	w.latest = t
}

// Rest is the share of time in which they were idle between the latest two looks.
func (w *Watch) Rest() float64 { return 1 - math.Float64frombits(w.busy.Load()) }
