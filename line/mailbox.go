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
	d := &mailboxDetector{detector: amd.New(), hear: hear}
	rec, err := t.sound.Record(func(c g711.Codec) (io.WriteCloser, error) {
		d.codec = c
		return d, nil
	}, media.RecordOptions{})
	if err != nil {
		return func() {} // the leg is over, which whoever waits for a key is told
	}
	return func() {
		d.stopped.Store(true)
		_, _ = rec.Stop()
	}
}

// mailboxDetector hears whether a mailbox has picked up. It is a recording's writer, and media's one writer calls it.
type mailboxDetector struct {
	codec    g711.Codec
	detector *amd.Detector
	hear     func(ring.Sign)
	stopped  atomic.Bool
	pcm      [8000]int16
}

// Write hears one second at most.
func (d *mailboxDetector) Write(octets []byte) (int, error) {
	if d.stopped.Load() {
		return len(octets), nil
	}
	n := d.codec.Decode(d.pcm[:], octets)
	switch d.detector.Feed(d.pcm[:n]) {
	case amd.Greeting:
		d.hear(ring.Greeting)
	case amd.Beep:
		d.hear(ring.Beep)
	}
	return len(octets), nil
}

func (d *mailboxDetector) Close() error { return nil }
