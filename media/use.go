package media

import (
	"sync/atomic"
	"time"
)

// use is how busy a worker is, smoothed over about 160 ms of ticks of 5 ms. Written by the worker, read by everybody.
type use struct {
	busy atomic.Int64 // share of its time, in millionths
	legs atomic.Int64 // that it served in that time, in millionths
}

const (
	whole  = 1_000_000
	smooth = 32
)

// note takes one tick of a length, of which the worker worked for spent. A stall of the machine counts as one busy tick:
// it says nothing of what the legs cost.
func (u *use) note(spent, length time.Duration, legs int32) {
	share := int64(min(spent, length)) * whole / int64(length)
	busy, held := u.busy.Load(), u.legs.Load()
	u.busy.Store(busy + (share-busy)/smooth)
	u.legs.Store(held + (int64(legs)*whole-held)/smooth)
}

// Use is the share of the workers' time, 0 to 1 and beyond, that the legs will take with one more of them: what a leg costs
// by measurement, in the time that really passes and thus with everything else that this machine does, times their number.
// It rises with each leg that is opened, before that one costs anything.
func (e *Engine) Use() float64 {
	var busy, legs int64
	for _, w := range e.workers {
		busy += w.use.busy.Load()
		legs += w.use.legs.Load()
	}
	if legs < whole {
		return 0
	}
	return float64(busy) / float64(legs) * float64(e.legs.Load()+1) / float64(len(e.workers))
}
