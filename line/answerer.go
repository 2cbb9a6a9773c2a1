package line

import (
	"sync/atomic"

	"hotline/media"
	"hotline/media/amd"
	"hotline/oncall/ring"
)

// Listen hears whether a mailbox has picked up; see ring.Telephone. It hears a second at a time, by a recording that nobody
// keeps.
func (t *Telephone) Listen(hear func(ring.Sign)) (stop func()) {
	a := &answerer{detector: amd.New(), hear: hear}
	rec, err := t.sound.Record(a, media.RecordOptions{})
	if err != nil {
		return func() {} // the leg is over, which whoever waits for a key is told
	}
	return func() {
		a.deaf.Store(true)
		rec.Stop()
	}
}

// answerer hears who has picked up; media's writer calls Block.
type answerer struct {
	detector *amd.Detector
	hear     func(ring.Sign)
	deaf     atomic.Bool
	pcm      [8000]int16
}

// Block hears one second.
func (a *answerer) Block(law media.Law, b []byte) {
	if a.deaf.Load() {
		return
	}
	n := law.Decode(a.pcm[:], b)
	switch a.detector.Feed(a.pcm[:n]) {
	case amd.Greeting:
		a.hear(ring.Greeting)
	case amd.Beep:
		a.hear(ring.Beep)
	}
}
