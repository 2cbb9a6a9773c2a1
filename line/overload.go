package line

import (
	"context"
	"sync"
	"time"

	"hotline/line/processor"
)

// How many calls a line can hold is measured while it works. A new call is refused when the sound of all calls would take more
// than the share full of the workers' time, or when packets are late already. With fewer than spare calls none is refused, since
// then the calls are not what makes packets late. Calls of strangers do not count among these when somebody calls who is known: they
// must not make a busy machine refuse a customer whom it would take without them. full is well below one: on two cores that also carried the callers, packets
// were late when the sound took 0.6.
//
// Near full, calls may not become many more than there were at the first sign that the machine has no more to give: a late tick,
// or hardly a processor at rest. A stall of the machine, other work on it, or an attack refuses nobody in this way: the calls are
// as many as before.
const (
	full     = 0.42
	nearFull = 0.7 * full
	tooLate  = 10 * time.Millisecond
	spare    = 50

	// Strangers are refused earlier, so that those who are known still find a place.
	fullForStrangers = 0.75 * full
	lateForStrangers = tooLate / 2

	// The share of the processors' time at rest below which the machine is short, and from which it is no more. At 0.15 a
	// machine whose neighbours took a little more had none left.
	short, rested = 0.25, 0.35
)

// pressure is what the engine and the machine tell of themselves; see the engine's Stats, Lag and Late.
type pressure struct {
	legs      int
	strangers int // of the legs
	use       float64
	lag       time.Duration
	late      bool    // a tick was much behind its time
	rest      float64 // share of the processors' time at rest
	highest   int     // legs that there may be; 0: as many as there is room for
}

// tooMuch tells whether one more call, of a stranger or of a known party, would disturb the sound of those that run.
func (p pressure) tooMuch(stranger bool) bool {
	switch {
	case p.legs < spare || !stranger && p.legs-p.strangers < spare:
		return false
	case stranger && (p.use > fullForStrangers || p.lag > lateForStrangers):
		return true
	case p.highest > 0 && p.legs >= p.highest && p.use > nearFull:
		return true
	}
	return p.use > full || p.lag > tooLate
}

// overload judges each new call. Safe for concurrent use.
type overload struct {
	processors processor.Watch
	watching   sync.WaitGroup
	stop       context.CancelFunc // nil before start

	mu    sync.Mutex
	first int // legs at the first sign of shortage; 0: there is none
}

// start has the processors looked at until close, while there are legs enough that one more may be refused soon.
func (o *overload) start(legs func() int) {
	ctx, stop := context.WithCancel(context.Background())
	o.stop = stop
	o.watching.Go(func() { o.processors.Run(ctx, func() bool { return legs() >= spare/2 }) })
}

func (o *overload) close() {
	if o.stop != nil {
		o.stop()
	}
	o.watching.Wait()
}

// overloaded tells whether one more call, of a stranger or of a known party, would disturb the sound of those that run.
func (s *Switchboard) overloaded(stranger bool) bool {
	stats := s.engine.Stats()
	if stats.Legs < spare {
		return false
	}
	p := pressure{
		legs: stats.Legs, strangers: int(s.strangers.Load()),
		use: stats.Load, lag: s.engine.Lag(), late: s.engine.Late(), rest: s.overload.processors.Rest(),
	}
	s.overload.mu.Lock()
	defer s.overload.mu.Unlock()
	p.highest = s.overload.highest(p)
	return p.tooMuch(stranger)
}

// highest is how many legs there may be, given what the machine tells; 0 is any number. mu is held.
func (o *overload) highest(p pressure) int {
	switch {
	case o.first == 0 && (p.late || p.rest < short):
		o.first = p.legs
	case !p.late && p.rest >= rested:
		o.first = 0
	}
	if o.first == 0 {
		return 0
	}
	return o.first + spare
}
