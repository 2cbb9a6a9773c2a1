package line

import (
	"io"
	"sync/atomic"

	"hotline/media"
	"hotline/media/amd"
	"hotline/media/g711"
	"hotline/oncall/ring"
)

// Listen hears whether a mailbox has picked up; see ring.Telephone. It hears a second at a time, by a recording that nobody
// keeps.
func (t *Telephone) Listen(hear func(ring.Sign)) (stop func()) {
	a := &answerer{detector: amd.New(), hear: hear}
	rec, err := t.sound.Record(func(c g711.Codec) (io.WriteCloser, error) {
		a.codec = c
		return a, nil
	}, media.RecordOptions{})
	if err != nil {
		return func() {} // the leg is over, which whoever waits for a key is told
	}
	return func() {
		a.deaf.Store(true)
		_, _ = rec.Stop()
	}
}

// answerer hears who has picked up. It is a recording's writer, and media's one writer calls it.
type answerer struct {
	codec    g711.Codec
	detector *amd.Detector
	hear     func(ring.Sign)
	deaf     atomic.Bool
	pcm      [8000]int16
}

// Write hears one second at most.
func (a *answerer) Write(octets []byte) (int, error) {
	if a.deaf.Load() {
		return len(octets), nil
	}
	n := a.codec.Decode(a.pcm[:], octets)
	switch a.detector.Feed(a.pcm[:n]) {
	case amd.Greeting:
		a.hear(ring.Greeting)
	case amd.Beep:
		a.hear(ring.Beep)
	}
	return len(octets), nil
}

func (a *answerer) Close() error { return nil }
