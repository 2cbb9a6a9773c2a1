package vad

import (
	"math"
	"time"
)

// Verdict is what an [Endpointer] says of what it has heard so far. A greater one is more important.
type Verdict byte

// The verdicts. SpeechEnded and NeverSpoke are given once, then the silence is counted anew.
const (
	Quiet       Verdict = iota // nobody speaks
	Speaking                   // somebody speaks
	SpeechEnded                // somebody spoke, and then was silent for the hang-over
	NeverSpoke                 // nobody spoke in the initial time
)

// The hang-over and the initial time where none are given.
const (
	DefaultHangover = 2500 * time.Millisecond
	DefaultInitial  = 6 * time.Second
)

const (
	levelDepth = 18.0 // dB below the speaker's own level at which a frame is no longer his speech
	rise       = 0.2  // share of a louder frame in the running level
	fall       = 0.01 // share of a softer one
	minLevel   = 40.0 // root mean square below which nothing is speech, -58 dBov
	onset      = 10   // frames of speech in a row before somebody counts as speaking, 200 ms: the models need them to adapt
)

// Endpointer tells when somebody who describes something has finished. It takes a frame for speech when the [Detector]
// does, and when it is within 18 dB of the speaker's running level: a room with other voices keeps no recording open. Used
// by one goroutine.
type Endpointer struct {
	detector *Detector
	hangover int // frames of silence that end speech
	initial  int // frames of silence after which nobody will speak
	quiet    int // frames since the last speech
	run      int // frames of speech in a row
	spoke    bool
	level    float64 // running power of the speaker
	frame    Frame   // samples that wait for a whole frame
	filled   int
}

// NewEndpointer makes an endpointer. hangover is the silence that ends speech, initial the silence after which nobody will
// speak; 0 means the defaults.
func NewEndpointer(hangover, initial time.Duration) *Endpointer {
	if hangover <= 0 {
		hangover = DefaultHangover
	}
	if initial <= 0 {
		initial = DefaultInitial
	}
	const frame = FrameSamples * time.Second / Rate
	return &Endpointer{detector: NewDetector(), hangover: int(hangover / frame), initial: int(initial / frame)}
}

// Spoke tells whether anybody has spoken so far.
func (e *Endpointer) Spoke() bool { return e.spoke }

// Feed takes samples of 8 kHz, any number of them, and gives the most important verdict on them.
func (e *Endpointer) Feed(samples []int16) Verdict {
	verdict := Quiet
	for len(samples) > 0 {
		n := copy(e.frame[e.filled:], samples)
		samples = samples[n:]
		if e.filled += n; e.filled < FrameSamples {
			break
		}
		e.filled = 0
		verdict = max(verdict, e.judge())
	}
	return verdict
}

// judge takes the whole frame.
func (e *Endpointer) judge() Verdict {
	if e.speech() {
		e.run++
	} else {
		e.run = 0
	}
	if e.run >= onset || (e.spoke && e.run > 0) {
		e.spoke, e.quiet = true, 0
		return Speaking
	}
	e.quiet++
	switch {
	case e.spoke && e.quiet == e.hangover:
		return SpeechEnded
	case !e.spoke && e.quiet == e.initial:
		return NeverSpoke
	}
	return Quiet
}

// speech tells whether the frame is speech of the one who speaks.
func (e *Endpointer) speech() bool {
	voiced := e.detector.Speech(&e.frame)
	power := 0.0
	for _, s := range e.frame {
		power += float64(s) * float64(s)
	}
	power /= FrameSamples
	if !voiced || power < minLevel*minLevel {
		return false
	}
	share := fall
	if power > e.level {
		share = rise
	}
	if e.level == 0 {
		share = 1
	}
	loud := power >= e.level*math.Pow(10, -levelDepth/10)
	if loud {
		e.level += share * (power - e.level)
	}
	return loud
}
