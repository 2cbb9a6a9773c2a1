package media

import (
	"sync/atomic"
	"time"
)

// Lag is how far the sound is behind its time on the busiest worker, smoothed over some 2.5 s.
func (e *Engine) Lag() time.Duration {
	var most int64
	for _, w := range e.workers {
		if w.load.legs.Load() > 0 {
			most = max(most, w.load.lag.Load())
		}
	}
	return time.Duration(most)
}

// Load is the share of the workers' time that the legs will take with one more of them: 0 to 1, and more when there are too many.
// It is the measured cost of a leg times the number of legs. The cost is measured in time that really passes, so it includes what
// else the machine does. Load rises with each leg that is opened, before that leg costs anything.
func (e *Engine) Load() float64 {
	var busy, served int64
	for _, w := range e.workers {
		busy += w.load.busy.Load()
		served += w.load.served.Load()
	}
	if served < million {
		return 0
	}
	return float64(busy) / float64(served) * float64(e.legs.Load()+1) / float64(len(e.workers))
}

// Late tells whether a tick was much behind its time in the last ten seconds. It is the first sign of too many legs, or a stall of the
// machine: packets of that tick were still in time.
func (e *Engine) Late() bool {
	at := e.lateTick.Load()
	return at > 0 && e.now()-time.Duration(at) <= lateMemory
}

// load is how busy a worker is, smoothed. Written by the worker, read by everybody.
type load struct {
	legs   atomic.Int32 // that the worker owns
	lag    atomic.Int64 // how far its ticks are behind, in nanoseconds, over some 2.5 s
	busy   atomic.Int64 // share of its time, in millionths, over about 160 ms
	served atomic.Int64 // legs that it served in that time, in millionths
}

const (
	million   = 1_000_000
	loadTicks = 32  // ticks over which the load is smoothed
	lagTicks  = 512 // the same for the lag: one stall of the machine must not send carriers away for longer than it lasted
)

// note takes one tick of a length, of which the worker worked for spent. A stall of the machine counts as one busy tick: it
// tells nothing of what the legs cost.
func (l *load) note(spent, length time.Duration, legs int32) {
	share := int64(min(spent, length)) * million / int64(length)
	busy, served := l.busy.Load(), l.served.Load()
	l.busy.Store(busy + (share-busy)/loadTicks)
	l.served.Store(served + (int64(legs)*million-served)/loadTicks)
}

// noteLag takes how late a tick was.
func (l *load) noteLag(late time.Duration) {
	lag := l.lag.Load()
	l.lag.Store(lag + (int64(min(late, maxBehind*quarter))-lag)/lagTicks)
}

const (
	muchLate   = 12 * time.Millisecond // of a tick. A packet is late from 20 ms
	lateMemory = 10 * time.Second      // so long it is remembered
)

// noteLate takes how late a worker's tick was.
func (e *Engine) noteLate(late, now time.Duration) {
	if late > muchLate {
		e.lateTick.Store(int64(now))
	}
}
